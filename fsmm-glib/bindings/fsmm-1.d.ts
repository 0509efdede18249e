// SPDX-License-Identifier: LGPL-2.1-or-later
/* The library for TypeScript, as gjs sees it: what the typelib has, and what the override adds. It
 * is named, and to be used, as the packages @girs/…, of which it needs @girs/gio-2.0. That it fits
 * them is seen by build-aux/check-types.py. */

/* For using; where gjs has no such symbol, there is no such method. */
interface SymbolConstructor {
    readonly dispose: unique symbol;
}

declare module 'gi://Fsmm?version=1' {
    import type Gio from 'gi://Gio?version=2.0';
    import type GLib from 'gi://GLib?version=2.0';
    import type GObject from 'gi://GObject?version=2.0';

    namespace Fsmm {
        const MAJOR_VERSION: number;
        const MINOR_VERSION: number;
        const MICRO_VERSION: number;
        const VERSION_S: string;

        function check_version(required_major: number, required_minor: number,
            required_micro: number): string | null;
        function get_major_version(): number;
        function get_minor_version(): number;
        function get_micro_version(): number;
        /** How many bytes of dropped pools are kept for the next ones. */
        function get_spare_bytes(): number;
        function trim_all(): number;
        function type_register_plain_layout(type: BoxedType<unknown>, size: Size,
            alignment: Size): boolean;

        /** An integer from 0 to 2 ** 53 - 1. */
        type Size = number | bigint;
        /** What can be written into a block: a string as UTF-8, numbers from 0 to 255. */
        type Data = ArrayBufferView | ArrayBuffer | number[] | string;
        /** A class, such as GLib.Date, or its $gtype. */
        type BoxedType<T> = (abstract new (...args: never[]) => T) | GObject.GType<T>;
        /** A box has the fields of its instance. What is got from one is a copy. */
        type BoxOf<T> = Box<T> & FieldsOf<T>;
        type FieldsOf<T> = {
            [Key in keyof T as T[Key] extends (...args: never[]) => unknown ? never : Key]: T[Key];
        };
        type ValuesOf<T> = T extends object ? {
            [Key in keyof FieldsOf<T>]?: FieldsOf<T>[Key] | ValuesOf<FieldsOf<T>[Key]>;
        } : never;

        /**
         * What can go wrong. What is thrown for an argument that makes no sense is a RangeError or
         * a TypeError, which has the same method `matches`, and `code` and `domain`.
         */
        class Error extends GLib.Error {
            static readonly INVALID_ARGUMENT: number;
            static readonly NO_MEMORY: number;
            static readonly EXHAUSTED: number;
            static readonly INVALID_POINTER: number;
            static readonly DOUBLE_FREE: number;
            static readonly UNSUPPORTED_TYPE: number;
            static readonly RELEASED: number;
            static readonly OUT_OF_RANGE: number;
            static readonly TIMED_OUT: number;
            static readonly CLOSED: number;

            constructor(options: {message: string, code: number});

            static quark(): GLib.Quark;
        }

        interface PoolProperties {
            name?: string | null;
            alignment?: Size;
            chunk_bytes?: Size;
            chunkBytes?: Size;
            max_blocks?: Size;
            maxBlocks?: Size;
            retain_bytes?: Size | -1;
            retainBytes?: Size | -1;
        }

        /** What the memory of a pool is used for, in bytes. */
        class PoolMemory {
            live_bytes: number;
            thread_bytes: number;
            idle_bytes: number;
            given_back_bytes: number;
            reserved_bytes: number;
            bookkeeping_bytes: number;

            toString(): string;
        }

        /** Hands out blocks of one size. */
        class Pool extends GObject.Object {
            constructor(properties: PoolProperties & ({alloc_size: Size} | {allocSize: Size}));

            static 'new'(alloc_size: Size, chunk_bytes: Size): Pool;
            static new_full(name: string | null, alloc_size: Size, alignment: Size,
                chunk_bytes: Size, max_blocks: Size): Pool;

