#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Looks at every page of the manual in a browser, as wide as on a telephone and on a desk.

usage: check-pages.py MANUAL [BROWSER]

No page may be wider than its window, nothing may be cut off that cannot be scrolled, no button may
cover code, and no picture may be taller than a screen. The browser is Chromium, or one that takes
commands as it does.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

WIDTHS = (400, 1400)
MAX_HEIGHT = 700  # of a picture, as it is shown

# Returns what is wrong with a page.
LOOK = """(() => {
  const width = window.innerWidth, faults = [];
  const rect = element => element.getBoundingClientRect();
  const name = ({localName, textContent}) =>
    `<${localName}> ${textContent.replace(/\\s+/g, ' ').trim().slice(0, 40)}`;
  const isScrolled = element => element && (isScrolled(element.parentElement)
    || ['auto', 'scroll'].includes(getComputedStyle(element).overflowX));
  // Text may go on where its element ends.
  const isCut = element => !isScrolled(element)
    && Math.max(rect(element).right, rect(element).left + element.scrollWidth) > width + 1;

  if (document.documentElement.scrollWidth > width)
    faults.push(`is ${document.documentElement.scrollWidth} pixels wide`);
  for (const element of document.querySelectorAll('#main *'))
    if (isCut(element) && ![...element.children].some(isCut))
      faults.push(`is cut off at ${name(element)}`);
  for (const button of document.querySelectorAll('.copy-button')) {
    const code = button.parentElement.querySelector('pre');
    const [a, b] = [rect(button), rect(code)];
    // The code has an edge of its own.
    if (a.left < b.right && b.left < a.right && a.top < b.bottom - 8 && b.top < a.bottom - 8)
      faults.push(`has a button over ${name(code)}`);
  }
  for (const picture of document.images) {
    const {height} = rect(picture);
    if (height > MAX_HEIGHT)
      faults.push(`shows “${picture.alt.slice(0, 40)}” ${Math.round(height)} pixels high`);
  }
  return faults;
})()""".replace("MAX_HEIGHT", str(MAX_HEIGHT))


class Browser:
    """Is told what to do, in JSON, through a pipe."""

    def __init__(self, program, profile):
        # It reads from its file 3, and writes to 4.
        theirs, self.commands = os.pipe()
        self.answers, their_end = os.pipe()
        redirected = f'exec "$@" 3<&{theirs} 4>&{their_end}'
        self.process = subprocess.Popen(
            ["sh", "-c", redirected, "sh", program, "--headless", "--no-sandbox", "--disable-gpu",
             "--remote-debugging-pipe", f"--user-data-dir={profile}"],
            pass_fds=(theirs, their_end), stderr=subprocess.DEVNULL)
        os.close(theirs)
        os.close(their_end)
        self.pending, self.n_sent, self.session = b"", 0, {}
        page = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        self.session = {"sessionId": session}
        self.call("Page.enable")

    def receive(self):
        while b"\0" not in self.pending:
            piece = os.read(self.answers, 1 << 16)
            if not piece:
                sys.exit("check-pages.py: the browser has ended")
            self.pending += piece
        message, _, self.pending = self.pending.partition(b"\0")
        return json.loads(message)

    def call(self, method, event=None, **parameters):
        """Returns the answer, once the event has happened as well."""
        self.n_sent += 1
        message = {"id": self.n_sent, "method": method, "params": parameters} | self.session
        os.write(self.commands, json.dumps(message).encode() + b"\0")
        answer = None
        while answer is None or event:
            received = self.receive()
            if received.get("id") == self.n_sent:
                answer = received
            if received.get("method") == event:
                event = None
        if "error" in answer:
            sys.exit(f"check-pages.py: {method}: {answer['error']['message']}")
        return answer["result"]

    def look(self, page, width):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900,
                  deviceScaleFactor=1, mobile=False)
        self.call("Page.navigate", event="Page.loadEventFired", url=page.as_uri())
        return self.call("Runtime.evaluate", expression=LOOK, returnByValue=True)["result"]["value"]

    def close(self):
        self.call("Browser.close")
        self.process.wait()


def main():
    if not 2 <= len(sys.argv) <= 3:
        sys.exit(__doc__)
    pages = sorted(pathlib.Path(sys.argv[1]).resolve().glob("*.html"))
    if not pages:
        sys.exit(f"check-pages.py: {sys.argv[1]} has no pages: ./run docs makes them")

    with tempfile.TemporaryDirectory() as profile:
        browser = Browser(sys.argv[2] if len(sys.argv) > 2 else "chromium", profile)
        faults = [f"{page.name}, {width} pixels: {fault}" for page in pages for width in WIDTHS
                  for fault in browser.look(page, width)]
        browser.close()
    print("\n".join(faults + [f"{len(pages)} pages, {len(faults)} faults"]))
    sys.exit(bool(faults))


main()
