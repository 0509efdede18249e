// SPDX-License-Identifier: LGPL-2.1-or-later
/* What makes pools natural in JavaScript, and safe there.
 *
 * A name of a script is slow to look up, one of a function around is not: so what is called often
 * has its own. */

/* exported _init */

const {Gio, GLib, GObject} = imports.gi;
const Arguments = imports.overrides.FsmmArguments;
const {callAgain, callFinally} = imports.overrides.FsmmCalls;
const Instances = imports.overrides.FsmmInstances;
const Monitors = imports.overrides.FsmmMonitor;
const Objects = imports.overrides.FsmmObjects;
const Refusals = imports.overrides.FsmmRefusals;
const {makeWaiting} = imports.overrides.FsmmWaiting;

let Fsmm, registerLayout;

/* Stores what a function made of an instance, when that has ended well, or what it promises. What
 * is called here is no function around a box: the interpreter may remember it, and so the box. */
function storeAfter(result, box, instance) {
    if (typeof result === 'object' && result instanceof Promise) {
        return result.then(value => {
            box.set_value(instance);
            return value;
        });
    }

    box.set_value(instance);
    return result;
}

/* Takes n handles, or none. */
function takeMany(pool, n, take, giveBack) {
    const handles = [];

    pool.reserve(n); // finds most of what can go wrong, and fails at once
    try {
        while (handles.length < n)
            handles.push(take());
    } catch (error) {
        handles.forEach(giveBack);
        throw error;
    }

    return handles;
}

function releaseBlock(block) {
    if (block.is_live())
        block.release();
}

// --- Types that are plain data, as far as the typelib tells ---

const obstacles = new Map(); // why a type, by its name, is none

function registerPlainType(gtype) {
    if (obstacles.has(gtype.name))
        return;

    const {size, alignment, obstacle = null} = imports.overrides.FsmmFields.examine(gtype) ?? {};

    obstacles.set(gtype.name, obstacle);
    try {
        if (size)
            registerLayout(gtype, size, alignment);
    } catch {
        // The type has another layout, and C knows better.
    }
}

function unsupported(gtype, obstacle) {
    return new Fsmm.Error({
        code: Fsmm.Error.UNSUPPORTED_TYPE,
        message: `${gtype.name} cannot live in a pool, because ${obstacle}; keep such objects in ` +
            'JavaScript, or register a layout in C',
    });
}

/* Nobody is believed who says that a type is plain data, but the typelib. */
function checkLayout(gtype, size) {
    const known = imports.overrides.FsmmFields.examine(gtype);
    const obstacle = known ? known.obstacle : 'no typelib says what is in it';

    if (obstacle)
        throw unsupported(gtype, obstacle);
    if (known.size !== size)
        Arguments.fail(RangeError, `${gtype.name} has ${known.size} bytes, not ${size}`);
}

/* Calls what makes a typed pool. */
function makeTyped(gtype, func) {
    if (gtype === GObject.Value.$gtype)
        throw unsupported(gtype, 'JavaScript sees what is in a value, and never the value');

    registerPlainType(gtype);
    try {
        return Arguments.callWithSizes(func);
    } catch (error) {
        const obstacle = obstacles.get(gtype.name);

        if (obstacle !== null && error.matches(Fsmm.Error, Fsmm.Error.UNSUPPORTED_TYPE))
            throw unsupported(gtype, obstacle);
        throw error;
    }
}

// --- Descriptions, for people ---

function showCounts(pool) {
    const limit = pool.max_blocks > 0 ? `, at most ${pool.max_blocks}` : '';

    return `${pool.n_allocated} live${limit}`;
}

// --- What is added and replaced ---