            readonly name: string;
            readonly alloc_size: number;
            readonly allocSize: number;
            readonly block_size: number;
            readonly blockSize: number;
            readonly chunk_bytes: number;
            readonly chunkBytes: number;
            readonly alignment: number;
            /** How many can be live at a time, or 0 for no limit. Those that wait are served. */
            max_blocks: number;
            maxBlocks: number;
            /** Whether nobody may wait: what waits, or can, fails with Error.CLOSED. Since: 1.2 */
            flushing: boolean;
            readonly n_waiting: number;
            readonly nWaiting: number;
            readonly n_chunks: number;
            readonly nChunks: number;
            readonly n_allocated: number;
            readonly nAllocated: number;
            readonly n_free: number;
            readonly nFree: number;
            readonly peak_allocated: number;
            readonly peakAllocated: number;
            readonly reserved_bytes: number;
            readonly reservedBytes: number;
            /** How much memory free_all () keeps, in bytes, or -1 to have it chosen. */
            retain_bytes: number;
            retainBytes: number;

            get_name(): string | null;
            get_alloc_size(): number;
            get_block_size(): number;
            get_chunk_bytes(): number;
            get_alignment(): number;
            get_max_blocks(): number;
            set_max_blocks(max_blocks: Size): void;
            get_flushing(): boolean;
            set_flushing(flushing: boolean): void;
            get_n_waiting(): number;
            get_n_chunks(): number;
            get_n_allocated(): number;
            get_n_free(): number;
            get_peak_allocated(): number;
            get_reserved_bytes(): number;
            get_retain_bytes(): number;
            set_retain_bytes(retain_bytes: Size | -1): void;
            /** What the memory of the pool is used for now. */
            get_memory(): PoolMemory;

            /** Takes a block of zeroes. Where the pool is full, garbage is collected first. */
            acquire(): Block;
            /** Takes that many blocks, or none. Since: 1.2 */
            acquire_many(n_blocks: Size): Block[];
            /**
             * Takes a block as acquire () does, and sleeps until there is one: for that many
             * microseconds at most, or with -1 for ever. Since: 1.2
             */
            acquire_wait(timeout_us?: Size | -1, cancellable?: Gio.Cancellable | null): Block;
            /**
             * Takes a block as acquire () does, when there is one. Who has a lower priority is
             * served first, and then who came first. Where the pool is full, garbage is collected,
             * but not more often than each tenth of a second. Since: 1.2
             */
            acquire_async(io_priority?: number,
                cancellable?: Gio.Cancellable | null): Promise<Block>;
            acquire_async(io_priority: number, cancellable: Gio.Cancellable | null,
                callback: Gio.AsyncReadyCallback<this>): void;
            acquire_finish(result: Gio.AsyncResult): Block;
            /** Lends a block to a function, as with () does, when there is one. Since: 1.2 */
            with_async<Result>(func: (block: Block) => Result | PromiseLike<Result>,
                io_priority?: number, cancellable?: Gio.Cancellable | null): Promise<Result>;
            /** Lends a block to a function, until that has ended or what it promises is settled. */
            with<Result>(func: (block: Block) => Result): Result;
            /** Drops all blocks, and returns how many were live. What retain_bytes says is kept. */
            free_all(): number;
            reserve(n_blocks: Size): boolean;
            /** Gives memory back in which no block is live, and returns how many bytes that is. */
            trim(): number;
            /** Describes the pool and all its chunks, for people who debug. */
            dump(): string;

            toString(): string;
        }

        /** A handle on a block of a pool. */
        class Block implements Iterable<number> {
            static readonly $gtype: GObject.GType<Block>;
            private constructor();

            readonly length: number;

            get_size(): number;
            /** There are no addresses in JavaScript. */
            get_address(): null;
            is_live(): boolean;
            /** Gives the block back. */
            release(): boolean;

            /** Copies bytes out of the block. */
            read(offset: Size, n_bytes: Size): Uint8Array;
            /** Copies bytes into the block. */
            write(offset: Size, data: Data): boolean;
            write_bytes(offset: Size, bytes: GLib.Bytes): boolean;
            get_bytes(): GLib.Bytes;
            /** Copies all bytes. */
            toUint8Array(): Uint8Array;
            /** For JSON.stringify: all bytes, as numbers. Since: 1.2 */
            toJSON(): number[];

            toString(): string;
            [Symbol.iterator](): IterableIterator<number>;
            [Symbol.dispose](): void;
        }

