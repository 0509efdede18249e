// SPDX-License-Identifier: LGPL-2.1-or-later
/* Looks at arguments before C sees them: a number that is none, is negative or too large would be
 * changed in silence on the way, or end the program.
 *
 * An argument that makes no sense is a TypeError or a RangeError, as is usual in JavaScript; all
 * else that goes wrong is an Fsmm.Error. Each can be asked what it matches. */

/* exported callWithSizes, callWithValue, describe, fail, rethrow, toBytes, toFields, toFunction,
   toGType, toGuint, toInstance, toMonitorProperties, toName, toObject, toObjectPoolProperties,
   toOptionalFunction, toPoolProperties, toPriority, toSharing, toSize, toSizeOrAuto, toTimeout,
   toTrimmerProperties, toTypedPoolProperties */

const {GObject} = imports.gi;
const {listNames} = imports.overrides.FsmmNames;

const LONGEST_SHOWN = 40;

// --- Errors ---

function describe(value) {
    if (typeof value === 'string') {
        const isLong = value.length > LONGEST_SHOWN;

        return `the string "${isLong ? `${value.slice(0, LONGEST_SHOWN)}…` : value}"`;
    }
    if (['number', 'bigint', 'boolean', 'undefined'].includes(typeof value) || value === null)
        return `${value}`;

    return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function makeError(Class, message, code) {
    const {Fsmm} = imports.gi;
    const same = new Fsmm.Error({code, message});

    return Object.defineProperties(new Class(message), {
        code: {value: code},
        domain: {value: same.domain},
        matches: {value: (...args) => same.matches(...args)},
    });
}

function fail(Class, message) {
    throw makeError(Class, message, imports.gi.Fsmm.Error.INVALID_ARGUMENT);
}

/* What C found fault with in the arguments is thrown as an error of the given class. */
function rethrow(Class, error) {
    const codes = imports.gi.Fsmm.Error;

    if (error.matches(codes, codes.INVALID_ARGUMENT) || error.matches(codes, codes.OUT_OF_RANGE))
        throw makeError(Class, error.message, error.code);
    throw error;
}

function callWithSizes(func) {
    try {
        return func();
    } catch (error) {
        return rethrow(RangeError, error);
    }
}

function callWithValue(func) {
    try {
        return func();
    } catch (error) {
        return rethrow(TypeError, error);
    }
}

// --- Checks: each returns what is passed on ---

/* Called often: so it looks up no name that is not its own where all is well. */
function toSize(name, value) {
    const size = typeof value === 'bigint' ? Number(value) : value;

    if (typeof size !== 'number')
        fail(TypeError, `${name} must be a number, not ${describe(value)}`);
    if (!(size >= 0 && size < 2 ** 53 && size % 1 === 0))
        fail(RangeError, `${name} must be an integer from 0 to 2**53 - 1, not ${describe(value)}`);

    return size;
}

/* The same where other numbers make sense, which the message names. */
function toIntegerIn(name, value, least, end, range) {
    const number = typeof value === 'bigint' ? Number(value) : value;

    if (typeof number !== 'number')
        fail(TypeError, `${name} must be a number, not ${describe(value)}`);
    if (!(number >= least && number < end && number % 1 === 0))
        fail(RangeError, `${name} must be ${range}, not ${describe(value)}`);

    return number;
}

/* Milliseconds are a guint, and so are numbers of objects. */
function toGuint(name, value) {
    return toIntegerIn(name, value, 0, 2 ** 32, 'an integer from 0 to 2**32 - 1');
}

function toSizeOrAuto(name, value) {
    return toIntegerIn(name, value, -1, 2 ** 53,
        'an integer from 0 to 2**53 - 1, or -1 to have it chosen');
}

function toTimeout(name, value) {
    return toIntegerIn(name, value, -1, 2 ** 53,
        'an integer from 0 to 2**53 - 1, or -1 to wait for ever');
}

function toPriority(name, value) {
    return toIntegerIn(name, value, -(2 ** 31), 2 ** 31, 'an integer from -2**31 to 2**31 - 1');
}

function toName(name, value = null) {
    if (typeof value !== 'string' && value !== null)
        fail(TypeError, `${name} must be a string or null, not ${describe(value)}`);

    return value;
}

function toGType(name, value) {
    const type = typeof value === 'function' ? value.$gtype : value;

    if (Object.getPrototypeOf(Object(type)) !== Object.getPrototypeOf(GObject.TYPE_BOXED)) {
        fail(TypeError,
            `${name} must be a class, such as GLib.Date, or its $gtype, not ${describe(value)}`);
    }

    return type;
}

/* What objects are of. */
function toObjectType(name, value) {
    const type = toGType(name, value);

    if (![GObject.TYPE_OBJECT, GObject.TYPE_INTERFACE].some(base => GObject.type_is_a(type, base))) {
        fail(TypeError, `${name} is ${type.name}: it must be a class or an interface of objects` +
            `${GObject.type_is_a(type, GObject.TYPE_BOXED) ? '; a TypedPool has boxed types' : ''}`);
    }

    return type;
}

function toObject(name, value) {
    if (!(value instanceof GObject.Object))
        fail(TypeError, `${name} must be a GObject, not ${describe(value)}`);

    return value;
}

function toSharing(name, value) {
    const {DISCARD, IGNORE, WAIT} = imports.gi.Fsmm.Sharing;

    if (![DISCARD, IGNORE, WAIT].includes(value))
        fail(TypeError, `${name} must be one of Fsmm.Sharing, not ${describe(value)}`);

    return value;
}

function toFunction(name, value) {
    if (typeof value !== 'function')
        fail(TypeError, `${name} must be a function, not ${describe(value)}`);

    return value;
}

function toOptionalFunction(name, value) {
    return value === null ? null : toFunction(name, value);
}

function toInstance(name, value) {
    if (typeof value !== 'object' || value === null)
        fail(TypeError, `${name} must be an instance of a boxed type, not ${describe(value)}`);

    return value;
}

/* Whether it is one of gjs itself, which has no fields that JavaScript could go over. */
function isInstance(value) {
    return Object.getPrototypeOf(value) !== Object.prototype &&
        Boolean(value.constructor?.$gtype) && !(value instanceof imports.gi.Fsmm.Box);
}

function toFields(name, value) {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);

    if (!isObject || isInstance(value)) {
        fail(TypeError, `${name} must be an object with fields, not ${describe(value)}; ` +
            'alloc_value copies an instance');
    }

    return value;
}

