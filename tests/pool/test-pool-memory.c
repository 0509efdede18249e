/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a pool says of its memory is what is there. */

#include "fsmm-test.h"

#include <string.h>

#define CHUNK ((gsize) 64 * 1024)

static FsmmPoolMemory
get_memory (FsmmPool *pool)
{
  gsize n_chunks = fsmm_pool_get_n_chunks (pool);
  gsize tails = n_chunks * (CHUNK - 1024 * 64);
  FsmmPoolMemory memory;

  fsmm_pool_get_memory (pool, &memory);
  g_assert_cmpuint (memory.live_bytes, ==, 64 * fsmm_pool_get_n_allocated (pool));
  g_assert_cmpuint (memory.live_bytes + memory.thread_bytes + memory.idle_bytes + tails, ==,
                    n_chunks * CHUNK);
  g_assert_cmpuint (memory.reserved_bytes + memory.given_back_bytes, ==, n_chunks * CHUNK);
  g_assert_cmpuint (memory.reserved_bytes, ==, fsmm_pool_get_reserved_bytes (pool));
  g_assert_cmpuint (memory.bookkeeping_bytes, >, n_chunks * 1024 * 9 / 8);
  g_assert_cmpuint (memory.bookkeeping_bytes, <, n_chunks * (1024 * 9 / 8 + 512) + 2048);

  return memory;
}

static void
test_blocks_come_and_go (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  gpointer blocks[3000];
  FsmmPoolMemory memory;

  get_memory (pool);
  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    blocks[i] = fsmm_test_alloc (pool);
  memory = get_memory (pool);
  /* The last of three chunks is this thread's. */
  g_assert_cmpuint (memory.thread_bytes, ==, (3 * 1024 - 3000) * 64);
  g_assert_cmpuint (memory.idle_bytes, ==, 0);

  for (guint i = 1; i < G_N_ELEMENTS (blocks); i++)
    fsmm_test_free (pool, blocks[i]);
  memory = get_memory (pool);
  g_assert_cmpuint (memory.live_bytes, ==, 64);
  fsmm_pool_trim (pool);
  memory = get_memory (pool);
  g_assert_cmpuint (memory.given_back_bytes, >, 0);

  fsmm_pool_free_all (pool);
  memory = get_memory (pool);
  g_assert_cmpuint (memory.live_bytes + memory.reserved_bytes + memory.given_back_bytes, ==, 0);
}

static gpointer
take_some (gpointer pool)
{
  for (guint i = 0; i < 10; i++)
    fsmm_test_alloc (pool);

  return NULL;
}

/* What a thread had is idle once it has ended. */
static void
test_threads_leave_it_idle (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  FsmmPoolMemory memory;

  g_thread_join (g_thread_new ("some", take_some, pool));
  memory = get_memory (pool);
  g_assert_cmpuint (memory.thread_bytes, ==, 0);
  g_assert_cmpuint (memory.idle_bytes, ==, 1014 * 64);

  g_assert_true (fsmm_pool_reserve (pool, 5000, NULL));
  memory = get_memory (pool);
  g_assert_cmpuint (memory.idle_bytes, ==, (5 * 1024 - 10) * 64);
}

static gpointer
free_block (gpointer data)
{
  gpointer *pair = data;

  fsmm_test_free (pair[0], pair[1]);
  return NULL;
}

/* What another thread has freed is free, though the owner does not know yet. */
static void
test_freed_from_afar (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  gpointer pair[] = { pool, fsmm_test_alloc (pool) };

  g_thread_join (g_thread_new ("afar", free_block, pair));
  g_assert_cmpuint (get_memory (pool).thread_bytes, ==, CHUNK);
}

static gint is_over; /* (atomic) */

/* One block of each chunk stays. */
static gpointer
use_each_chunk (gpointer pool)
{
  gpointer blocks[20 * 1024];

  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    blocks[i] = fsmm_test_alloc (pool);

  while (!g_atomic_int_get (&is_over))
    {
      for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
        if (i % 1024 != 0)
          fsmm_test_free (pool, blocks[i]);
      for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
        if (i % 1024 != 0)
          blocks[i] = fsmm_test_alloc (pool);
    }

  return NULL;
}

/* Pages come back while somebody looks: they are counted once. */
static void
test_beside_another_thread (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  GThread *thread = g_thread_new ("user", use_each_chunk, pool);

  for (guint n_trims = 60; n_trims > 0; n_trims -= fsmm_pool_trim (pool) > 0)
    for (guint i = 0; i < 20; i++)
      {
        FsmmPoolMemory memory;

        fsmm_pool_get_memory (pool, &memory);
        g_assert_cmpuint ((memory.reserved_bytes + memory.given_back_bytes) % CHUNK, ==, 0);
      }

  g_atomic_int_set (&is_over, TRUE);
  g_thread_join (thread);
}

static void
test_boxed (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  FsmmPoolMemory memory = get_memory (pool);
  FsmmPoolMemory *copy = g_boxed_copy (FSMM_TYPE_POOL_MEMORY, &memory);

  g_assert_cmpmem (copy, sizeof *copy, &memory, sizeof memory);
  g_boxed_free (FSMM_TYPE_POOL_MEMORY, copy);
}

static void
test_spare (void)
{
  FsmmPool *pool = fsmm_test_pool_new (64, 0);

  fsmm_trim_all ();
  g_assert_cmpuint (fsmm_get_spare_bytes (), ==, 0);
  fsmm_test_alloc (pool);
  g_object_unref (pool);
  g_assert_cmpuint (fsmm_get_spare_bytes (), ==, CHUNK);
  g_assert_cmpuint (fsmm_trim_all (), ==, CHUNK);
}

int
main (int argc, char *argv[])
{
  gboolean has_caches = fsmm_test_want_caches ();

  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/pool-memory/boxed", test_boxed);
  if (has_caches)
    {
      g_test_add_func ("/pool-memory/come-and-go", test_blocks_come_and_go);
      g_test_add_func ("/pool-memory/threads", test_threads_leave_it_idle);
      g_test_add_func ("/pool-memory/afar", test_freed_from_afar);
      g_test_add_func ("/pool-memory/beside-another-thread", test_beside_another_thread);
      g_test_add_func ("/pool-memory/spare", test_spare);
    }

  return g_test_run ();
}