        /** What becomes of an object that comes back while others still refer to it. */
        enum Sharing {
            WAIT,
            DISCARD,
            IGNORE,
        }

        /** A class or an interface of objects, or its $gtype. */
        type ObjectType<T> = (abstract new (...args: never[]) => T) | {$gtype: GObject.GType<T>} |
            GObject.GType<T>;

        interface ObjectPoolProperties {
            name?: string | null;
            max_objects?: Size;
            maxObjects?: Size;
            max_idle?: Size;
            maxIdle?: Size;
            min_idle?: Size;
            minIdle?: Size;
            idle_timeout?: Size;
            idleTimeout?: Size;
            max_age?: Size;
            maxAge?: Size;
            sharing?: Sharing;
        }

        /** A handle to an object that a pool has lent. Since: 1.2 */
        class Lease<T extends GObject.Object = GObject.Object> {
            static readonly $gtype: GObject.GType<Lease>;
            private constructor();

            /** The object that has been lent. */
            readonly object: T;

            /** The object that has been lent, or null if the lease has ended. */
            get_object(): T | null;
            is_live(): boolean;
            /** Gives the object back, which nobody should use any more. */
            release(): boolean;
            /** Gives the object back as C does: release () knows the references of JavaScript. */
            release_known(n_known_refs: number): boolean;
            /** Has the pool drop the object. */
            discard(): void;
            /** Takes the object, of which the pool knows nothing any more. */
            steal(): T;

            toString(): string;
            [Symbol.dispose](): void;
        }

        /** Lends objects that are dear to make, and can be used again. Since: 1.2 */
        class ObjectPool<T extends GObject.Object = GObject.Object> extends GObject.Object {
            constructor(properties: ObjectPoolProperties &
                ({item_type: ObjectType<T>} | {itemType: ObjectType<T>}));

            static 'new'<T extends GObject.Object>(item_type: ObjectType<T>,
                max_objects: Size): ObjectPool<T>;

            /** needs-object: somebody waits for an object, which add () takes. */
            connect(signal: 'needs-object', callback: (pool: this) => void): number;
            connect(signal: string, callback: (...args: any[]) => any): number;
            connect_after(signal: string, callback: (...args: any[]) => any): number;

            readonly name: string;
            readonly item_type: GObject.GType<T>;
            readonly itemType: GObject.GType<T>;
            /** How many objects there can be at a time, or 0 for no limit. */
            max_objects: number;
            maxObjects: number;
            /** How many are kept while nobody uses them, or 0 for no limit. */
            max_idle: number;
            maxIdle: number;
            /** How many idle ones idle_timeout and trim () leave alone. */
            min_idle: number;
            minIdle: number;
            /** After how many milliseconds an idle one is dropped, or 0 for never. */
            idle_timeout: number;
            idleTimeout: number;
            /** After how many milliseconds one is not lent again, or 0 for never. */
            max_age: number;
            maxAge: number;
            sharing: Sharing;
            readonly n_lent: number;
            readonly nLent: number;
            readonly n_idle: number;
            readonly nIdle: number;
            readonly n_lingering: number;
            readonly nLingering: number;
            readonly n_waiting: number;
            readonly nWaiting: number;
            readonly n_created: number;
            readonly nCreated: number;
            readonly n_reused: number;
            readonly nReused: number;
            readonly n_discarded: number;
            readonly nDiscarded: number;

            get_name(): string | null;
            get_item_type(): GObject.GType<T>;
            get_max_objects(): number;
            set_max_objects(max_objects: Size): void;
            get_max_idle(): number;
            set_max_idle(max_idle: Size): void;
            get_min_idle(): number;
            set_min_idle(min_idle: Size): void;
            get_idle_timeout(): number;
            set_idle_timeout(idle_timeout: Size): void;
            get_max_age(): number;
            set_max_age(max_age: Size): void;
            get_sharing(): Sharing;
            set_sharing(sharing: Sharing): void;
            get_n_lent(): number;
            get_n_idle(): number;
            get_n_lingering(): number;
            get_n_waiting(): number;
            get_n_created(): number;
            get_n_reused(): number;
            get_n_discarded(): number;

