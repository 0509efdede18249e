/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Functions of a shared library that do nothing: what calling one costs is what no allocator in a
 * shared library can do without. */

#pragma once

void bench_floor_take (void);
void bench_floor_give (void);
