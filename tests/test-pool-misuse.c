/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Every pointer that must not be freed is refused with the right error and the right words, and the
 * pool is as it was: fsmm_test_assert_refused () checks all of that. */

#include "fsmm-test.h"

#include <string.h>
#include <sys/mman.h>

static int static_variable;

static void
test_double_free_at_once (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  gpointer p = fsmm_test_alloc (pool);

  fsmm_test_free (pool, p);
  fsmm_test_assert_refused (pool, p, FSMM_ERROR_DOUBLE_FREE, "free already");
}

static void
test_double_free_delayed (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  gpointer p = fsmm_test_alloc (pool);
  gpointer q = fsmm_test_alloc (pool);

  fsmm_test_free (pool, p);
  fsmm_test_free (pool, q);
  fsmm_test_assert_refused (pool, p, FSMM_ERROR_DOUBLE_FREE, "free already");
  fsmm_test_assert_refused (pool, q, FSMM_ERROR_DOUBLE_FREE, "free already");
}

static void
test_double_free_after_reuse (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  gpointer p = fsmm_test_alloc (pool);
  gpointer q;

  /* A stale pointer frees the block that came after it, which nothing can tell. The owner of that
   * block is told. */
  fsmm_test_free (pool, p);
  q = fsmm_test_alloc (pool);
  g_assert_true (p == q);
  fsmm_test_free (pool, p);
  fsmm_test_assert_refused (pool, q, FSMM_ERROR_DOUBLE_FREE, "free already");
}

static void
test_double_free_with_many_pairs_between (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  gpointer blocks[1024];
  gpointer p;

  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    blocks[i] = fsmm_test_alloc (pool);
  p = fsmm_test_alloc (pool);
  fsmm_test_free (pool, p);
  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    fsmm_test_free (pool, blocks[i]);

  fsmm_test_assert_refused (pool, p, FSMM_ERROR_DOUBLE_FREE, "free already");
}

static gpointer
free_in_thread (gpointer data)
{
  gpointer *pair = data;

  fsmm_test_free (pair[0], pair[1]);

  return NULL;
}

static void
test_double_free_from_another_thread (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  gpointer pair[] = { pool, fsmm_test_alloc (pool) };

  g_thread_join (g_thread_new ("free", free_in_thread, pair));
  fsmm_test_assert_refused (pool, pair[1], FSMM_ERROR_DOUBLE_FREE, "free already");
}

/* A fault of an ancestor: a block that was never handed out could be freed. */
static void
test_never_handed_out (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  guint8 *p = fsmm_test_alloc (pool);

  for (guint i = 1; i < 16; i++)
    fsmm_test_assert_refused (pool, p + i * 64, FSMM_ERROR_DOUBLE_FREE, "never handed out");

  g_assert_true (fsmm_test_alloc (pool) == p + 64);
  fsmm_test_free (pool, p + 64);
  fsmm_test_assert_refused (pool, p + 64, FSMM_ERROR_DOUBLE_FREE, "free already");
}

static void
test_interior (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  guint8 *p = fsmm_test_alloc (pool);

  fsmm_test_assert_refused (pool, p + 1, FSMM_ERROR_INVALID_POINTER, "offset 1 of the block at");
  fsmm_test_assert_refused (pool, p + 8, FSMM_ERROR_INVALID_POINTER, "offset 8 of the block at");
  fsmm_test_assert_refused (pool, p + 63, FSMM_ERROR_INVALID_POINTER, "offset 63 of the block at");
  fsmm_test_assert_refused (pool, p + 64 + 8, FSMM_ERROR_INVALID_POINTER, "offset 8 of the block at");
}

static void
test_tail_of_a_chunk (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (48, 1024);
  guint8 *p = fsmm_test_alloc (pool);

  fsmm_test_assert_refused (pool, p + 21 * 48, FSMM_ERROR_INVALID_POINTER, "behind the last block");
  fsmm_test_assert_refused (pool, p + 1009, FSMM_ERROR_INVALID_POINTER, "behind the last block");
  fsmm_test_assert_refused (pool, p + 1023, FSMM_ERROR_INVALID_POINTER, "behind the last block");
}

static void
test_foreign (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  g_autofree guint8 *heap = g_malloc (64);
  guint8 stack[64];
  guint8 *p = fsmm_test_alloc (pool);
  gconstpointer addresses[] = {
    heap, stack, &static_variable, (gpointer) 1, (gpointer) 64, (gpointer) G_MAXSIZE,
    (gpointer) (G_MAXSIZE & ~(guintptr) 63), test_foreign, p - 1, p - 64, p + 1024,
    (gpointer) ((guintptr) p ^ ((guintptr) 1 << 30)), (gpointer) ((guintptr) p ^ ((guintptr) 1 << 40)),
    (gpointer) ((guintptr) p | ((guintptr) 1 << 63)),
  };

  for (guint i = 0; i < G_N_ELEMENTS (addresses); i++)
    fsmm_test_assert_refused (pool, addresses[i], FSMM_ERROR_INVALID_POINTER, "no chunk");
}