            /** Borrows an object. Where there is none, garbage is collected first. */
            borrow(): Lease<T>;
            /**
             * Borrows an object as borrow () does, and sleeps until there is one: for that many
             * microseconds at most, or with -1 for ever.
             */
            borrow_wait(timeout_us?: Size | -1, cancellable?: Gio.Cancellable | null): Lease<T>;
            /**
             * Borrows an object as borrow () does, when there is one. Who has a lower priority is
             * served first, and then who came first. Where there is none, garbage is collected, but
             * not more often than each tenth of a second.
             */
            borrow_async(io_priority?: number,
                cancellable?: Gio.Cancellable | null): Promise<Lease<T>>;
            borrow_async(io_priority: number, cancellable: Gio.Cancellable | null,
                callback: Gio.AsyncReadyCallback<this>): void;
            borrow_finish(result: Gio.AsyncResult): Lease<T>;
            /** Lends an object to a function, until that has ended or what it promises is settled. */
            with<Result>(func: (object: T) => Result): Result;
            /** Lends an object to a function, as with () does, when there is one. */
            with_async<Result>(func: (object: T) => Result | PromiseLike<Result>,
                io_priority?: number, cancellable?: Gio.Cancellable | null): Promise<Result>;
            /** Adds an object, which nobody should use any more, and answers needs-object. */
            add(object: T): boolean;
            /** Adds an object as C does: add () knows the references of JavaScript. */
            add_known(object: T, n_known_refs: Size): boolean;
            /** Says that what needs-object asked for cannot be made. */
            add_failed(error: unknown): void;
            /** Makes objects until that many are idle. */
            reserve(n_objects: Size): boolean;
            /** Drops what is idle, but for min_idle objects, and returns how many those were. */
            trim(): number;
            /** Ends it: what waits, and borrows, fails with Error.CLOSED. */
            close(): void;
            /** What the function throws is thrown by whoever has wanted to borrow. */
            set_create_func(func: ((pool: this) => T) | null): void;
            /** The function prepares what has come back, and returns whether that can be used. */
            set_reset_func(func: ((pool: this, object: T) => boolean) | null): void;
            /** The function looks at what is to be lent again, and returns whether it can be used. */
            set_validate_func(func: ((pool: this, object: T) => boolean) | null): void;

            toString(): string;
        }

        /** What kind of pool a row of a monitor is about. */
        enum PoolKind {
            RAW,
            TYPED,
            OBJECTS,
            HANDLES,
        }

        /** A row of the list that a monitor is. It does not keep its pool alive. Since: 1.2 */
        class PoolInfo extends GObject.Object {
            private constructor();

            /** A number that no other pool of this process ever has. */
            readonly id: number;
            readonly name: string | null;
            readonly kind: PoolKind;
            /** What lives in the pool, or what it lends; GObject.TYPE_NONE for raw blocks. */
            readonly item_type: GObject.GType;
            readonly itemType: GObject.GType;
            readonly alloc_size: number;
            readonly allocSize: number;
            /** How many blocks are live, or how many objects are lent. */
            readonly n_allocated: number;
            readonly nAllocated: number;
            readonly peak_allocated: number;
            readonly peakAllocated: number;
            /** How many there can be at a time, or 0 for no limit. */
            readonly max_blocks: number;
            readonly maxBlocks: number;
            readonly n_waiting: number;
            readonly nWaiting: number;
            readonly reserved_bytes: number;
            readonly reservedBytes: number;
            /** How many were taken in a second, between the last two looks. */
            readonly alloc_rate: number;
            readonly allocRate: number;

            get_id(): number;
            get_name(): string | null;
            get_kind(): PoolKind;
            get_item_type(): GObject.GType;
            get_alloc_size(): number;
            get_n_allocated(): number;
            get_peak_allocated(): number;
            get_max_blocks(): number;
            get_n_waiting(): number;
            get_reserved_bytes(): number;
            get_alloc_rate(): number;

            /** The pool of blocks that it is about, or null if that is gone. */
            dup_pool(): Pool | null;

            /** Gives back what nobody uses: how many bytes, or 0 for a pool of objects. */
            trim(): number;

            toString(): string;
        }

        interface MonitorProperties {
            interval?: Size;
        }

