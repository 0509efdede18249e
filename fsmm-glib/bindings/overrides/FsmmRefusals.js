// SPDX-License-Identifier: LGPL-2.1-or-later
/* What JavaScript would let happen, and what is a mistake in any case. */

/* exported getByMethod, refuseSubclasses, refuseToSet, refuseUnknown, setByMethod */

const {fail} = imports.overrides.FsmmArguments;
const {listNames} = imports.overrides.FsmmNames;

/* GObject would end the program where a class is derived from one of these. */
function refuseSubclasses(Class, name) {
    function refuse() {
        fail(TypeError, `Fsmm.${name} is final: a class of your own cannot extend it, but keep ` +
            'one in a property');
    }

    Class._classInit = refuse; // for GObject.registerClass ()
    Class.prototype.__metaclass__ = refuse; // for Lang.Class, as was usual before
}

function listSpellings(name) {
    const camelCase = name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());

    return [name, camelCase, name.replaceAll('_', '-')];
}

/* GObject would only warn of a property that is given when the pool is made, and leave it. */
function refuseToSet(prototype, names) {
    for (const name of names) {
        for (const spelling of listSpellings(name))
            Object.defineProperty(prototype, spelling, {set: undefined});
    }
}

/* gjs 1.90 makes a number of a property that is a type, and a type of what a method returns. */
function getByMethod(prototype, name) {
    const get = prototype[`get_${name}`];

    for (const spelling of listSpellings(name)) {
        Object.defineProperty(prototype, spelling, {
            get() {
                return get.call(this);
            },
        });
    }
}

/* GObject would only warn of a number that is out of bounds, and set another one. */
function setByMethod(prototype, name) {
    for (const spelling of listSpellings(name)) {
        Object.defineProperty(prototype, spelling, {
            set(value) {
                this[`set_${name}`](value);
            },
        });
    }
}

function listProperties({prototype}) {
    const names = new Set(['length']);

    for (const name in prototype)
        names.add(name);

    return [...names];
}

function failProperty(Class, key, word) {
    fail(TypeError, word === 'block' && /^-?\d+$/.test(key)
        ? `there is no [${key}] of a block: use read (${key}, 1), or write (${key}, [value])`
        : `a ${word} has no property "${key}": ${listNames(key, listProperties(Class), 'It has')}`);
}

/* What a handle does not have is a mistake where it is set, and where a byte of a block is meant. */
function refuseUnknown(Class, word) {
    Object.setPrototypeOf(Class.prototype, new Proxy({}, {
        get(target, key) {
            if (typeof key === 'string' && /^\d+$/.test(key))
                failProperty(Class, key, word);

            return target[key];
        },

        set(target, key, value, handle) {
            if (typeof key === 'string' && handle !== Class.prototype)
                failProperty(Class, key, word);

            return Reflect.set(target, key, value, handle);
        },
    }));
}
