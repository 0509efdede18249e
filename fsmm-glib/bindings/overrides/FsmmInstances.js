// SPDX-License-Identifier: LGPL-2.1-or-later
/* Instances of boxed types that live in pools, and the structs in them: their fields, by name. */

/* exported listFields, makeAddFields, readFields, setField, showFields */

const {describe, fail} = imports.overrides.FsmmArguments;
const {listNames} = imports.overrides.FsmmNames;
const Values = imports.overrides.FsmmValues;

const fieldsOfClasses = new Map();

function findFields(gtype, pool) {
    return pool ? imports.overrides.FsmmFields.listFields(gtype, pool.alloc_size) : {};
}

function findFieldsOfClass(Class) {
    const {Fsmm} = imports.gi;
    const gtype = Class?.$gtype;

    return findFields(gtype, gtype ? Fsmm.TypedPool.get_default(gtype)?.pool : null);
}

/* The fields of instances, by name. */
function listFields(instance) {
    const Class = instance?.constructor;
    let fields = fieldsOfClasses.get(Class);

    if (!fields) {
        fields = findFieldsOfClass(Class);
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

/* What is in an instance, in objects of JavaScript's own, or null where nothing is known of it. */
function readFields(instance, fields = listFields(instance)) {
    const read = ({name, type, fields: inner}) => {
        const value = instance[name];

        return [name, inner ? readFields(value, inner) : type === 'gtype' ? value?.name : value];
    };
    const all = Object.values(fields);

    return all.length > 0 ? Object.fromEntries(all.map(read)) : null;
}

/* A property that is a field of what is in the box. */
function makeProperty(name) {
    return {
        name,
        enumerable: true,

        get() {
            return this.peek()[name];
        },

        set(value) {
            this.update(instance => setField(instance, listFields(instance), name, value));
        },
    };
}

function makeProperties(pool, box) {
    const names = Object.keys(findFields(pool.get_item_type(), pool.pool));
    const prototype = Object.getPrototypeOf(box);

    // What a box has for every type stays what it is.
    return names.filter(name => !(name in prototype)).map(makeProperty);
}

/* Makes the function that gives a box the fields of its instance as properties of its own, for
 * whoever asks what it has. */
function makeAddFields() {
    const {defineProperty} = Object;
    const propertiesOfPools = new WeakMap();

    return (pool, box) => {
        let properties = propertiesOfPools.get(pool);

        if (!properties) {
            properties = makeProperties(pool, box);
            propertiesOfPools.set(pool, properties);
        }

        // The interpreter is faster at this than at defining all of them with one call.
        for (let i = 0; i < properties.length; i++)
            defineProperty(box, properties[i].name, properties[i]);

        return box;
    };
}

/* Describes what is in an instance, for people. */
function showFields(instance, fields = listFields(instance)) {
    const show = ({name, fields: inner}) =>
        `${name}: ${inner ? showFields(instance[name], inner) : instance[name]}`;
    const shown = Object.values(fields).map(show);

    return shown.length > 0 ? `${nameOf(instance)} {${shown.join(', ')}}` : null;
}
