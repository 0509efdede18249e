// SPDX-License-Identifier: LGPL-2.1-or-later
/* Finds the tags and texts of an XML document. It knows what most documents are made of: those that
 * declare entities of their own are refused, as is all that it does not know. */

const NAME = String.raw`[\p{L}_:][\p{L}\p{N}_:.·-]*`;
const ATTRIBUTE = String.raw`\s+(${NAME})\s*=\s*(?:"([^"<]*)"|'([^'<]*)')`;

const SKIPPED = /<!--[^]*?-->|<\?[^]*?\?>|<!DOCTYPE[^<>[]*(?:\[[^\]]*\]\s*)?>/uy;
const CDATA = /<!\[CDATA\[([^]*?)\]\]>/uyd;
const CLOSING = new RegExp(String.raw`</(${NAME})\s*>`, 'uyd');
const OPENING = new RegExp(String.raw`<(${NAME})((?:${ATTRIBUTE})*)\s*(/?)>`, 'uyd');
const TEXT = /[^<]+/uyd;
const ONE_ATTRIBUTE = new RegExp(ATTRIBUTE, 'ugd');
const ENTITY = /&(?:(lt|gt|amp|apos|quot)|#(\d+)|#x([\da-fA-F]+))?;?/gu;

const NAMED = {lt: '<', gt: '>', amp: '&', apos: '\'', quot: '"'};

function fail(document, position, message) {
    const before = document.slice(0, position).split('\n');

    throw new Error(`${before.length}:${before.at(-1).length + 1}: ${message}`);
}

function match(pattern, document, position) {
    pattern.lastIndex = position;

    return pattern.exec(document);
}

/* What the text stands for. */
function resolve(document, [start, end]) {
    return document.slice(start, end).replace(ENTITY, (entity, name, decimal, hexadecimal) => {
        if (!entity.endsWith(';') || entity === '&;')
            fail(document, start, `“${entity}” is not the start of an entity that is known`);

        return NAMED[name] ?? String.fromCodePoint(decimal ?? parseInt(hexadecimal, 16));
    });
}

function listAttributes(document, start, end) {
    const attributes = [];
    const names = new Set();

    for (const found of document.slice(start, end).matchAll(ONE_ATTRIBUTE)) {
        const [, name, value = found.indices[3]] = found.indices;

        if (names.has(found[1]))
            fail(document, start + name[0], `a second attribute “${found[1]}”`);
        names.add(found[1]);
        attributes.push({
            name: name.map(offset => start + offset),
            value: value.map(offset => start + offset),
        });
    }

    return attributes;
}

/* Calls on.open (name, attributes), on.text (place) and on.close () for what is in the document.
 * Names, values and texts are given as places in it: of their first character, and of the one
 * behind their last. Texts that are white space are left out. */
export function parse(document, on) {
    const open = [];
    let hasRoot = false;
    let position = 0;

    const handleText = (place, text) => {
        if (!/[^ \t\r\n]/.test(text))
            return;
        if (open.length === 0)
            fail(document, place[0], 'text outside of the root element');
        on.text(place);
    };

    const handleOpening = found => {
        const [, name, attributes] = found.indices;

        if (open.length === 0 && hasRoot)
            fail(document, position, `a second root element, “${found[1]}”`);
        hasRoot = true;
        on.open(name, listAttributes(document, ...attributes));
        if (found.at(-1) === '/')
            on.close();
        else
            open.push(found[1]);
    };

    const handleClosing = found => {
        if (open.pop() !== found[1])
            fail(document, position, `“${found[1]}” is closed, but was not opened last`);
        on.close();
    };

    while (position < document.length) {
        let found;

        if ((found = match(TEXT, document, position)))
            handleText(found.indices[0], resolve(document, found.indices[0]));
        else if ((found = match(OPENING, document, position)))
            handleOpening(found);
        else if ((found = match(CLOSING, document, position)))
            handleClosing(found);
        else if ((found = match(CDATA, document, position)))
            handleText(found.indices[1], found[1]);
        else if (!(found = match(SKIPPED, document, position)))
            fail(document, position, 'this is not XML, or not of the kind that is known here');

        position += found[0].length;
    }

    if (!hasRoot)
        fail(document, position, 'there is no element');
    if (open.length > 0)
        fail(document, position, `“${open.at(-1)}” is still open at the end`);
}
