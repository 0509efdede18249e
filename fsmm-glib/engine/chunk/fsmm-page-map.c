/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "engine/chunk/fsmm-page-map.h"

#include "base/fsmm-fork.h"
#include "base/fsmm-lock.h"

FsmmPageMapEntry *fsmm_page_map_root[FSMM_PAGE_MAP_ROOT_SIZE];
static GMutex page_map_lock;

/* The blocks that come from malloc (). A change needs both locks; so a thread that holds the page
 * map's lock can look them up, and sees nothing change. */
gboolean fsmm_page_map_has_malloced;
static GMutex malloced_lock;
static GHashTable *malloced; /* (element-type gpointer FsmmStore) */

static inline guint64
page_of (gconstpointer address)
{
  return (guint64) (guintptr) address >> FSMM_SYSTEM_GRANULE_SHIFT;
}

static FsmmPageMapEntry *
get_or_create_leaf (guint64 page)
{
  gsize index = (gsize) (page >> FSMM_PAGE_MAP_LEAF_BITS);
  FsmmPageMapEntry *leaf;

  if (index >= FSMM_PAGE_MAP_ROOT_SIZE)
    return NULL;

  leaf = __atomic_load_n (&fsmm_page_map_root[index], __ATOMIC_RELAXED);
  if (leaf == NULL)
    {
      leaf = fsmm_system_map (FSMM_PAGE_MAP_LEAF_SIZE * sizeof *leaf, FSMM_SYSTEM_GRANULE);
      __atomic_store_n (&fsmm_page_map_root[index], leaf, __ATOMIC_RELEASE);
    }

  return leaf;
}

/* Creates every leaf the range needs, so that entering it cannot fail half-way. */
static gboolean
prepare_leaves (guint64 first, guint64 last)
{
  for (guint64 page = first; page <= last;
       page = (page | (FSMM_PAGE_MAP_LEAF_SIZE - 1)) + 1)
    if (get_or_create_leaf (page) == NULL)
      return FALSE;

  return TRUE;
}

/* A thread that sees the store sees the segment that was entered with it. */
static void
set_entries (guint64 first, guint64 last, gpointer store, gpointer segment)
{
  for (guint64 page = first; page <= last; page++)
    {
      FsmmPageMapEntry *leaf = fsmm_page_map_root[page >> FSMM_PAGE_MAP_LEAF_BITS];
      FsmmPageMapEntry *entry = leaf + (page & (FSMM_PAGE_MAP_LEAF_SIZE - 1));

      __atomic_store_n (&entry->segment, segment, __ATOMIC_RELAXED);
      __atomic_store_n (&entry->store, store, __ATOMIC_RELEASE);
    }
}

/* Enters a range of whole pages. Returns FALSE if there is no memory for that. */
gboolean
fsmm_page_map_add (gconstpointer base, gsize size, gpointer store, gpointer segment)
{
  guint64 first = page_of (base);
  guint64 last = page_of ((const guint8 *) base + size - 1);
  gboolean prepared;

  fsmm_lock (&page_map_lock);

  prepared = prepare_leaves (first, last);
  if (prepared)
    set_entries (first, last, store, segment);

  fsmm_unlock (&page_map_lock);

  return prepared;
}

/* Takes back what fsmm_page_map_add () entered. */
void
fsmm_page_map_remove (gconstpointer base, gsize size)
{
  fsmm_lock (&page_map_lock);
  set_entries (page_of (base), page_of ((const guint8 *) base + size - 1), NULL, NULL);
  fsmm_unlock (&page_map_lock);
}

void
fsmm_page_map_add_malloced (gconstpointer address, gpointer store)
{
  fsmm_lock (&page_map_lock);
  fsmm_lock (&malloced_lock);

  if (malloced == NULL)
    malloced = g_hash_table_new (NULL, NULL);
  g_hash_table_insert (malloced, (gpointer) address, store);
  __atomic_store_n (&fsmm_page_map_has_malloced, TRUE, __ATOMIC_RELAXED);

  fsmm_unlock (&malloced_lock);
  fsmm_unlock (&page_map_lock);
}

void
fsmm_page_map_remove_malloced (gconstpointer address)
{
  fsmm_lock (&page_map_lock);
  fsmm_lock (&malloced_lock);
  g_hash_table_remove (malloced, address);
  fsmm_unlock (&malloced_lock);
  fsmm_unlock (&page_map_lock);
}

gpointer
fsmm_page_map_find_malloced (gconstpointer address)
{
  gpointer store;

  fsmm_lock (&malloced_lock);
  store = malloced != NULL ? g_hash_table_lookup (malloced, address) : NULL;
  fsmm_unlock (&malloced_lock);

  return store;
}

void
fsmm_page_map_lock (void)
{
  fsmm_lock (&page_map_lock);
}

void
fsmm_page_map_unlock (void)
{
  fsmm_unlock (&page_map_lock);
}

/* --- fork () --- */

/* A look-up of a single block takes only the inner lock. */
static void
lock_all_maps (void)
{
  fsmm_lock (&page_map_lock);
  fsmm_lock (&malloced_lock);
}

static void
unlock_all_maps (void)
{
  fsmm_unlock (&malloced_lock);
  fsmm_unlock (&page_map_lock);
}

FSMM_FORK_HANDLERS (FSMM_FORK_PAGES, lock_all_maps, unlock_all_maps, NULL)