function checkBytes(name, values) {
    for (let i = 0; i < values.length; i++) {
        const value = values[i];

        if (typeof value !== 'number')
            fail(TypeError, `${name}[${i}] must be a number, not ${describe(value)}`);
        if (!(value >= 0 && value < 256 && value % 1 === 0))
            fail(RangeError, `${name}[${i}] must be an integer from 0 to 255, not ${value}`);
    }
}

function toBytes(name, value) {
    if (ArrayBuffer.isView(value))
        return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    if (value instanceof ArrayBuffer)
        return new Uint8Array(value);
    if (typeof value === 'string')
        return new TextEncoder().encode(value);
    if (!Array.isArray(value)) {
        fail(TypeError,
            `${name} must be a Uint8Array or another view, an ArrayBuffer, an array of bytes or ` +
            `a string, not ${describe(value)}; write_bytes takes a GLib.Bytes`);
    }
    checkBytes(name, value);

    return Uint8Array.from(value);
}

// --- Construct properties ---

const POOL_CHECKS = {
    name: toName,
    alloc_size: toSize,
    alignment: toSize,
    chunk_bytes: toSize,
    max_blocks: toSize,
    retain_bytes: toSizeOrAuto,
};

const TYPED_POOL_CHECKS = {
    name: toName,
    item_type: toGType,
    chunk_bytes: toSize,
    max_blocks: toSize,
};

const OBJECT_POOL_CHECKS = {
    name: toName,
    item_type: toObjectType,
    max_objects: toGuint,
    max_idle: toGuint,
    min_idle: toGuint,
    idle_timeout: toGuint,
    max_age: toGuint,
    sharing: toSharing,
};

const TRIMMER_CHECKS = {
    decay: toGuint,
    budget_bytes: toSize,
    memory_monitor: (_, value) => value,
};

const MONITOR_CHECKS = {
    interval: toGuint,
};

/* allocSize and alloc-size are alloc_size. */
function toPropertyName(key) {
    return key.replaceAll('-', '_').replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`);
}

/* The properties by the names that GObject has for them. One must be given, or with null none. */
function toProperties(checks, required, properties = {}) {
    const checked = {};

    if (typeof properties !== 'object' || properties === null)
        fail(TypeError, `properties must be an object, not ${describe(properties)}`);

    for (const [key, value] of Object.entries(properties)) {
        const name = toPropertyName(key);

        if (!Object.hasOwn(checks, name)) {
            fail(TypeError, `there is no property "${key}" to be given: ${
                listNames(key, Object.keys(checks))}`);
        }
        checked[name.replaceAll('_', '-')] = checks[name](key, value);
    }

    return required === null || required.replaceAll('_', '-') in checked
        ? checked
        : fail(TypeError, `${required} must be given`);
}

function toPoolProperties(properties) {
    return toProperties(POOL_CHECKS, 'alloc_size', properties);
}

function toTypedPoolProperties(properties) {
    return toProperties(TYPED_POOL_CHECKS, 'item_type', properties);
}

function toObjectPoolProperties(properties) {
    return toProperties(OBJECT_POOL_CHECKS, 'item_type', properties);
}

function toTrimmerProperties(properties) {
    return toProperties(TRIMMER_CHECKS, null, properties);
}

function toMonitorProperties(properties) {
    return toProperties(MONITOR_CHECKS, null, properties);
}
