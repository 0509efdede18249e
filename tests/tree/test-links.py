# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every link of the manual, and of the pages that it is made from, leads somewhere.

usage: test-links.py SOURCE-ROOT MANUAL

Nothing is asked from the network: of links to elsewhere, only what they look like is checked.
"""

import html.parser
import pathlib
import re
import sys
import urllib.parse
import xml.etree.ElementTree as ET

import tap

SOURCE, MANUAL = map(pathlib.Path, sys.argv[1:])
# Where the manuals of what the library is built on are; they have been in other places.
GNOME = "https://docs.gtk.org/"
FORMER = ("developer.gnome.org", "developer-old.gnome.org", "library.gnome.org")


class Page(html.parser.HTMLParser):
    """What a page of the manual can be linked to by, and what it links to."""

    def __init__(self, path):
        super().__init__()
        self.anchors = set()
        self.links = []
        self.foreign = []  # (namespace, page): what main.js makes links of
        self.untold = []  # pictures that do not say what they show
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.anchors.update(attrs[key] for key in ("id", "name") if key in attrs)
        if "data-link" in attrs:
            self.foreign.append((attrs["data-namespace"], attrs["data-link"]))
        elif tag in ("a", "link") and "href" in attrs:
            self.links.append(attrs["href"])
        if "src" in attrs:
            self.links.append(attrs["src"])
        if tag == "img" and not attrs.get("alt"):
            self.untold.append(attrs["src"])


def without_code_blocks(text):
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)


class MarkdownPage:
    """The same for a page as a site that hosts the code shows it."""

    def __init__(self, path):
        text = without_code_blocks(path.read_text(encoding="utf-8"))
        headings = re.findall(r"^#+ (.*)", text, re.MULTILINE)
        self.anchors = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
                        for title in headings}
        self.links = re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "code", text))


def find_fault_elsewhere(url):
    if url.scheme == "data":
        return None  # it is all there
    if url.scheme != "https":
        return "it is not https"
    if url.netloc in FORMER:
        return f"GNOME's manuals are at {GNOME}"
    return None


def find_fault(path, link, pages):
    """What is wrong with a link on the page at @path, or None."""
    url = urllib.parse.urlsplit(link)
    if url.scheme or url.netloc:
        return find_fault_elsewhere(url)
    if not link:
        return "a link without an address"

    target = path
    if url.path:
        target = (path.parent / urllib.parse.unquote(url.path)).resolve()
    if not target.exists():
        return "there is no such file"
    if url.fragment and target not in pages:
        return "what is not a page has no anchors"
    if url.fragment and urllib.parse.unquote(url.fragment) not in pages[target].anchors:
        return "there is no such anchor"
    return None


def find_faults(pages, root):
    return [f"{path.relative_to(root)}: {link}: {fault}" for path, page in pages.items()
            for link in page.links if (fault := find_fault(path, link, pages))]


def assert_none(faults):
    assert not faults, "\n".join([f"{len(faults)} links lead nowhere:", *sorted(set(faults))])


def read_manual():
    root = MANUAL.resolve()
    return {path: Page(path) for path in sorted(root.rglob("*.html"))}


def read_markdown():
    root = SOURCE.resolve()
    paths = [path for path in sorted(root.rglob("*.md"))
             if not path.relative_to(root).parts[0].startswith(("_", ".", "subprojects"))]
    return {path: MarkdownPage(path) for path in paths}


def test_manual():
    """every link, anchor, picture and script of the manual is there"""
    pages = read_manual()
    links = sum(len(page.links) for page in pages.values())
    assert len(pages) > 100 and links > 1000, f"{len(pages)} pages with {links} links were found"
    assert_none(find_faults(pages, MANUAL.resolve()))


def test_styles():
    """every file that a style sheet of the manual names is there"""
    # What is between quotation marks may contain the other sort of them, as data: URLs do.
    url = re.compile(r"""url\(\s*(?:"([^"]*)"|'([^']*)'|([^'"()\s]*))\s*\)""")
    named = [(path, "".join(names)) for path in sorted(MANUAL.glob("*.css"))
             for names in url.findall(path.read_text(encoding="utf-8"))]
    assert named, "no style sheet names a file"
    assert_none([f"{path.name}: {name}: {fault}" for path, name in named
                 if (fault := find_fault(path, name, {}))])


def test_book():
    """every link in the index for Devhelp is there"""
    book, = MANUAL.glob("*.devhelp2")
    links = [element.get("link") for element in ET.parse(book).iter() if element.get("link")]
    assert len(links) > 100, f"{len(links)} links were found"
    pages = read_manual()
    assert_none([f"{book.name}: {link}: {fault}" for link in links
                 if (fault := find_fault(book.resolve(), link, pages))])


def find_guides():
    """The pages that are made of those in doc/: front.md becomes a part of the front page."""
    names = {f"{path.stem}.html" for path in (SOURCE / "doc").rglob("*.md")}
    return names - {"front.html"} | {"index.html"}


def test_guides():
    """each guide has links to all others, and so has the front page"""
    pages = read_manual()
    guides = find_guides()
    assert len(guides) > 10, guides
    assert_none([f"{name}: not linked: {missing}" for name in sorted(guides)
                 for missing in guides - set(pages[MANUAL.resolve() / name].links)])


def test_front():
    """the front page begins with the text of front.md, which leads to every guide"""
    pages = read_manual()
    assert not (MANUAL / "front.html").exists(), "front.html is a page of its own"
    assert {"fsmm-glib", "guides", "classes"} <= pages[MANUAL.resolve() / "index.html"].anchors
    text = (SOURCE / "doc/front.md").read_text(encoding="utf-8")
    linked = {f"{name}.html" for name in re.findall(r"([\w-]+)\.md\)", text)}
    assert_none([f"front.md: not linked: {name}" for name in find_guides() - {"index.html"} - linked])


def test_narrow():
    """what narrow screens need is there: tables fold or are scrolled, and Copy covers nothing"""
    style = (MANUAL / "style.css").read_text(encoding="utf-8")
    for rule in (r"\.docblock table \{[^}]*overflow-x: auto", r"@media \(max-width: 700px\)",
                 r"table\.words[^{]*\{ display: block", r"\.copy-button \{[^}]*position: static"):
        assert re.search(rule, style), f"style.css has no rule like {rule}"
    kinds = {kind for name in find_guides() for kind in
             re.findall(r"<table(.*?)>\s*<thead>", (MANUAL / name).read_text(encoding="utf-8"))}
    assert kinds == {' class="words"', ' class="figures"'}, kinds


def test_foreign():
    """links to other libraries lead to GNOME's manuals"""
    bases = dict(re.findall(r"\['(\w+)', '([^']+)'\]",
                            (MANUAL / "urlmap.js").read_text(encoding="utf-8")))
    found = {(namespace, path.name) for path, page in read_manual().items()
             for namespace, _ in page.foreign}
    assert found, "there are none"
    assert_none([f"{name}: {namespace}: urlmap.js has {bases.get(namespace)}, not {GNOME}"
                 for namespace, name in found
                 if not bases.get(namespace, "").startswith(GNOME)])


def test_pictures():
    """every picture of the guides says in words what it shows"""
    pages = read_manual()
    assert any(link.endswith(".svg") for page in pages.values() for link in page.links)
    untold = [f"{path.name}: {name}" for path, page in pages.items() for name in page.untold]
    assert not untold, "no alt text: " + ", ".join(untold)


def test_source():
    """every link of a page in the source leads to a file or a heading there"""
    pages = read_markdown()
    links = sum(len(page.links) for page in pages.values())
    assert len(pages) > 8 and links > 20, f"{len(pages)} pages with {links} links were found"
    assert_none(find_faults(pages, SOURCE.resolve()))


tap.run([test_manual, test_styles, test_book, test_guides, test_front, test_narrow, test_foreign,
         test_pictures, test_source])
