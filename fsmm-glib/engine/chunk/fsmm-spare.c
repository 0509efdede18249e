/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "engine/chunk/fsmm-spare.h"

#include "base/fsmm-system.h"

static gpointer pieces[FSMM_SPARE_PIECES]; /* (atomic) (nullable) */
static gint were_touched; /* (atomic): one has been taken or kept since somebody looked */

static gpointer
get_piece (guint i)
{
  return __atomic_load_n (&pieces[i], __ATOMIC_RELAXED);
}

/* A granule with whatever is in it, or NULL. */
gpointer
fsmm_spare_take (void)
{
  for (guint i = 0; i < FSMM_SPARE_PIECES; i++)
    if (get_piece (i) != NULL)
      {
        gpointer piece = __atomic_exchange_n (&pieces[i], NULL, __ATOMIC_ACQUIRE);

        __atomic_store_n (&were_touched, TRUE, __ATOMIC_RELAXED);
        if (piece != NULL)
          {
            fsmm_system_set_scanned (piece, FSMM_SYSTEM_GRANULE, TRUE);
            return piece;
          }
      }

  return NULL;
}

/* Returns FALSE if there are enough. */
gboolean
fsmm_spare_keep (gpointer piece)
{
  fsmm_system_set_scanned (piece, FSMM_SYSTEM_GRANULE, FALSE);
  __atomic_store_n (&were_touched, TRUE, __ATOMIC_RELAXED);

  for (guint i = 0; i < FSMM_SPARE_PIECES; i++)
    {
      gpointer expected = NULL;

      if (get_piece (i) == NULL &&
          __atomic_compare_exchange_n (&pieces[i], &expected, piece, FALSE, __ATOMIC_RELEASE,
                                       __ATOMIC_RELAXED))
        return TRUE;
    }

  fsmm_system_set_scanned (piece, FSMM_SYSTEM_GRANULE, TRUE);
  return FALSE;
}

gsize
fsmm_spare_count_bytes (void)
{
  gsize n_pieces = 0;

  for (guint i = 0; i < FSMM_SPARE_PIECES; i++)
    n_pieces += get_piece (i) != NULL;

  return n_pieces * FSMM_SYSTEM_GRANULE;
}

/* Returns how many bytes the system has got. */
gsize
fsmm_spare_give_back (void)
{
  gsize n_bytes = 0;
  gpointer piece;

  while ((piece = fsmm_spare_take ()) != NULL)
    {
      fsmm_system_unmap (piece, FSMM_SYSTEM_GRANULE);
      n_bytes += FSMM_SYSTEM_GRANULE;
    }

  return n_bytes;
}

/* The same, if none has been taken or kept since the last time. */
gsize
fsmm_spare_decay (void)
{
  if (__atomic_exchange_n (&were_touched, FALSE, __ATOMIC_RELAXED))
    return 0;

  return fsmm_spare_give_back ();
}