        interface Monitor extends Gio.ListModel<PoolInfo> {}

        /**
         * A list of all pools of this process, which views can have for their model. It looks at them
         * when it is made or told to, and in an interval while a main loop runs. Since: 1.2
         */
        class Monitor extends GObject.Object {
            constructor(properties?: MonitorProperties);

            static 'new'(interval_ms?: Size): Monitor;
            /** Shows the pools of this process to other programs of the same user. */
            static export(): boolean;

            /** After how many milliseconds it looks again, or 0 for only when it is told to. */
            interval: number;
            readonly n_items: number;
            readonly nItems: number;

            get_interval(): number;
            set_interval(interval_ms: Size): void;
            get_item(position: number): PoolInfo | null;
            get_item_type(): GObject.GType;
            get_n_items(): number;
            items_changed(position: number, removed: number, added: number): void;

            /** Looks at all pools now. */
            refresh(): void;
            /** The figures of all rows, by the names of their properties: 'n-allocated', for one. */
            get_stats(): {[name: string]: number | string}[];

            toString(): string;
            /** The rows of now, whatever becomes of the list meanwhile. */
            [Symbol.iterator](): IterableIterator<PoolInfo>;
        }

        interface TrimmerProperties {
            decay?: Size;
            budget_bytes?: Size;
            budgetBytes?: Size;
            memory_monitor?: Gio.MemoryMonitor | null;
            memoryMonitor?: Gio.MemoryMonitor | null;
        }

        /** Gives memory back that the pools of this process do not need, in a main loop. */
        class Trimmer extends GObject.Object {
            constructor(properties?: TrimmerProperties);

            static 'new'(): Trimmer;

            /** trimmed: memory has gone back. over-budget: all that is free has, and it was not enough. */
            connect(signal: 'trimmed' | 'over-budget',
                callback: (trimmer: Trimmer, n_bytes: number) => void): number;
            connect(signal: string, callback: (...args: any[]) => any): number;

            /** After how many milliseconds memory that is free goes back, or 0 for never. */
            decay: number;
            /** How many bytes all pools should hold at most, or 0 for any number. */
            budget_bytes: number;
            budgetBytes: number;
            memory_monitor: Gio.MemoryMonitor | null;
            memoryMonitor: Gio.MemoryMonitor | null;

            get_decay(): number;
            set_decay(decay: Size): void;
            get_budget_bytes(): number;
            set_budget_bytes(budget_bytes: Size): void;
            get_memory_monitor(): Gio.MemoryMonitor | null;
            set_memory_monitor(memory_monitor: Gio.MemoryMonitor | null): void;

            /** Gives back all that is free, and returns how many bytes that is. */
            trim(level: Gio.MemoryMonitorWarningLevel): number;
        }

        interface TypedPoolProperties {
            name?: string | null;
            chunk_bytes?: Size;
            chunkBytes?: Size;
            max_blocks?: Size;
            maxBlocks?: Size;
        }

        /** A pool of instances of one boxed type. */
        class TypedPool<T = unknown> extends GObject.Object {
            constructor(properties: TypedPoolProperties &
                ({item_type: BoxedType<T>} | {itemType: BoxedType<T>}));

            static 'new'<T>(item_type: BoxedType<T>, chunk_bytes: Size): TypedPool<T>;
            static new_full<T>(name: string | null, item_type: BoxedType<T>, chunk_bytes: Size,
                max_blocks: Size): TypedPool<T>;
            static get_default<T>(item_type: BoxedType<T>): TypedPool<T> | null;

            readonly name: string;
            readonly item_type: GObject.GType<T>;
            readonly itemType: GObject.GType<T>;
            readonly chunk_bytes: number;
            readonly chunkBytes: number;
            /** How many can be live at a time, or 0 for no limit. Those that wait are served. */
            max_blocks: number;
            maxBlocks: number;
            /** Whether nobody may wait: what waits, or can, fails with Error.CLOSED. Since: 1.2 */
            flushing: boolean;
            readonly n_waiting: number;
            readonly nWaiting: number;
            readonly n_allocated: number;
            readonly nAllocated: number;
            readonly peak_allocated: number;
            readonly peakAllocated: number;
            readonly pool: Pool;

