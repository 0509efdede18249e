/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* FSMM_DEBUG=malloc: each block is a piece of memory of its own. */

#include "fsmm-test.h"

#include "fsmm-glib/base/fsmm-system.h"
#include "fsmm-glib/debug/fsmm-debug-flags.h"
#include "fsmm-glib/engine/chunk/fsmm-page-map.h"

#include <string.h>

static void
test_malloc_alone (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new_named ("from-malloc", 64, 1024);
  g_autofree char *flags = fsmm_debug_list (pool->store.debug);

  g_assert_cmpstr (flags, ==, "malloc");
}

/* What cannot be had together: the memory is not ours when a block is free. */
static void
test_malloc_excludes (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new_named ("all-from-malloc", 64, 1024);
  g_autofree char *flags = fsmm_debug_list (pool->store.debug);

  g_assert_cmpstr (flags, ==, "trace, leaks, malloc");
}

static void
test_malloc_gives_each_block_its_own_memory (void)
{
  g_autoptr (FsmmPool) pool = fsmm_pool_new_full ("from-malloc", 64, 0, 1024, 100, NULL);
  g_autoptr (GError) error = NULL;
  gpointer blocks[100];

  g_assert_true (fsmm_pool_reserve (pool, 50, NULL));
  fsmm_test_assert_counts (pool, 0, 50);
  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    blocks[i] = memset (fsmm_test_alloc (pool), (int) i, 64);
  fsmm_test_assert_counts (pool, 100, 100);
  g_assert_false (fsmm_pool_alloc (pool, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_EXHAUSTED);
  g_assert_true (fsmm_pool_for_block (blocks[7]) == pool);

  fsmm_test_assert_refused_in (pool, (guint8 *) blocks[3] + 8, FSMM_ERROR_INVALID_POINTER,
                               "at offset 8 of the block");
  fsmm_free (blocks[0]);
  fsmm_test_assert_refused_in (pool, blocks[0], FSMM_ERROR_INVALID_POINTER, "lies in no chunk");
  g_assert_true (fsmm_pool_free_many (pool, 50, blocks + 1, NULL));
  fsmm_test_assert_counts (pool, 49, 49);
  g_assert_cmpuint (fsmm_pool_free_all (pool), ==, 49);
  fsmm_test_assert_counts (pool, 0, 0);
}

static void
release_if_shown (gpointer block, gpointer pool)
{
  fsmm_test_free (pool, block);
}

static void
test_malloc_and_handles (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new_named ("from-malloc", 64, 1024);
  g_autoptr (FsmmBlock) handle = fsmm_pool_acquire (pool, NULL);
  g_autoptr (GBytes) bytes = fsmm_block_get_bytes (handle, NULL);

  for (guint i = 0; i < 10; i++)
    fsmm_test_alloc (pool);
  g_assert_cmpuint (fsmm_pool_free_all (pool), ==, 11);
  fsmm_test_assert_counts (pool, 0, 0);
  /* Lent memory stays. */
  g_assert_cmpuint (*(const guint8 *) g_bytes_get_data (bytes, NULL), ==, 0);
  g_assert_false (fsmm_block_is_live (handle));

  for (guint i = 0; i < 10; i++)
    fsmm_test_alloc (pool);
  fsmm_pool_foreach (pool, release_if_shown, pool);
  fsmm_test_assert_counts (pool, 0, 0);
}

/* No pool is found at an address that is not its own any more, or never was. */
static void
test_malloc_is_forgotten (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new_named ("from-malloc", 64, 1024);
  gpointer block = fsmm_test_alloc (pool);

  g_assert_true (fsmm_page_map_find_store (block) == &pool->store);
  fsmm_test_free (pool, block);
  g_assert_null (fsmm_page_map_find_store (block));

  for (guint nth = 1; nth < 4; nth++)
    {
      fsmm_system_fail_nth (nth);
      block = fsmm_pool_alloc (pool, NULL);
      fsmm_system_fail_none ();
      g_assert_null (fsmm_page_map_find_store (NULL));
      if (block != NULL)
        fsmm_test_free (pool, block);
    }
}

int
main (int argc, char *argv[])
{
  g_setenv ("FSMM_DEBUG", "from-malloc:malloc;all-from-malloc:all,malloc;*:no-tools", TRUE);
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/debug/malloc/alone", test_malloc_alone);
  g_test_add_func ("/debug/malloc/excludes", test_malloc_excludes);
  g_test_add_func ("/debug/malloc/own-memory", test_malloc_gives_each_block_its_own_memory);
  g_test_add_func ("/debug/malloc/handles", test_malloc_and_handles);
  g_test_add_func ("/debug/malloc/is-forgotten", test_malloc_is_forgotten);

  return g_test_run ();
}
