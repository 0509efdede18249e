/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which cache is whose: each thread has a table with the cache that it has of each store. */

#pragma once

#include <glib.h>

#include "base/fsmm-thread-local.h"
#include "engine/store/fsmm-store.h"

G_BEGIN_DECLS

typedef struct _FsmmCache FsmmCache;

#define FSMM_THREAD_N_QUICK 16

typedef struct {
  gconstpointer key; /* (atomic): FSMM_THREAD_NO_KEY or NULL: none */
  FsmmCache *cache;  /* the thread's own to read and write */
} FsmmQuickCache;

/* What takes the place of a key whose store is gone. No pointer that is passed for a pool is
 * this. */
#define FSMM_THREAD_NO_KEY ((gconstpointer) 1)

typedef struct {
  /* Some caches, by a hash of their stores' keys. Who finds his key here needs no further proof
   * that it is one. */
  FsmmQuickCache quick[FSMM_THREAD_N_QUICK];

  FsmmCache **caches; /* (array length=n_caches) (element-type FsmmCache): by the index of the store */
  guint n_caches;
  gboolean has_ended; /* only destructors of other libraries still run */
} FsmmThread;

extern FSMM_THREAD_LOCAL FsmmThread fsmm_thread;

void fsmm_thread_add_store (FsmmStore *store);
void fsmm_thread_remove_store (FsmmStore *store);
gboolean fsmm_thread_lock_store (const FsmmStoreName *name);
FsmmCache *fsmm_thread_ensure_cache (FsmmStore *store);
void fsmm_thread_set_cache (FsmmStore *store, FsmmCache *cache);

void fsmm_thread_for_each_store (void (*func) (FsmmStore *store, gpointer data), gpointer data);

static inline FsmmQuickCache *
fsmm_thread_get_quick_place (FsmmThread *self, gconstpointer key)
{
  return &self->quick[((guintptr) key / 64) % FSMM_THREAD_N_QUICK];
}

/* The calling thread's cache of the store with that key, or NULL: then it may be known by its
 * index. */
static inline FsmmCache *
fsmm_thread_get_quick_cache (gconstpointer key)
{
  const FsmmQuickCache *quick = fsmm_thread_get_quick_place (&fsmm_thread, key);

  return G_LIKELY (__atomic_load_n (&quick->key, __ATOMIC_RELAXED) == key) ? quick->cache : NULL;
}

/* The calling thread's cache of the store with that index, or NULL. */
static inline FsmmCache *
fsmm_thread_get_cache (guint index)
{
  return G_LIKELY (index < fsmm_thread.n_caches) ? fsmm_thread.caches[index] : NULL;
}

G_END_DECLS
