// SPDX-License-Identifier: LGPL-2.1-or-later
/* Ways to call a function. */

/* exported callAgain, callFinally */

const System = imports.system;

/* Calls another one when the first, or what it promises, has ended in whichever way. */
function callFinally(func, argument, end) {
    let result;

    try {
        result = func(argument);
    } catch (error) {
        end();
        throw error;
    }

    if (typeof result === 'object' && result instanceof Promise)
        return result.finally(end);

    end();
    return result;
}

/* The collector does not know what a handle holds. Where there is no room for another block, that
 * may be because of handles that nobody has any more. */
function callAgain(func, error) {
    const codes = imports.gi.Fsmm.Error;

    if (!error.matches?.(codes, codes.EXHAUSTED) && !error.matches?.(codes, codes.NO_MEMORY))
        throw error;

    System.gc();
    return func();
}
