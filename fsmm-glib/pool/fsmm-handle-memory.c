/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "pool/fsmm-handle-private.h"

#include "engine/heap/fsmm-heap.h"
#include "base/fsmm-lock.h"

/* The handles of all pools lie in one store, so that a handle costs no malloc (). */

static char *
describe_handles (gpointer owner)
{
  return g_strdup ("the memory of handles");
}

static FsmmStore *
get_store (void)
{
  static FsmmStore store;
  static gsize initialized;

  if (fsmm_once_enter (&initialized))
    {
      FsmmGeometry geometry;

      fsmm_geometry_init (&geometry, FSMM_HANDLE_MAX_SIZE, FSMM_HANDLE_MAX_ALIGNMENT, 0,
                          NULL);
      fsmm_heap_init (&store, &geometry, G_MAXSIZE, fsmm_debug_get_own_flags (),
                       &(FsmmSubject) { NULL, describe_handles, "handles", NULL });
      fsmm_once_leave (&initialized);
    }

  return &store;
}

/* Returns zeroed memory that any kind of handle fits in, or NULL. */
gpointer
fsmm_handle_memory_alloc (void)
{
  const FsmmFill zeroes = { .n_bytes = FSMM_HANDLE_MAX_SIZE };
  FsmmStore *store = get_store ();
  FsmmAllocResult result;
  gpointer handle;
  gsize epoch;

  handle = fsmm_cache_try_alloc_small (store->key, &zeroes.n_bytes, NULL);
  if (G_LIKELY (handle != NULL))
    return handle;

  return fsmm_heap_alloc (store, FSMM_STATE_LIVE, zeroes, &epoch, &result).block;
}

void
fsmm_handle_memory_free (gpointer handle)
{
  FsmmLook look;

  if (!fsmm_heap_free (get_store (), handle, &look))
    g_error ("handle %p was freed twice", handle);
}

/* Returns chunks without handles to the system. */
void
fsmm_handle_memory_trim (void)
{
  fsmm_heap_trim (get_store ());
}