static void
test_inaccessible_page_is_not_touched (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  gpointer page = mmap (NULL, 65536, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  g_assert_true (page != MAP_FAILED);
  fsmm_test_alloc (pool);
  fsmm_test_assert_refused (pool, page, FSMM_ERROR_INVALID_POINTER, "no chunk");
  munmap (page, 65536);
}

static void
test_block_of_another_pool (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  g_autoptr (FsmmPool) other = fsmm_pool_new_full ("twin", 64, 0, 1024, 0, NULL);
  gpointer p = fsmm_test_alloc (other);

  fsmm_test_alloc (pool);
  fsmm_test_assert_refused (pool, p, FSMM_ERROR_INVALID_POINTER, "in a chunk of pool “twin”");
  fsmm_test_assert_counts (other, 1, 1);
  fsmm_test_free (other, p);
}

static void
test_block_of_a_released_chunk (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  gpointer p = fsmm_test_alloc (pool);

  fsmm_pool_free_all (pool);
  fsmm_test_assert_refused (pool, p, FSMM_ERROR_INVALID_POINTER, "released");

  p = fsmm_test_alloc (pool);
  fsmm_test_free (pool, p);
  fsmm_pool_trim (pool);
  fsmm_test_assert_refused (pool, p, FSMM_ERROR_INVALID_POINTER, "released");
}

/* The registry still knows the segment, the pool must not know the chunk. */
static void
test_block_of_a_released_chunk_beside_a_live_one (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  gpointer blocks[17];

  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    blocks[i] = fsmm_test_alloc (pool);
  for (guint i = 0; i < 16; i++)
    fsmm_test_free (pool, blocks[i]);
  g_assert_cmpuint (fsmm_pool_trim (pool), ==, 1024);

  fsmm_test_assert_refused (pool, blocks[0], FSMM_ERROR_INVALID_POINTER, "released");
  g_assert_true (fsmm_pool_is_allocated (pool, blocks[16]));
}

static void
test_use_goes_on_after_errors (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  gpointer blocks[100];

  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    {
      blocks[i] = fsmm_test_alloc (pool);
      g_assert_false (fsmm_test_try_free (pool, (guint8 *) blocks[i] + 1));
    }
  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    {
      fsmm_test_free (pool, blocks[i]);
      fsmm_test_assert_refused (pool, blocks[i], FSMM_ERROR_DOUBLE_FREE, "free already");
    }
  fsmm_test_assert_counts (pool, 0, 7);
}

/* A program that writes where it must not harms its own data, but not the pool's bookkeeping. */
static void
test_wild_writes_do_not_reach_the_bookkeeping (void)
{
  g_autoptr (FsmmPool) pool = fsmm_pool_new_full ("unwatched", 64, 0, 1024, 0, NULL);
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
  guint8 *blocks[16];

  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    blocks[i] = fsmm_test_alloc (pool);

  memset (blocks[0], 0xff, 1024);
  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    {
      fsmm_test_free (pool, blocks[i]);
      memset (blocks[i], 0xa5, 64);
    }

  fsmm_test_assert_counts (pool, 0, 1);
  fsmm_test_assert_sound (pool);

  /* The same blocks come again, each once. */
  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    g_hash_table_add (seen, fsmm_test_alloc (pool));
  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    g_assert_true (g_hash_table_remove (seen, blocks[i]));
}

static void
assert_fsmm_free_complains (gpointer address, const char *pattern)
{
  fsmm_test_expect_report (pattern);
  fsmm_free (address);
  fsmm_test_assert_reported ();
}

static void
test_fsmm_free_complains (void)
{
  FsmmPool *pool = fsmm_test_pool_new (64, 1024);
  guint8 *p = fsmm_test_alloc (pool);

  assert_fsmm_free_complains (&pool, "*lies in no chunk of any pool*");
  assert_fsmm_free_complains (p + 8, "*“test”*offset 8 of the block*");
  fsmm_free (p);
  assert_fsmm_free_complains (p, "*“test”*free already*");

  g_object_unref (pool);
  assert_fsmm_free_complains (p, "*lies in no chunk of any pool*");
}

int
main (int argc, char *argv[])
{
  /* For the one test that does what a tool must not let pass. */
  g_setenv ("FSMM_DEBUG", "unwatched:no-tools", FALSE);
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/pool/misuse/double-free/at-once", test_double_free_at_once);
  g_test_add_func ("/pool/misuse/double-free/delayed", test_double_free_delayed);
  g_test_add_func ("/pool/misuse/double-free/after-reuse", test_double_free_after_reuse);
  g_test_add_func ("/pool/misuse/double-free/with-many-pairs-between",
                   test_double_free_with_many_pairs_between);
  g_test_add_func ("/pool/misuse/double-free/from-another-thread",
                   test_double_free_from_another_thread);
  g_test_add_func ("/pool/misuse/never-handed-out", test_never_handed_out);
  g_test_add_func ("/pool/misuse/interior", test_interior);
  g_test_add_func ("/pool/misuse/tail-of-a-chunk", test_tail_of_a_chunk);
  g_test_add_func ("/pool/misuse/foreign", test_foreign);
  g_test_add_func ("/pool/misuse/inaccessible-page-is-not-touched",
                   test_inaccessible_page_is_not_touched);
  g_test_add_func ("/pool/misuse/block-of-another-pool", test_block_of_another_pool);
  g_test_add_func ("/pool/misuse/block-of-a-released-chunk", test_block_of_a_released_chunk);
  g_test_add_func ("/pool/misuse/block-of-a-released-chunk-beside-a-live-one",
                   test_block_of_a_released_chunk_beside_a_live_one);
  g_test_add_func ("/pool/misuse/use-goes-on-after-errors", test_use_goes_on_after_errors);
  g_test_add_func ("/pool/misuse/wild-writes-do-not-reach-the-bookkeeping",
                   test_wild_writes_do_not_reach_the_bookkeeping);
  g_test_add_func ("/pool/misuse/fsmm-free-complains", test_fsmm_free_complains);

  return g_test_run ();
}