            get_name(): string | null;
            get_item_type(): GObject.GType<T>;
            get_max_blocks(): number;
            set_max_blocks(max_blocks: Size): void;
            get_flushing(): boolean;
            set_flushing(flushing: boolean): void;
            get_n_waiting(): number;
            get_n_allocated(): number;
            get_peak_allocated(): number;
            get_pool(): Pool;

            /**
             * Makes an instance, and sets fields of it. Where the pool is full, garbage is collected
             * first. Since: 1.2
             */
            acquire(values?: ValuesOf<T>): BoxOf<T>;
            /** Makes a copy of an instance. Since: 1.2 */
            acquire_copy(value: T | GObject.Value): BoxOf<T>;
            /** Makes that many instances, or none. Since: 1.2 */
            acquire_many(n_instances: Size): BoxOf<T>[];
            /**
             * Makes an instance as acquire () does, and sleeps until there is room: for that many
             * microseconds at most, or with -1 for ever. Since: 1.2
             */
            acquire_wait(timeout_us?: Size | -1, cancellable?: Gio.Cancellable | null): BoxOf<T>;
            /**
             * Makes an instance as acquire () does, when there is room. Who has a lower priority is
             * served first, and then who came first. Where the pool is full, garbage is collected,
             * but not more often than each tenth of a second. Since: 1.2
             */
            acquire_async(io_priority?: number,
                cancellable?: Gio.Cancellable | null): Promise<BoxOf<T>>;
            acquire_async(io_priority: number, cancellable: Gio.Cancellable | null,
                callback: Gio.AsyncReadyCallback<this>): void;
            /** Makes an instance: acquire is the name to prefer. */
            alloc(): BoxOf<T>;
            /** Makes a copy of an instance: acquire_copy is the name to prefer. */
            alloc_value(value: T | GObject.Value): BoxOf<T>;
            /** Makes an instance, and sets fields of it: acquire is the name to prefer. */
            'new'(values?: ValuesOf<T>): BoxOf<T>;
            /** Makes an instance: acquire_wait is the name to prefer. */
            alloc_wait(timeout_us?: Size | -1, cancellable?: Gio.Cancellable | null): BoxOf<T>;
            /** Makes an instance: acquire_async is the name to prefer. */
            alloc_async(io_priority?: number,
                cancellable?: Gio.Cancellable | null): Promise<BoxOf<T>>;
            alloc_async(io_priority: number, cancellable: Gio.Cancellable | null,
                callback: Gio.AsyncReadyCallback<this>): void;
            alloc_finish(result: Gio.AsyncResult): BoxOf<T>;
            /** Lends a box to a function, as with () does, when there is one. Since: 1.2 */
            with_async<Result>(func: (box: BoxOf<T>) => Result | PromiseLike<Result>,
                io_priority?: number, cancellable?: Gio.Cancellable | null): Promise<Result>;
            /** Lends a box to a function, until that has ended or what it promises is settled. */
            with<Result>(func: (box: BoxOf<T>) => Result): Result;
            /** Clears all instances, and returns how many were live. */
            free_all(): number;

            toString(): string;
        }

        /** A handle on an instance in a typed pool. */
        class Box<T = unknown> {
            static readonly $gtype: GObject.GType<Box>;
            private constructor();

            is_live(): boolean;
            /** Clears the instance, and gives its block back. */
            drop(): void;
            /** The pool that the instance lives in, or has lived. Since: 1.2 */
            get_pool(): TypedPool<T>;

            /** Copies the instance. */
            peek(): T;
            /** Makes the instance a copy of another. */
            set_value(value: T | GObject.Value): boolean;
            /** Calls a function with a copy of the instance, which is stored if all went well. */
            update<Result>(func: (instance: T) => Result): Result;
            /**
             * For JSON.stringify: the fields of the instance and of structs in it, in objects of
             * JavaScript's own, or to_string() where there are none. Since: 1.2
             */
            toJSON(): Record<string, unknown> | string;

            to_string(): string;
            toString(): string;
            [Symbol.dispose](): void;
        }
    }

    export default Fsmm;
}

declare module 'gi://Fsmm' {
    import Fsmm from 'gi://Fsmm?version=1';

    export default Fsmm;
}
