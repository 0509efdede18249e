// SPDX-License-Identifier: LGPL-2.1-or-later
/* Values for the fields of structs. gjs would make something of any value: no number of a string,
 * and another one of a number that is too large. */

/* exported check */

const {describe, fail, toGType} = imports.overrides.FsmmArguments;

const LIMITS = {
    int8: [-128, 127],
    uint8: [0, 255],
    int16: [-32768, 32767],
    uint16: [0, 65535],
    int32: [-2147483648, 2147483647],
    uint32: [0, 4294967295],
    int64: [-(2n ** 63n), 2n ** 63n - 1n],
    uint64: [0n, 2n ** 64n - 1n],
};

function failField(Class, {name, type}, must, value) {
    fail(Class, `field "${name}" (${type}) ${must}, not ${describe(value)}`);
}

function isNumber(value) {
    return typeof value === 'number' || typeof value === 'bigint';
}

function toInteger(field, value) {
    const [least, most] = LIMITS[field.type];
    const must = `must be an integer from ${least} to ${most}`;

    if (!isNumber(value))
        failField(TypeError, field, must, value);
    if (!(value >= least && value <= most && (typeof value === 'bigint' || value % 1 === 0)))
        failField(RangeError, field, must, value);

    return typeof most === 'bigint' ? value : Number(value);
}

function toReal(field, value) {
    if (!isNumber(value))
        failField(TypeError, field, 'must be a number', value);

    return Number(value);
}

function toFloat(field, value) {
    const real = toReal(field, value);

    if (Number.isFinite(real) && !Number.isFinite(Math.fround(real)))
        failField(RangeError, field, 'must not be larger than a float can be', value);

    return real;
}

function toBoolean(field, value) {
    if (typeof value !== 'boolean')
        failField(TypeError, field, 'must be true or false', value);

    return value;
}

function toCharacter(field, value) {
    if (typeof value !== 'string' || !/^[^\ud800-\udfff]$/su.test(value))
        failField(TypeError, field, 'must be a string of one character', value);

    return value;
}

/* Which integers are values of it, gjs knows. */
function toEnumeration(field, value) {
    if (!isNumber(value))
        failField(TypeError, field, 'must be an integer', value);
    if (!Number.isSafeInteger(Number(value)))
        failField(RangeError, field, 'must be an integer', value);

    return Number(value);
}

const CHECKS = {
    boolean: toBoolean,
    enumeration: toEnumeration,
    float: toFloat,
    double: toReal,
    gtype: (field, value) => toGType(`field "${field.name}"`, value),
    unichar: toCharacter,
};

/* Returns what gjs is to store in the field. */
function check(field, value) {
    if (field.type in LIMITS)
        return toInteger(field, value);

    const convert = CHECKS[field.isEnumeration ? 'enumeration' : field.type] ??
        fail(TypeError, `field "${field.name}" (${field.type}) cannot be set`);

    return convert(field, value);
}
