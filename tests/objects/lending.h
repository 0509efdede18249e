/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What tests share that have threads and requests race for an object. */

#pragma once

#include "thing.h"

G_BEGIN_DECLS

/* For fsmm_object_pool_borrow_async (): @data is the address of a lease. An error is left alone. */
void lending_store_lease (GObject *source, GAsyncResult *result, gpointer data);
/* Runs the default context until there is a lease, but for no longer than some seconds. */
void lending_run_until_lent (FsmmLease **lease);

/* Two threads that are to do something at once, each of which calls this first. */
void lending_meet (gint *n_there);
/* Different in each round, so that two threads meet at each step. */
void lending_dally (guint round);

/* For fsmm_object_pool_set_reset_func (). */
gboolean lending_accept (FsmmObjectPool *pool, GObject *object, gpointer data);

G_END_DECLS
