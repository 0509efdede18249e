// SPDX-License-Identifier: LGPL-2.1-or-later
/* Pools of objects, and leases. */

/* exported extendLease, extendObjectPool */

const {Gio, GObject} = imports.gi;
const Arguments = imports.overrides.FsmmArguments;
const {callAgain, callFinally} = imports.overrides.FsmmCalls;
const {throwKept, toGError} = imports.overrides.FsmmFailures;
const Refusals = imports.overrides.FsmmRefusals;
const {makeWaiting} = imports.overrides.FsmmWaiting;

const NUMBERS = ['max_objects', 'max_idle', 'min_idle', 'idle_timeout', 'max_age'];

// --- Functions of a program ---

/* Has a method throw what a function of the program has thrown. */
function throwWhatWasThrown(prototype, name) {
    const {[name]: method} = prototype;

    prototype[name] = function (...args) {
        try {
            return method.apply(this, args);
        } catch (error) {
            return throwKept(error);
        }
    };
}

function wrapCreate(func) {
    return pool => {
        try {
            const object = func(pool);

            if (!(object instanceof GObject.Object)) {
                throw new TypeError('the create function returned ' +
                    `${Arguments.describe(object)}, which is no GObject`);
            }
            return object;
        } catch (error) {
            throw toGError(error);
        }
    };
}

/* Whether an object can be used, which it cannot if that cannot be told. */
function wrapCheck(word, func) {
    return (pool, object) => {
        try {
            const isGood = func(pool, object);

            if (isGood === undefined) {
                throw new TypeError(`the ${word} function returned nothing: it must return ` +
                    'whether the object can be used');
            }
            return Boolean(isGood);
        } catch (error) {
            logError(error, `in the ${word} function of an Fsmm.ObjectPool`);
            return false;
        }
    };
}

const defaultCreate = Symbol('default create function');
const hasCreate = Symbol('has a create function');

/* What C makes of a class whose objects are floating at first has one reference too many. So these are
 * made here, if that can be done. */
function findDefaultCreate(itemType) {
    const isA = base => GObject.type_is_a(itemType, base);

    return typeof itemType === 'function' && isA(GObject.InitiallyUnowned) &&
        !isA(Gio.Initable) && !isA(Gio.AsyncInitable) &&
        !GObject.type_test_flags(itemType, GObject.TypeFlags.ABSTRACT)
        ? wrapCreate(() => new itemType())
        : null;
}

// --- Leases ---

function releaseLease(lease) {
    if (lease.is_live())
        lease.release();
}

function openLease(lease) {
    return lease.object;
}

function extendLease({Lease}) {
    const {
        get_object: getObject, release: releaseNative, release_known: releaseKnown, steal,
    } = Lease.prototype;

    Object.assign(Lease.prototype, {
        /* What JavaScript knows of the object has one reference, which is there for as long as this
         * variable is, and which does not mean that it is in use. */
        release() {
            const object = getObject.call(this);

            return releaseKnown.call(this, 1) && object !== null;
        },

        steal() {
            const object = steal.call(this);

            if (object === null)
                releaseNative.call(this); // throws what there is to say

            return object;
        },

        toString() {
            return `[Fsmm.Lease: ${getObject.call(this) ?? 'ended'}]`;
        },
    });

    Refusals.refuseUnknown(Lease, 'lease');
    Object.defineProperty(Lease.prototype, 'object', {
        configurable: true,
        get() {
            return getObject.call(this) ?? releaseNative.call(this);
        },
    });

    if (Symbol.dispose) {
        const release = releaseLease;

        Lease.prototype[Symbol.dispose] = function () {
            release(this);
        };
    }
}

// --- Pools ---

function setNumbersByMethod({prototype}) {
    for (const name of NUMBERS) {
        const {[`set_${name}`]: set} = prototype;

        Refusals.setByMethod(prototype, name);
        prototype[`set_${name}`] = function (number) {
            set.call(this, Arguments.toGuint(name, number));
        };
    }
}