function extendPool({Pool}) {
    const {callWithSizes, toFunction, toName, toPoolProperties, toSize, toSizeOrAuto} = Arguments;
    const {new: makeNew, new_full: makeFull} = Pool;
    const {
        _init: init, acquire, reserve, set_max_blocks: setMaxBlocks,
        set_retain_bytes: setRetainBytes,
    } = Pool.prototype;
    const call = callFinally, release = releaseBlock;
    const waiting = makeWaiting(Pool, 'acquire', (_, block) => block, release);

    Refusals.refuseSubclasses(Pool, 'Pool');
    Refusals.refuseToSet(Pool.prototype, ['name', 'alloc_size', 'alignment', 'chunk_bytes']);
    Refusals.setByMethod(Pool.prototype, 'max_blocks');
    Refusals.setByMethod(Pool.prototype, 'retain_bytes');

    Pool.new = (allocSize, chunkBytes) => {
        const sizes = [toSize('alloc_size', allocSize), toSize('chunk_bytes', chunkBytes)];

        return callWithSizes(() => makeNew(...sizes));
    };

    Pool.new_full = (name, allocSize, alignment, chunkBytes, maxBlocks) => {
        const args = [
            toName('name', name),
            toSize('alloc_size', allocSize),
            toSize('alignment', alignment),
            toSize('chunk_bytes', chunkBytes),
            toSize('max_blocks', maxBlocks),
        ];

        return callWithSizes(() => makeFull(...args));
    };

    Object.assign(Pool.prototype, {
        _init(properties) {
            init.call(this, toPoolProperties(properties));
            callWithSizes(() => this.init(null));
        },

        acquire() {
            try {
                return acquire.call(this);
            } catch (error) {
                return callAgain(() => acquire.call(this), error);
            }
        },

        acquire_many(nBlocks) {
            return takeMany(this, toSize('n_blocks', nBlocks), () => this.acquire(), release);
        },

        reserve(nBlocks) {
            const n = toSize('n_blocks', nBlocks);

            try {
                return reserve.call(this, n);
            } catch (error) {
                return callAgain(() => reserve.call(this, n), error);
            }
        },

        acquire_wait: waiting.wait,
        acquire_async: waiting.async,
        acquire_finish: waiting.finish,
        with_async: waiting.withAsync,

        set_max_blocks(maxBlocks) {
            setMaxBlocks.call(this, toSize('max_blocks', maxBlocks));
        },

        set_retain_bytes(nBytes) {
            setRetainBytes.call(this, toSizeOrAuto('retain_bytes', nBytes));
        },

        with(func) {
            const block = toFunction('func', func) && this.acquire();

            return call(func, block, () => release(block));
        },

        toString() {
            const name = this.name === null ? '' : ` "${this.name}"`;

            return `[Fsmm.Pool${name}: blocks of ${this.alloc_size} bytes, ${showCounts(this)}]`;
        },
    });
}

function extendBlock({Block}) {
    const {callWithSizes, fail, toBytes, toSize} = Arguments;
    const {read, write, write_bytes: writeBytes} = Block.prototype;

    Object.assign(Block.prototype, {
        read(offset, nBytes) {
            const start = toSize('offset', offset);
            const length = toSize('n_bytes', nBytes);

            return callWithSizes(() => read.call(this, start, length));
        },

        write(offset, data) {
            const start = toSize('offset', offset);
            const bytes = toBytes('data', data);

            return callWithSizes(() => write.call(this, start, bytes));
        },

        write_bytes(offset, bytes) {
            const start = toSize('offset', offset);

            if (!(bytes instanceof GLib.Bytes))
                fail(TypeError, 'bytes must be a GLib.Bytes; write takes other data');

            return callWithSizes(() => writeBytes.call(this, start, bytes));
        },

        toUint8Array() {
            return read.call(this, 0, this.get_size());
        },

        toJSON() {
            return [...this];
        },

        toString() {
            return `[Fsmm.Block: ${this.length} bytes${this.is_live() ? '' : ', released'}]`;
        },

        [Symbol.iterator]() {
            return this.toUint8Array().values();
        },
    });

    Refusals.refuseUnknown(Block, 'block');
    Object.defineProperty(Block.prototype, 'length', {
        configurable: true,
        get() {
            return this.get_size();
        },
    });

    if (Symbol.dispose) {
        const release = releaseBlock;

        Block.prototype[Symbol.dispose] = function () {
            release(this);
        };
    }
}

