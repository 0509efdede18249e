// SPDX-License-Identifier: LGPL-2.1-or-later
/* What the typelib knows of a boxed type: the fields of its struct, and whether they are plain
 * data.
 *
 * A typelib does not say everything. Memory for vector instructions has another alignment, and so
 * another size, than is written there; but it is private. Of bit fields it does not say that they
 * are any. So a struct is taken for plain only where all of it is public, and its fields are used
 * only where its size is the one that its layout in C has, if there is one. */

/* exported examine, listFields */

const System = imports.system;

const FIRST_WITH_GIREPOSITORY_3 = 18502;
const MALLOC_ALIGNMENT = 16;
const FIELD_IS_WRITABLE = 2;

/* The interpreter's own version: another one cannot be loaded beside it. */
function load() {
    const {versions} = imports.gi;

    versions.GIRepository ??= System.version < FIRST_WITH_GIREPOSITORY_3 ? '2.0' : '3.0';
    try {
        return imports.gi.GIRepository;
    } catch {
        return null; // its typelib is not installed
    }
}

const GI = load();

/* What are methods and classes in version 3.0 are functions and numbers in 2.0. */
const hasClasses = Boolean(GI?.StructInfo);

const TYPE_NAMES = new Map(Object.entries(GI?.TypeTag ?? {})
    .map(([name, tag]) => [tag, name.toLowerCase()]));

function ask(kind, info, question, ...args) {
    return hasClasses ? info[question](...args) : GI[`${kind}_info_${question}`](info, ...args);
}

function is(info, ...kinds) {
    return kinds.some(kind => hasClasses
        ? info instanceof GI[`${kind}Info`]
        : info.get_type() === GI.InfoType[kind.toUpperCase()]);
}

function findStruct(gtype) {
    const repository = GI?.Repository.dup_default?.() ?? GI?.Repository.get_default();
    const info = repository?.find_by_gtype(gtype);

    return info && is(info, 'Struct') ? info : null;
}

function fieldsOf(struct) {
    const n = ask('struct', struct, 'get_n_fields');

    return Array.from({length: n}, (_, i) => ask('struct', struct, 'get_field', i));
}

function isPublic(field) {
    return Boolean(ask('field', field, 'get_flags') & FIELD_IS_WRITABLE);
}

function typeOf(field) {
    return hasClasses ? field.get_type_info() : GI.field_info_get_type(field);
}

/* What keeps a field from being plain data, or null. */
function findObstacleInType(type, name) {
    const {TypeTag, ArrayType} = GI;
    const tag = ask('type', type, 'get_tag');

    if (ask('type', type, 'is_pointer'))
        return `its field "${name}" is a pointer`;

    if (tag === TypeTag.ARRAY) {
        // In version 3.0, that it has a size is told beside it.
        const size = [ask('type', type, 'get_array_fixed_size')].flat().pop();
        const isFixed = ask('type', type, 'get_array_type') === ArrayType.C && size > 0;

        return isFixed
            ? findObstacleInType(ask('type', type, 'get_param_type', 0), name)
            : `its field "${name}" is an array without a size`;
    }

    if (tag === TypeTag.INTERFACE) {
        const info = ask('type', type, 'get_interface');

        if (is(info, 'Struct'))
            return findObstacle(info, `${name}.`);
        if (!is(info, 'Enum', 'Flags'))
            return `its field "${name}" is neither a number nor a struct`;
    }

    return null;
}

function findObstacleInField(field, name) {
    const obstacle = findObstacleInType(typeOf(field), name);

    if (obstacle)
        return obstacle;
    if (!isPublic(field))
        return `its field "${name}" is private`;
    if (/\bref_?count$/i.test(name))
        return `its field "${name}" counts references`;

    return null;
}

function findObstacle(struct, prefix = '') {
    if (ask('struct', struct, 'get_size') === 0)
        return 'it is opaque';

    for (const field of fieldsOf(struct)) {
        const obstacle = findObstacleInField(field, `${prefix}${field.get_name()}`);

        if (obstacle)
            return obstacle;
    }

    return null;
}

/* The size and alignment of a struct that is plain data, or what keeps it from being that. Returns
 * null where nothing is known. */
function examine(gtype) {
    const struct = findStruct(gtype);

    if (!struct)
        return null;

    const obstacle = findObstacle(struct);
    const size = ask('struct', struct, 'get_size');

    // In C, a size is a multiple of the alignment: this is no less than what the compiler chose.
    return obstacle ? {obstacle} : {size, alignment: Math.min(size & -size, MALLOC_ALIGNMENT)};
}

/* gjs writes a pointer where an array begins, and whatever lies behind is overwritten. */
function isUsable(field) {
    return isPublic(field) && ask('type', typeOf(field), 'get_tag') !== GI.TypeTag.ARRAY;
}

/* What a field is called, and the name of its type; of a struct, also which fields it has. */
function describeField(field) {
    const type = typeOf(field);
    const name = field.get_name();

    if (ask('type', type, 'is_pointer'))
        return {name, type: 'pointer'};

    const tag = ask('type', type, 'get_tag');

    if (tag !== GI.TypeTag.INTERFACE)
        return {name, type: TYPE_NAMES.get(tag)};

    const info = ask('type', type, 'get_interface');

    return {
        name,
        type: `${info.get_namespace()}.${info.get_name()}`,
        fields: is(info, 'Struct') ? describeFields(info) : null,
        isEnumeration: is(info, 'Enum', 'Flags'),
    };
}

function describeFields(struct) {
    const described = fieldsOf(struct).filter(isUsable).map(describeField);

    return Object.fromEntries(described.map(field => [field.name, field]));
}

/* The fields that can be used, by name, of a struct that really has that size. */
function listFields(gtype, size) {
    const struct = findStruct(gtype);

    return struct && ask('struct', struct, 'get_size') === size ? describeFields(struct) : {};
}
