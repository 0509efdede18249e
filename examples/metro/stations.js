// SPDX-License-Identifier: LGPL-2.1-or-later
// A pool of stations, whose type is that of a library in C.

import Fsmm from 'gi://Fsmm?version=1';
import Metro from 'gi://Metro?version=1';

const stations = new Fsmm.TypedPool({item_type: Metro.Station, name: 'stations', max_blocks: 1});
const opera = stations.acquire({line: 8, depth: 12.5});

opera.line += 1;

// What a pointer leads to is for C to set: in a copy, which takes the place of the station.
opera.update(copy => copy.rename('Opera'));
print(opera.name, opera.line, opera.depth);

try {
    stations.acquire({line: 3});
} catch (error) {
    print(error.message);
}

print(stations.free_all(), 'dropped,', opera.is_live() ? opera.name : 'nothing', 'left');
