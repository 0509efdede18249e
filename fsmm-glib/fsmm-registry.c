/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "fsmm-registry-private.h"

#include "fsmm-lock-private.h"
#include "fsmm-system-private.h"

#include <stdatomic.h>

/* A radix tree of two levels, indexed with the number of the 64 KiB granule an address lies in: the
 * upper 16 bits of that number select a leaf, the lower 16 an owner in it. Processes have addresses
 * of at most 48 bits unless they ask for more, which this library does not.
 *
 * Readers take no lock and follow no pointer that the address itself supplies, so that any address
 * at all can be looked up, and being asked about a million addresses costs two loads for each. Leaves
 * are never freed. The tables cost address space only: a page of them becomes memory when an address
 * near by has been entered. The layout is that of tcmalloc's page map. */

#define ADDRESS_BITS 48
#define LEAF_BITS 16
#define LEAF_SIZE ((gsize) 1 << LEAF_BITS)
#define ROOT_SIZE ((gsize) 1 << (ADDRESS_BITS - FSMM_SYSTEM_GRANULE_SHIFT - LEAF_BITS))

typedef _Atomic (gpointer) Owner;

static _Atomic (Owner *) root[ROOT_SIZE];
static GMutex registry_lock;

static inline guint64
granule_of (gconstpointer address)
{
  return (guint64) (guintptr) address >> FSMM_SYSTEM_GRANULE_SHIFT;
}

static Owner *
get_or_create_leaf (guint64 granule)
{
  gsize index = (gsize) (granule >> LEAF_BITS);
  Owner *leaf;

  if (index >= ROOT_SIZE)
    return NULL;

  leaf = atomic_load_explicit (&root[index], memory_order_relaxed);
  if (leaf == NULL)
    {
      leaf = fsmm_system_map (LEAF_SIZE * sizeof (Owner), FSMM_SYSTEM_GRANULE);
      atomic_store_explicit (&root[index], leaf, memory_order_release);
    }

  return leaf;
}

/* Creates every leaf the range needs, so that entering it cannot fail half-way. */
static gboolean
prepare_leaves (guint64 first, guint64 last)
{
  for (guint64 granule = first; granule <= last; granule = (granule | (LEAF_SIZE - 1)) + 1)
    if (get_or_create_leaf (granule) == NULL)
      return FALSE;

  return TRUE;
}

static void
set_owner (guint64 first, guint64 last, gpointer owner)
{
  for (guint64 granule = first; granule <= last; granule++)
    {
      Owner *leaf = atomic_load_explicit (&root[granule >> LEAF_BITS], memory_order_relaxed);

      atomic_store_explicit (&leaf[granule & (LEAF_SIZE - 1)], owner, memory_order_release);
    }
}

/* Enters @owner for a range of whole granules. Returns FALSE if there is no memory for that. */
gboolean
fsmm_registry_add (gconstpointer base, gsize size, gpointer owner)
{
  guint64 first = granule_of (base);
  guint64 last = granule_of ((const guint8 *) base + size - 1);
  gboolean prepared;

  fsmm_lock (&registry_lock);

  prepared = prepare_leaves (first, last);
  if (prepared)
    set_owner (first, last, owner);

  fsmm_unlock (&registry_lock);

  return prepared;
}

/* Takes back what fsmm_registry_add () entered. */
void
fsmm_registry_remove (gconstpointer base, gsize size)
{
  fsmm_lock (&registry_lock);
  set_owner (granule_of (base), granule_of ((const guint8 *) base + size - 1), NULL);
  fsmm_unlock (&registry_lock);
}

/* Returns the owner of the granule that @address lies in, or NULL. Any address can be asked about,
 * and is not dereferenced. */
gpointer
fsmm_registry_lookup (gconstpointer address)
{
  guint64 granule = granule_of (address);
  Owner *leaf;

  if (granule >> LEAF_BITS >= ROOT_SIZE)
    return NULL;

  leaf = atomic_load_explicit (&root[granule >> LEAF_BITS], memory_order_acquire);
  if (leaf == NULL)
    return NULL;

  return atomic_load_explicit (&leaf[granule & (LEAF_SIZE - 1)], memory_order_acquire);
}

void
fsmm_registry_lock (void)
{
  fsmm_lock (&registry_lock);
}

void
fsmm_registry_unlock (void)
{
  fsmm_unlock (&registry_lock);
}