function extendTypedPool({TypedPool}) {
    const {
        callWithValue, toFields, toFunction, toGType, toInstance, toName, toSize,
        toTypedPoolProperties,
    } = Arguments;
    const {get_default: getDefault, new: makeNew, new_full: makeFull} = TypedPool;
    const {
        _init: init, alloc, alloc_value: allocValue, set_max_blocks: setMaxBlocks,
    } = TypedPool.prototype;
    const call = callFinally;
    const {listFields, makeAddFields, setField} = Instances;
    const addFields = makeAddFields();
    const waiting = makeWaiting(TypedPool, 'alloc', addFields, box => box.drop());

    Refusals.refuseSubclasses(TypedPool, 'TypedPool');
    Refusals.refuseToSet(TypedPool.prototype, ['name', 'item_type', 'chunk_bytes']);
    Refusals.setByMethod(TypedPool.prototype, 'max_blocks');
    Refusals.getByMethod(TypedPool.prototype, 'item_type');

    TypedPool.new = (itemType, chunkBytes) => {
        const args = [toGType('item_type', itemType), toSize('chunk_bytes', chunkBytes)];

        return makeTyped(args[0], () => makeNew(...args));
    };

    TypedPool.new_full = (name, itemType, chunkBytes, maxBlocks) => {
        const gtype = toGType('item_type', itemType);
        const sizes = [toSize('chunk_bytes', chunkBytes), toSize('max_blocks', maxBlocks)];

        toName('name', name);
        return makeTyped(gtype, () => makeFull(name, gtype, ...sizes));
    };

    TypedPool.get_default = itemType => {
        const gtype = toGType('item_type', itemType);

        registerPlainType(gtype);
        return getDefault(gtype);
    };

    Object.assign(TypedPool.prototype, {
        _init(properties) {
            const checked = toTypedPoolProperties(properties);

            makeTyped(checked['item-type'], () => {
                init.call(this, checked);
                this.init(null);
            });
        },

        acquire(values) {
            if (values === undefined)
                return this.alloc();

            const keys = Object.keys(toFields('values', values));
            const box = this.alloc();
            const set = instance => {
                const fields = listFields(instance);

                keys.forEach(key => setField(instance, fields, key, values[key]));
            };

            try {
                box.update(set);
            } catch (error) {
                box.drop();
                throw error;
            }

            return box;
        },

        alloc() {
            try {
                return addFields(this, alloc.call(this));
            } catch (error) {
                return addFields(this, callAgain(() => alloc.call(this), error));
            }
        },

        acquire_copy(value) {
            const make = () => addFields(this, callWithValue(() => allocValue.call(this, value)));

            toInstance('value', value);
            try {
                return make();
            } catch (error) {
                return callAgain(make, error);
            }
        },

        acquire_many(nInstances) {
            const n = toSize('n_instances', nInstances);

            return takeMany(this.pool, n, () => this.alloc(), box => box.drop());
        },

        acquire_wait: waiting.wait,
        acquire_async: waiting.async,
        with_async: waiting.withAsync,

        set_max_blocks(maxBlocks) {
            setMaxBlocks.call(this, toSize('max_blocks', maxBlocks));
        },

        // As C has them.
        alloc_wait: waiting.wait,
        alloc_async: waiting.async,
        alloc_finish: waiting.finish,

        // The names that were there first.
        new(values) {
            return this.acquire(values);
        },

        alloc_value(value) {
            return this.acquire_copy(value);
        },

        with(func) {
            const box = toFunction('func', func) && this.alloc();

            return call(func, box, () => box.drop());
        },

        toString() {
            const type = this.get_item_type().name;

            return `[Fsmm.TypedPool "${this.name}": ${type}, ${showCounts(this)}]`;
        },
    });
}

