/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Keeps all stores, and what else this library has one of for the process, usable on both sides of
 * fork (). */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Locks of other files, which are here so that fork () knows them from the start. A thread that has
 * one of them takes no other lock. */
extern GMutex fsmm_types_lock;  /* for data of types */
extern GMutex fsmm_stacks_lock; /* for stacks that have been seen */

G_END_DECLS
