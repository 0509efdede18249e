// SPDX-License-Identifier: LGPL-2.1-or-later
/* The list of all pools. */

/* exported extendMonitor, extendPoolInfo */

const Arguments = imports.overrides.FsmmArguments;
const Refusals = imports.overrides.FsmmRefusals;

function extendMonitor({Monitor}) {
    const {toGuint, toMonitorProperties} = Arguments;
    const {new: makeNew} = Monitor;
    const {_init: init, get_stats: getStats, set_interval: setInterval} = Monitor.prototype;

    Refusals.refuseSubclasses(Monitor, 'Monitor');
    Refusals.setByMethod(Monitor.prototype, 'interval');

    Monitor.new = (intervalMs = 0) => makeNew(toGuint('interval_ms', intervalMs));

    Object.assign(Monitor.prototype, {
        _init(properties) {
            init.call(this, toMonitorProperties(properties));
        },

        set_interval(intervalMs) {
            setInterval.call(this, toGuint('interval_ms', intervalMs));
        },

        get_stats() {
            return getStats.call(this).recursiveUnpack();
        },

        toString() {
            const when = this.interval > 0 ? `every ${this.interval} ms` : 'when it is told to';

            return `[Fsmm.Monitor: ${this.get_n_items()} pools, looks ${when}]`;
        },

        // The rows of now, whatever becomes of the list meanwhile.
        [Symbol.iterator]() {
            return Array.from({length: this.get_n_items()}, (_, i) => this.get_item(i)).values();
        },
    });
}

function extendPoolInfo({PoolInfo, PoolKind}) {
    const nicks = new Map(Object.entries(PoolKind).map(([key, kind]) => [kind, key.toLowerCase()]));

    Refusals.refuseSubclasses(PoolInfo, 'PoolInfo');
    Refusals.getByMethod(PoolInfo.prototype, 'item_type');

    Object.assign(PoolInfo.prototype, {
        _init() {
            Arguments.fail(TypeError, 'an Fsmm.PoolInfo is a row of the list that an Fsmm.Monitor is');
        },

        toString() {
            const name = this.name === null ? '' : ` "${this.name}"`;
            const limit = this.max_blocks > 0 ? `, at most ${this.max_blocks}` : '';

            return `[Fsmm.PoolInfo ${this.id}${name}: ${nicks.get(this.kind)}, ` +
                `${this.n_allocated} live${limit}]`;
        },
    });
}