function extendNamespace(namespace) {
    namespace.type_register_plain_layout = (type, size, alignment) => {
        const {callWithSizes, toGType, toSize} = Arguments;
        const gtype = toGType('type', type);
        const sizes = [toSize('size', size), toSize('alignment', alignment)];

        checkLayout(gtype, sizes[0]);
        return callWithSizes(() => registerLayout(gtype, ...sizes));
    };
}

function extendBox({Box}) {
    const {rethrow, toFunction, toInstance} = Arguments;
    const {set_value: setValue} = Box.prototype;
    const store = storeAfter;
    const {listFields, readFields, setField, showFields} = Instances;

    Object.assign(Box.prototype, {
        set_value(value) {
            toInstance('value', value);

            try {
                return setValue.call(this, value);
            } catch (error) {
                return rethrow(TypeError, error);
            }
        },

        update(func) {
            const instance = toFunction('func', func) && this.peek();

            return store(func(instance), this, instance);
        },

        toJSON() {
            return readFields(this.peek()) ?? this.to_string();
        },

        toString() {
            const fields = this.is_live() ? showFields(this.peek()) : null;

            return `[Fsmm.Box: ${fields ?? this.to_string()}]`;
        },
    });

    if (Symbol.dispose)
        Box.prototype[Symbol.dispose] = Box.prototype.drop;

    // What await, for one, asks of every object, is no field, nor is what the class is asked for.
    const asked = ['$gtype', 'then'];
    const isField = (key, box) => typeof key === 'string' && !asked.includes(key) &&
        box !== Box.prototype;

    // What a box itself does not have is looked for among the fields of its instance.
    Object.setPrototypeOf(Box.prototype, new Proxy({}, {
        get(target, key, box) {
            if (key in target || !isField(key, box))
                return target[key];

            const instance = box.peek();

            return Object.hasOwn(listFields(instance), key) ? instance[key] : undefined;
        },

        set(target, key, value, box) {
            if (!isField(key, box))
                return Reflect.set(target, key, value, box);

            box.update(instance => setField(instance, listFields(instance), key, value));
            return true;
        },
    }));
}

function extendTrimmer({Trimmer}) {
    const {toGuint, toSize, toTrimmerProperties} = Arguments;
    const {
        _init: init, set_decay: setDecay, set_budget_bytes: setBudgetBytes,
    } = Trimmer.prototype;

    Refusals.refuseSubclasses(Trimmer, 'Trimmer');
    Refusals.setByMethod(Trimmer.prototype, 'decay');
    Refusals.setByMethod(Trimmer.prototype, 'budget_bytes');

    Trimmer.new = () => new Trimmer();

    Object.assign(Trimmer.prototype, {
        _init(properties) {
            const checked = toTrimmerProperties(properties);

            if (!('memory-monitor' in checked))
                checked['memory-monitor'] = Gio.MemoryMonitor.dup_default();
            init.call(this, checked);
        },

        set_decay(decay) {
            setDecay.call(this, toGuint('decay', decay));
        },

        set_budget_bytes(nBytes) {
            setBudgetBytes.call(this, toSize('budget_bytes', nBytes));
        },
    });
}

function _init() {
    Fsmm = this;
    registerLayout = Fsmm.type_register_plain_layout;

    extendNamespace(Fsmm);
    extendPool(Fsmm);
    extendBlock(Fsmm);
    extendTrimmer(Fsmm);
    extendTypedPool(Fsmm);
    extendBox(Fsmm);
    Objects.extendObjectPool(Fsmm);
    Objects.extendLease(Fsmm);
    Monitors.extendMonitor(Fsmm);
    Monitors.extendPoolInfo(Fsmm);
}
