/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "other-thread.h"

#include "fsmm-glib/base/fsmm-pause.h"
#include "fsmm-glib/engine/cache/fsmm-thread.h"

typedef struct
{
  OtherFunc func; /* NULL: the thread is to end */
  FsmmPool *pool;
  gpointer result;
} Call;

static gpointer
run_other (gpointer data)
{
  Other *self = data;
  gboolean is_last;
  Call *call;

  do
    {
      guint n_pauses = 0;

      while ((call = g_atomic_pointer_get (&self->call)) == NULL)
        fsmm_pause (&n_pauses);
      if (call->func != NULL)
        call->result = call->func (call->pool);
      is_last = call->func == NULL;
      g_atomic_pointer_set (&self->call, NULL);
    }
  while (!is_last);

  return NULL;
}

void
other_start (Other *self)
{
  self->call = NULL;
  self->thread = g_thread_new ("other", run_other, self);
}

gpointer
other_call (Other *self, OtherFunc func, FsmmPool *pool)
{
  Call call = { func, pool, NULL };
  guint n_pauses = 0;

  g_atomic_pointer_set (&self->call, &call);
  while (g_atomic_pointer_get (&self->call) != NULL)
    fsmm_pause (&n_pauses);

  return call.result;
}

void
other_end (Other *self)
{
  other_call (self, NULL, NULL);
  g_thread_join (self->thread);
}

static gpointer passed_block;

gpointer
take_and_give_100 (FsmmPool *pool)
{
  gpointer blocks[100];

  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    blocks[i] = fsmm_test_alloc (pool);
  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    fsmm_test_free (pool, blocks[i]);

  return NULL;
}

gpointer
take_one (FsmmPool *pool)
{
  return fsmm_test_alloc (pool);
}

gpointer
take_one_or_none (FsmmPool *pool)
{
  g_autoptr (GError) error = NULL;

  return fsmm_pool_alloc (pool, &error);
}

static gpointer
give_passed (FsmmPool *pool)
{
  fsmm_test_free (pool, passed_block);

  return NULL;
}

gpointer
get_own_cache (FsmmPool *pool)
{
  return fsmm_thread_get_cache (pool->store.index);
}

gsize
count_own_regions (FsmmPool *pool)
{
  FsmmCache *cache = get_own_cache (pool);

  return cache != NULL ? cache->owned.length : 0;
}

gsize
other_count_regions (Other *self, FsmmPool *pool)
{
  FsmmCache *cache = other_call (self, get_own_cache, pool);

  return cache != NULL ? cache->owned.length : 0;
}

void
other_free (Other *self, FsmmPool *pool, gpointer block)
{
  passed_block = block;
  other_call (self, give_passed, pool);
}
