// SPDX-License-Identifier: LGPL-2.1-or-later
/* Instances of boxed types that live in pools, and the structs in them: their fields, by name. */

/* exported listFields, setField, showFields */

const {describe, fail} = imports.overrides.FsmmArguments;
const {listNames} = imports.overrides.FsmmNames;
const Values = imports.overrides.FsmmValues;

const fieldsOfClasses = new Map();

function findFields(Class) {
    const {Fsmm} = imports.gi;
    const pool = Class?.$gtype ? Fsmm.TypedPool.get_default(Class.$gtype)?.pool : null;

    return pool ? imports.overrides.FsmmFields.listFields(Class.$gtype, pool.alloc_size) : {};
}

/* The fields of instances, by name. */
function listFields(instance) {
    const Class = instance?.constructor;
    let fields = fieldsOfClasses.get(Class);

    if (!fields) {
        fields = findFields(Class);
        fieldsOfClasses.set(Class, fields);
    }

    return fields;
}

function nameOf({constructor: {name, $gtype}}) {
    return $gtype.name === 'void' ? name : $gtype.name;
}

/* gjs copies a struct of any type into a field that holds another, and so beyond its end. */
function setStruct(instance, field, value) {
    const struct = instance[field.name];

    if (Object.getPrototypeOf(value ?? 0) === Object.prototype) {
        for (const key of Object.keys(value))
            setField(struct, field.fields, key, value[key]);
    } else if (value instanceof struct.constructor) {
        instance[field.name] = value;
    } else {
        fail(TypeError, `field "${field.name}" must be a ${nameOf(struct)}, or an object with ` +
            `some of its fields, not ${describe(value)}`);
    }
}

function setValue(instance, field, value) {
    const checked = Values.check(field, value);

    try {
        instance[field.name] = checked;
    } catch (error) {
        fail(RangeError, `field "${field.name}" (${field.type}) cannot be set: ${error.message}`);
    }
}

function setField(instance, fields, key, value) {
    const field = Object.hasOwn(fields, key)
        ? fields[key]
        : fail(TypeError, `${nameOf(instance)} has no field "${key}" that can be set: ${
            listNames(key, Object.keys(fields), 'It has')}`);

    if (field.fields)
        setStruct(instance, field, value);
    else
        setValue(instance, field, value);
}

/* Describes what is in an instance, for people. */
function showFields(instance, fields = listFields(instance)) {
    const show = ({name, fields: inner}) =>
        `${name}: ${inner ? showFields(instance[name], inner) : instance[name]}`;
    const shown = Object.values(fields).map(show);

    return shown.length > 0 ? `${nameOf(instance)} {${shown.join(', ')}}` : null;
}
