// SPDX-License-Identifier: LGPL-2.1-or-later
// The least of the Test Anything Protocol that the tests in JavaScript need.

import Fsmm from 'gi://Fsmm?version=1';
import System from 'system';

export function assert(condition, what) {
    if (!condition)
        throw new Error(`not true: ${what}`);
}

export function assertSame(actual, expected, what) {
    if (Array.isArray(expected) ? `${actual}` !== `${expected}` : !Object.is(actual, expected))
        throw new Error(`${what}: “${actual}” should be “${expected}”`);
}

/* The function must throw an error of that class, which matches the code and has these words. */
export function assertThrows(Class, code, words, func) {
    let result;

    try {
        result = func();
    } catch (error) {
        assert(error instanceof Class, `“${error}” is a ${Class.name}`);
        assert(error.matches(Fsmm.Error, code), `“${error}” matches ${code}`);
        assert(error.message.includes(words), `“${error.message}” has “${words}” in it`);
        return;
    }
    throw new Error(`nothing was thrown, but “${String(result)}” returned`);
}

/* What a function leaves behind is not collected before that has returned. */
export function collectGarbage() {
    System.gc();
    System.gc();
}

/* Runs functions, each named after what it tests, one after the other. */
export async function run(tests) {
    const names = Object.keys(tests);
    let failed = false;

    print(`1..${names.length}`);
    for (const [index, name] of names.entries()) {
        try {
            await tests[name]();
            print(`ok ${index + 1} ${name}`);
        } catch (error) {
            failed = true;
            print(`# ${error}\n# ${(error.stack ?? '').trim().replaceAll('\n', '\n# ')}`);
            print(`not ok ${index + 1} ${name}`);
        }
        collectGarbage();
    }

    System.exit(failed ? 1 : 0);
}
