/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "bench-floor.h"

void
bench_floor_take (void)
{
}

void
bench_floor_give (void)
{
}
