/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which store, and which segment of it, does an address belong to? One table for the whole
 * process. */

#pragma once

#include <glib.h>

#include "base/fsmm-system.h"

G_BEGIN_DECLS

/* A radix tree of two levels, indexed with the number of the 64-KiB page that an address lies in:
 * the upper 16 bits of that number select a leaf, the lower 16 an entry in it. Processes have
 * addresses of at most 48 bits unless they ask for more, which this library does not.
 *
 * Readers take no lock and follow no pointer that the address itself supplies, so that any
 * address at all can be looked up, and being asked about a million addresses costs a few loads
 * for each. Leaves are never freed. The tables cost address space only: a page of them becomes
 * memory when an address near by has been entered. The layout is that of tcmalloc's page map. */

#define FSMM_PAGE_MAP_ADDRESS_BITS 48
#define FSMM_PAGE_MAP_LEAF_BITS 16
#define FSMM_PAGE_MAP_LEAF_SIZE ((gsize) 1 << FSMM_PAGE_MAP_LEAF_BITS)
#define FSMM_PAGE_MAP_ROOT_SIZE                                                                      \
  ((gsize) 1 << (FSMM_PAGE_MAP_ADDRESS_BITS - FSMM_SYSTEM_GRANULE_SHIFT - FSMM_PAGE_MAP_LEAF_BITS))

typedef struct {
  gpointer store;   /* (atomic) */
  gpointer segment; /* (atomic): only for those who know that the store keeps it */
} FsmmPageMapEntry;

extern FsmmPageMapEntry *fsmm_page_map_root[FSMM_PAGE_MAP_ROOT_SIZE]; /* (atomic) */

gboolean fsmm_page_map_add (gconstpointer base, gsize size, gpointer store, gpointer segment);
void fsmm_page_map_remove (gconstpointer base, gsize size);

/* For debugging: single addresses, which are looked for where nothing else is found. */
void fsmm_page_map_add_malloced (gconstpointer address, gpointer store);
void fsmm_page_map_remove_malloced (gconstpointer address);
gpointer fsmm_page_map_find_malloced (gconstpointer address);
extern gboolean fsmm_page_map_has_malloced; /* (atomic) */

/* While the page map is locked, no store that it names can go away. */
void fsmm_page_map_lock (void);
void fsmm_page_map_unlock (void);

/* The entry of the page that @address lies in, or NULL. Any address can be asked about, and
 * is not dereferenced. */
static inline const FsmmPageMapEntry *
fsmm_page_map_find (gconstpointer address)
{
  guint64 page = (guint64) (guintptr) address >> FSMM_SYSTEM_GRANULE_SHIFT;
  const FsmmPageMapEntry *leaf;

  if (G_UNLIKELY (page >> FSMM_PAGE_MAP_LEAF_BITS >= FSMM_PAGE_MAP_ROOT_SIZE))
    return NULL;

  leaf = __atomic_load_n (&fsmm_page_map_root[page >> FSMM_PAGE_MAP_LEAF_BITS],
                          __ATOMIC_ACQUIRE);
  return leaf != NULL ? leaf + (page & (FSMM_PAGE_MAP_LEAF_SIZE - 1)) : NULL;
}

/* The store whose page @address lies in, or NULL. */
static inline gpointer
fsmm_page_map_find_store (gconstpointer address)
{
  const FsmmPageMapEntry *entry = fsmm_page_map_find (address);
  gpointer store = entry != NULL ? __atomic_load_n (&entry->store, __ATOMIC_ACQUIRE) : NULL;

  if (G_UNLIKELY (store == NULL && __atomic_load_n (&fsmm_page_map_has_malloced, __ATOMIC_RELAXED)))
    return fsmm_page_map_find_malloced (address);

  return store;
}

/* The segment of @store that @address lies in, or NULL. The caller sees to it that the store
 * removes no segment meanwhile: where the store is found, its segment is. */
static inline gpointer
fsmm_page_map_find_segment (gconstpointer address, gconstpointer store)
{
  const FsmmPageMapEntry *entry = fsmm_page_map_find (address);
  gpointer segment;

  if (G_UNLIKELY (entry == NULL || __atomic_load_n (&entry->store, __ATOMIC_ACQUIRE) != store))
    return NULL;

  segment = __atomic_load_n (&entry->segment, __ATOMIC_RELAXED);
  if (segment == NULL)
    __builtin_unreachable ();

  return segment;
}

G_END_DECLS
