/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* boost::pool behind a mutex, for C: it has none of its own. */

#pragma once

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct BenchBoost BenchBoost;

BenchBoost *bench_boost_new (size_t size);
void bench_boost_free (BenchBoost *self);
void *bench_boost_take (BenchBoost *self);
void bench_boost_give (BenchBoost *self, void *block);
void bench_boost_drop_all (BenchBoost *self);
const char *bench_boost_version (void);

#ifdef __cplusplus
}
#endif
