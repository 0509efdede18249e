/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which cache is whose: each thread has a table with the cache that it has of each store. */

#pragma once

#include <glib.h>

#include "engine/store/fsmm-store.h"

G_BEGIN_DECLS

void fsmm_thread_add_store (FsmmStore *store);
void fsmm_thread_ensure_own_place (FsmmStore *store);
void fsmm_thread_remove_caches (FsmmStore *store);
void fsmm_thread_remove_store (FsmmStore *store);
gboolean fsmm_thread_lock_store (const FsmmStoreName *name);
FsmmCache *fsmm_thread_ensure_cache (FsmmStore *store);

GArray *fsmm_thread_list_stores (void);
void fsmm_thread_for_each_store (void (*func) (FsmmStore *store, gpointer data), gpointer data);

/* The calling thread's cache of the store with that index, or NULL. */
static inline FsmmCache *
fsmm_thread_get_cache (guint index)
{
  if (index >= fsmm_thread.n_caches)
    return NULL;

  return __atomic_load_n (&fsmm_thread.caches[index], __ATOMIC_RELAXED);
}

/* For fork (): fsmm-thread-fork.c. */
void fsmm_thread_lock_stores (void);
void fsmm_thread_unlock_stores (void);
void fsmm_thread_for_each_lock (void (*func) (GMutex *lock));
void fsmm_thread_for_each_store_locked (void (*func) (FsmmStore *store));
gboolean fsmm_thread_for_each_other (void (*func) (FsmmThread *thread));
void fsmm_thread_forget_others (void);

G_END_DECLS
