/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "fsmm-box-private.h"
#include "fsmm-handle-private.h"
#include "fsmm-store-private.h"

#include <string.h>

/* Handles live in a pool of their own, one for the process: a handle costs no malloc (). */

static FsmmStore *
get_store (void)
{
  static FsmmStore store;
  static gsize initialized;

  if (g_once_init_enter (&initialized))
    {
      FsmmGeometry geometry;

      fsmm_geometry_init (&geometry, sizeof (FsmmBox), _Alignof (FsmmBox), 0, NULL);
      fsmm_store_init (&store, &geometry, G_MAXSIZE, NULL);
      g_once_init_leave (&initialized, 1);
    }

  return &store;
}

/* Handles that this thread has freed, for it to take again without a lock: making and dropping one is
 * most of what a binding does. */
typedef struct {
  guint n_handles;
  gpointer handles[32];
} HandleCache;

static __thread HandleCache cache;

static void
give_to_store (HandleCache *from, guint n_kept)
{
  gsize n_given;

  if (fsmm_store_give (get_store (), from->n_handles - n_kept, from->handles + n_kept, &n_given) !=
      FSMM_ADDRESS_LIVE)
    g_error ("handle %p was freed twice", from->handles[n_kept + n_given]);

  from->n_handles = n_kept;
}

/* The thread comes to its end. A handle that it drops after that gives rise to a new end. */
static void
cache_end (gpointer data)
{
  give_to_store (data, 0);
}

static GPrivate cache_key = G_PRIVATE_INIT (cache_end);

/* Zeroed memory for the largest kind of handle, or NULL. */
gpointer
fsmm_handle_memory_alloc (void)
{
  const FsmmFill zeroes = { .n_bytes = sizeof (FsmmBox) };
  gpointer handle = NULL;

  if (cache.n_handles > 0)
    return memset (cache.handles[--cache.n_handles], 0, sizeof (FsmmBox));

  fsmm_store_take (get_store (), 1, &handle, zeroes);

  return handle;
}

void
fsmm_handle_memory_free (gpointer handle)
{
  if (cache.n_handles == G_N_ELEMENTS (cache.handles))
    give_to_store (&cache, G_N_ELEMENTS (cache.handles) / 2);
  else if (cache.n_handles == 0)
    g_private_set (&cache_key, &cache);

  cache.handles[cache.n_handles++] = handle;
}

/* Gives back what handles that are gone have left. */
void
fsmm_handle_memory_trim (void)
{
  give_to_store (&cache, 0);
  fsmm_store_trim (get_store ());
}
