// SPDX-License-Identifier: LGPL-2.1-or-later
/* Names that somebody may have meant, who has written another one. */

/* exported listNames */

const SHORTEST_PART = 3;
const MOST_CHANGED = 0.4; // of the letters

/* How a name is written does not matter: max_blocks is maxBlocks. */
function simplify(name) {
    return name.replace(/[-_]/g, '').toLowerCase();
}

/* How many letters must be changed, added or left out to get from one name to another. */
function countChanges(from, to) {
    let row = Array.from({length: to.length + 1}, (_, i) => i);

    for (const [i, letter] of [...from].entries()) {
        const next = [i + 1];

        for (let j = 0; j < to.length; j++)
            next.push(Math.min(row[j] + (letter !== to[j]), row[j + 1] + 1, next[j] + 1));
        row = next;
    }

    return row[to.length];
}

function isPart(name, other) {
    return name.length >= SHORTEST_PART && other.includes(name);
}

/* The name that is next to the one that is wrong, or nothing. */
function findNear(wrong, names) {
    const simple = simplify(wrong);
    const ranked = names.map(name => [countChanges(simple, simplify(name)), name])
        .sort(([a], [b]) => a - b);
    const [changes, nearest] = ranked[0] ?? [Infinity];

    if (changes <= simple.length * MOST_CHANGED)
        return nearest;

    return names.find(name => isPart(simple, simplify(name)) || isPart(simplify(name), simple));
}

/* What an error says after a name that is wrong: which ones there are. */
function listNames(wrong, names, have = 'There are') {
    const near = findNear(wrong, names);
    const all = names.join(', ') || 'none';

    return near ? `did you mean ${near}? ${have} ${all}` : `${have.toLowerCase()} ${all}`;
}