function extendObjectPool({ObjectPool}) {
    const {
        toFunction, toGuint, toObject, toObjectPoolProperties, toOptionalFunction, toSharing,
    } = Arguments;
    const call = callFinally, release = releaseLease;

    for (const name of ['borrow', 'borrow_wait', 'borrow_finish', 'reserve'])
        throwWhatWasThrown(ObjectPool.prototype, name);

    const waiting = makeWaiting(ObjectPool, 'borrow', (_, lease) => lease, release, openLease);
    const {
        _init: init, add_failed: addFailed, add_known: addKnown, borrow, connect,
        connect_after: connectAfter, reserve,
        set_create_func: setCreate, set_reset_func: setReset, set_sharing: setSharing,
        set_validate_func: setValidate,
    } = ObjectPool.prototype;

    /* A program that handles needs-object makes all objects, if it has no function for that. */
    const connectWith = (method, pool, args) => {
        const id = method.apply(pool, args);

        if (/^needs[-_]object$/.test(args[0]) && !pool[hasCreate]) {
            pool[defaultCreate] = null;
            setCreate.call(pool, null);
        }

        return id;
    };

    Refusals.refuseSubclasses(ObjectPool, 'ObjectPool');
    Refusals.refuseToSet(ObjectPool.prototype, ['name', 'item_type']);
    Refusals.getByMethod(ObjectPool.prototype, 'item_type');
    Refusals.setByMethod(ObjectPool.prototype, 'sharing');
    setNumbersByMethod(ObjectPool);

    ObjectPool.new = (itemType, maxObjects) =>
        new ObjectPool({item_type: itemType, max_objects: maxObjects});

    Object.assign(ObjectPool.prototype, {
        _init(properties) {
            const checked = toObjectPoolProperties(properties);
            const create = findDefaultCreate(properties.item_type ?? properties.itemType ??
                properties['item-type']);

            init.call(this, checked);
            this[defaultCreate] = create;
            this[hasCreate] = false;
            if (create !== null)
                setCreate.call(this, create);
        },

        connect(...args) {
            return connectWith(connect, this, args);
        },

        connect_after(...args) {
            return connectWith(connectAfter, this, args);
        },

        borrow() {
            try {
                return borrow.call(this);
            } catch (error) {
                return callAgain(() => borrow.call(this), error);
            }
        },

        borrow_wait: waiting.wait,
        borrow_async: waiting.async,
        borrow_finish: waiting.finish,
        with_async: waiting.withAsync,

        with(func) {
            const lease = toFunction('func', func) && this.borrow();

            return call(func, lease.object, () => release(lease));
        },

        reserve(nObjects) {
            const n = toGuint('n_objects', nObjects);

            try {
                return reserve.call(this, n);
            } catch (error) {
                return callAgain(() => reserve.call(this, n), error);
            }
        },

        /* What JavaScript knows of the object has one reference. */
        add(object) {
            return addKnown.call(this, toObject('object', object), 1);
        },

        add_known(object, nKnownRefs) {
            return addKnown.call(this, toObject('object', object),
                toGuint('n_known_refs', nKnownRefs));
        },

        add_failed(error) {
            addFailed.call(this, toGError(error));
        },

        set_create_func(func) {
            this[hasCreate] = toOptionalFunction('func', func) !== null;
            setCreate.call(this, this[hasCreate] ? wrapCreate(func) : this[defaultCreate]);
        },

        set_reset_func(func) {
            setReset.call(this, toOptionalFunction('func', func) && wrapCheck('reset', func));
        },

        set_validate_func(func) {
            setValidate.call(this, toOptionalFunction('func', func) && wrapCheck('validate', func));
        },

        set_sharing(sharing) {
            setSharing.call(this, toSharing('sharing', sharing));
        },

        toString() {
            const name = this.name === null ? '' : ` "${this.name}"`;
            const limit = this.max_objects > 0 ? `, at most ${this.max_objects}` : '';

            return `[Fsmm.ObjectPool${name}: ${this.get_item_type().name}, ${this.n_lent} lent, ` +
                `${this.n_idle} idle, ${this.n_lingering} released but still referenced${limit}]`;
        },
    });
}
