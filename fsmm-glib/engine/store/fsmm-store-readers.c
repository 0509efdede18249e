/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "engine/store/fsmm-store-locked.h"

#include "base/fsmm-pause.h"
#include "base/fsmm-thread-local.h"

/* Called with the lock held, all of them. */

static inline gboolean
is_another_thread (const FsmmReader *reader)
{
  return reader->thread != fsmm_thread_self ();
}

/* A thread is busy for as long as it takes to fill one block, or to give back as many as its
 * cache holds: it may have been put aside meanwhile. */
static void
wait_until_idle (FsmmReader *reader)
{
  guint n_pauses = 0;

  while (__atomic_load_n (&reader->busy, __ATOMIC_SEQ_CST))
    fsmm_pause (&n_pauses);
}

/* From now on, no other thread is busy until fsmm_store_resume (). */
void
fsmm_store_stop (FsmmStore *self)
{
  gboolean there_are_others = FALSE;

  for (GList *l = self->readers.head; l != NULL; l = l->next)
    if (is_another_thread (l->data))
      {
        __atomic_fetch_or (&((FsmmReader *) l->data)->stop, FSMM_READER_STOPPED, __ATOMIC_SEQ_CST);
        there_are_others = TRUE;
      }

  if (!there_are_others)
    return;

  fsmm_barrier_heavy ();
  for (GList *l = self->readers.head; l != NULL; l = l->next)
    if (is_another_thread (l->data))
      wait_until_idle (l->data);
}

void
fsmm_store_resume (FsmmStore *self)
{
  for (GList *l = self->readers.head; l != NULL; l = l->next)
    __atomic_fetch_and (&((FsmmReader *) l->data)->stop, ~FSMM_READER_STOPPED, __ATOMIC_SEQ_CST);
}

/* Stops all readers until the lock is given back. To be called before anything is freed that a
 * thread may come by without the lock. */
void
fsmm_store_stop_for (FsmmStore *self, FsmmDeferred *deferred)
{
  if (!deferred->is_stopped)
    fsmm_store_stop (self);
  deferred->is_stopped = TRUE;
}

/* The chunk at @base is about to be closed. Readers are stopped. */
void
fsmm_store_forget_chunk (FsmmStore *self, gconstpointer base)
{
  for (GList *l = self->readers.head; l != NULL; l = l->next)
    {
      FsmmKnownChunk *known = fsmm_reader_get_known_place (l->data, &self->geometry, (guintptr) base);

      if (known->base == (guintptr) base)
        known->base = FSMM_NO_BASE;
    }
}
