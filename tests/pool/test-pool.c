/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fsmm-test.h"

#include <stdalign.h>
#include <stddef.h>
#include <string.h>

static void
test_forty_blocks_need_three_chunks (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  gpointer blocks[40];

  fsmm_test_assert_counts (pool, 0, 0);

  for (guint i = 0; i < 40; i++)
    {
      blocks[i] = fsmm_test_alloc (pool);
      memset (blocks[i], (int) i, 64);
      g_assert_cmpuint (fsmm_pool_get_n_chunks (pool), ==, i / 16 + 1);
    }
  fsmm_test_assert_counts (pool, 40, 3);
  g_assert_cmpuint (fsmm_pool_get_n_free (pool), ==, 8);
  g_assert_cmpuint (fsmm_pool_get_reserved_bytes (pool), ==, 3 * 1024);

  for (guint i = 0; i < 40; i++)
    {
      for (guint j = 0; j < 64; j++)
        g_assert_cmpuint (((guint8 *) blocks[i])[j], ==, i);
      fsmm_test_free (pool, blocks[i]);
    }
  fsmm_test_assert_counts (pool, 0, 3);
  g_assert_cmpuint (fsmm_pool_get_peak_allocated (pool), ==, 40);
}

static void
test_null_is_freed_in_silence (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);

  g_assert_true (fsmm_pool_free (pool, NULL, NULL));
  fsmm_free (NULL);
  fsmm_test_assert_counts (pool, 0, 0);
}

static void
test_freed_blocks_are_used_again (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);

  for (guint i = 0; i < 100000; i++)
    fsmm_test_free (pool, fsmm_test_alloc (pool));

  fsmm_test_assert_counts (pool, 0, 1);
  g_assert_cmpuint (fsmm_pool_get_peak_allocated (pool), ==, 1);
}

static void
assert_both_come (FsmmPool *pool, gpointer one, gpointer other)
{
  gpointer first = fsmm_test_alloc (pool);
  gpointer second = fsmm_test_alloc (pool);

  g_assert_true ((first == one && second == other) || (first == other && second == one));
}

/* A chunk of tens of thousands of blocks, of which two are free. With the limit, no other can come
 * instead. */
static void
test_any_free_block_of_a_large_chunk_is_found (void)
{
  const gsize chunk_bytes = 256 * 1024;
  const gsize n_blocks = chunk_bytes / 8;
  g_autoptr (FsmmPool) pool = fsmm_pool_new_full ("test", 8, 8, chunk_bytes, n_blocks, NULL);
  g_autofree gpointer *blocks = g_new (gpointer, n_blocks);

  g_assert_true (fsmm_pool_alloc_many (pool, n_blocks, blocks, NULL));
  fsmm_test_assert_counts (pool, n_blocks, 1);

  for (gsize i = n_blocks - 1; i > 0; i /= 3)
    {
      fsmm_test_free (pool, blocks[i]);
      fsmm_test_free (pool, blocks[0]);
      assert_both_come (pool, blocks[0], blocks[i]);
    }
  fsmm_test_assert_counts (pool, n_blocks, 1);
}

static void
test_alloc0_zeroes_dirty_blocks (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (100, 1024);

  for (guint round = 0; round < 3; round++)
    {
      guint8 *blocks[50];

      for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
        {
          blocks[i] = fsmm_pool_alloc0 (pool, NULL);
          for (guint j = 0; j < 100; j++)
            g_assert_cmpuint (blocks[i][j], ==, 0);
          memset (blocks[i], 0xff, 100);
        }
      g_assert_true (fsmm_pool_free_many (pool, G_N_ELEMENTS (blocks), (gpointer *) blocks, NULL));
    }
}

/* Such a block has a chunk to itself. */
static void
test_block_larger_than_a_chunk (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (100000, 1024);
  guint8 *one = fsmm_test_alloc (pool);
  guint8 *two = fsmm_test_alloc (pool);

  memset (one, 1, 100000);
  memset (two, 2, 100000);
  fsmm_test_assert_counts (pool, 2, 2);
  g_assert_cmpuint (fsmm_pool_get_chunk_bytes (pool), ==, 100000);
  g_assert_cmpuint (one[99999], ==, 1);

  fsmm_test_free (pool, one);
  fsmm_test_free (pool, two);
}

/* Also one beyond that of any standard type. */
static void
test_every_alignment_is_kept (void)
{
  for (gsize alignment = 1; alignment <= 1024 * 1024; alignment *= 2)
    for (gsize size = 1; size <= 200; size = size * 3 + 1)
      {
        g_autoptr (FsmmPool) pool = fsmm_pool_new_full ("aligned", size, alignment, 1024, 0, NULL);

        for (guint i = 0; i < 20; i++)
          g_assert_cmpuint ((guintptr) fsmm_test_alloc (pool) % alignment, ==, 0);
        fsmm_test_assert_sound (pool);
      }
}

/* The most that a type of that size can need, whose size is a multiple of its alignment. */
static gsize
get_most_needed (gsize size)
{
  gsize alignment = 1;

  while (alignment < alignof (max_align_t) && size % (2 * alignment) == 0)
    alignment *= 2;

  return alignment;
}

static void
test_default_alignment_suits_any_type (void)
{
  for (gsize size = 1; size <= 256; size++)
    {
      g_autoptr (FsmmPool) pool = fsmm_test_pool_new (size, 0);

      g_assert_cmpuint (fsmm_pool_get_alignment (pool) % get_most_needed (size), ==, 0);
      for (guint i = 0; i < 3; i++)
        g_assert_cmpuint ((guintptr) fsmm_test_alloc (pool) % fsmm_pool_get_alignment (pool), ==, 0);
    }
}

static int
compare_addresses (gconstpointer a, gconstpointer b)
{
  guintptr first = *(const guintptr *) a;
  guintptr second = *(const guintptr *) b;

  return first < second ? -1 : first > second;
}

static void
test_blocks_do_not_overlap (void)
{
  const gsize sizes[] = { 1, 8, 24, 64, 100, 1000, 5000 };

  for (guint s = 0; s < G_N_ELEMENTS (sizes); s++)
    {
      g_autoptr (FsmmPool) pool = fsmm_test_pool_new (sizes[s], 4096);
      gpointer blocks[500];

      for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
        blocks[i] = fsmm_test_alloc (pool);

      qsort (blocks, G_N_ELEMENTS (blocks), sizeof (gpointer), compare_addresses);
      for (guint i = 1; i < G_N_ELEMENTS (blocks); i++)
        g_assert_cmpuint ((guint8 *) blocks[i] - (guint8 *) blocks[i - 1], >=,
                          fsmm_pool_get_block_size (pool));
    }
}

static void
test_limit_is_kept (void)
{
  g_autoptr (FsmmPool) pool = fsmm_pool_new_full ("test", 64, 0, 1024, 20, NULL);
  gpointer blocks[20];

  g_assert_cmpuint (fsmm_pool_get_max_blocks (pool), ==, 20);
  g_assert_cmpuint (fsmm_pool_get_n_free (pool), ==, 0);

  for (guint round = 0; round < 3; round++)
    {
      g_autoptr (GError) error = NULL;

      for (guint i = 0; i < 20; i++)
        blocks[i] = fsmm_test_alloc (pool);
      fsmm_test_assert_counts (pool, 20, 2);
      g_assert_cmpuint (fsmm_pool_get_n_free (pool), ==, 0);

      g_assert_null (fsmm_pool_alloc (pool, &error));
      g_assert_error (error, FSMM_ERROR, FSMM_ERROR_EXHAUSTED);
      g_assert_nonnull (strstr (error->message, "\"test\""));
      g_assert_nonnull (strstr (error->message, "max-blocks is 20"));
      g_assert_null (fsmm_pool_alloc0 (pool, NULL));
      g_assert_null (fsmm_pool_acquire (pool, NULL));
      fsmm_test_assert_counts (pool, 20, 2);

      fsmm_test_free (pool, blocks[7]);
      blocks[7] = fsmm_test_alloc (pool);
      for (guint i = 0; i < 20; i++)
        fsmm_test_free (pool, blocks[i]);
      g_assert_cmpuint (fsmm_pool_get_n_free (pool), ==, 20);
    }
}

static void
test_free_all_leaves_a_usable_pool (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  gpointer old;

  g_assert_cmpuint (fsmm_pool_free_all (pool), ==, 0);

  for (guint i = 0; i < 100; i++)
    old = fsmm_test_alloc (pool);
  fsmm_test_free (pool, old);
  old = fsmm_test_alloc (pool);

  g_assert_cmpuint (fsmm_pool_free_all (pool), ==, 100);
  fsmm_test_assert_counts (pool, 0, 0);
  g_assert_cmpuint (fsmm_pool_get_reserved_bytes (pool), ==, 0);
  g_assert_cmpuint (fsmm_pool_get_peak_allocated (pool), ==, 100);
  fsmm_test_assert_refused (pool, old, FSMM_ERROR_INVALID_POINTER, "no chunk");

  fsmm_test_free (pool, fsmm_test_alloc (pool));
  fsmm_test_assert_counts (pool, 0, 1);
}

static void
test_trim_gives_back_empty_chunks (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  gpointer blocks[48];

  for (guint i = 0; i < 48; i++)
    blocks[i] = fsmm_test_alloc (pool);
  g_assert_cmpuint (fsmm_pool_trim (pool), ==, 0);

  for (guint i = 0; i < 48; i++)
    if (i != 20)
      fsmm_test_free (pool, blocks[i]);

  g_assert_cmpuint (fsmm_pool_trim (pool), ==, 2 * 1024);
  fsmm_test_assert_counts (pool, 1, 1);
  g_assert_true (fsmm_pool_is_allocated (pool, blocks[20]));
  fsmm_test_assert_refused (pool, blocks[0], FSMM_ERROR_INVALID_POINTER, "no chunk");

  fsmm_test_free (pool, blocks[20]);
  g_assert_cmpuint (fsmm_pool_trim (pool), ==, 1024);
  fsmm_test_assert_counts (pool, 0, 0);
  fsmm_test_free (pool, fsmm_test_alloc (pool));
}

static void
test_reserve_makes_room (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (FsmmPool) pool = fsmm_pool_new_full ("test", 64, 0, 1024, 100, NULL);

  g_assert_true (fsmm_pool_reserve (pool, 0, NULL));
  fsmm_test_assert_counts (pool, 0, 0);

  g_assert_true (fsmm_pool_reserve (pool, 33, NULL));
  fsmm_test_assert_counts (pool, 0, 3);
  g_assert_true (fsmm_pool_reserve (pool, 48, NULL));
  fsmm_test_assert_counts (pool, 0, 3);

  for (guint i = 0; i < 33; i++)
    fsmm_test_alloc (pool);
  fsmm_test_assert_counts (pool, 33, 3);

  g_assert_false (fsmm_pool_reserve (pool, 68, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_EXHAUSTED);
  fsmm_test_assert_counts (pool, 33, 3);
  g_assert_true (fsmm_pool_reserve (pool, 67, NULL));
  g_assert_cmpuint (fsmm_pool_get_n_free (pool), ==, 67);
}

static void
test_impossible_reserve_fails_at_once (void)
{
  /* With 32 bits, the last one would be possible. */
  const gsize counts[] = { G_MAXSIZE, G_MAXSIZE - 1, G_MAXSIZE / 2, G_MAXSIZE / 64, G_MAXSIZE / 65,
                           G_MAXSIZE / (GLIB_SIZEOF_SIZE_T == 8 ? 4096 : 66) };
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);

  fsmm_test_alloc (pool);
  for (guint i = 0; i < G_N_ELEMENTS (counts); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (fsmm_pool_reserve (pool, counts[i], &error));
      g_assert_error (error, FSMM_ERROR, FSMM_ERROR_NO_MEMORY);
      fsmm_test_assert_counts (pool, 1, 1);
    }
}

static void
free_block (gpointer block, gpointer user_data)
{
  fsmm_test_free (user_data, block);
}

static void
count_block (gpointer block, gpointer user_data)
{
  guint *count = user_data;

  (*count)++;
}

static void
expect_block (gpointer block, gpointer user_data)
{
  g_assert_true (g_hash_table_remove (user_data, block));
}

static void
test_foreach_shows_each_live_block_once (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  g_autoptr (GHashTable) expected = g_hash_table_new (NULL, NULL);
  gpointer blocks[200];

  for (guint i = 0; i < 200; i++)
    blocks[i] = fsmm_test_alloc (pool);

  /* Holes everywhere, and one whole chunk empty. */
  for (guint i = 0; i < 200; i++)
    if (i % 3 == 0 || (i >= 32 && i < 48))
      fsmm_test_free (pool, blocks[i]);
    else
      g_hash_table_add (expected, blocks[i]);

  fsmm_pool_foreach (pool, expect_block, expected);
  g_assert_cmpuint (g_hash_table_size (expected), ==, 0);
  fsmm_test_assert_sound (pool);
}

static void
test_foreach_may_free_what_it_is_shown (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  guint count = 0;

  for (guint i = 0; i < 100; i++)
    fsmm_test_alloc (pool);

  fsmm_pool_foreach (pool, free_block, pool);
  fsmm_test_assert_counts (pool, 0, 7);

  fsmm_pool_foreach (pool, count_block, &count);
  g_assert_cmpuint (count, ==, 0);
}

static void
drop_everything (gpointer block, gpointer user_data)
{
  g_assert_cmpuint (fsmm_pool_free_all (user_data), ==, 100);
  fsmm_test_assert_sound (user_data);
}

static void
test_foreach_may_drop_everything (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);

  for (guint i = 0; i < 100; i++)
    fsmm_test_alloc (pool);

  /* Asserts that it is called once. */
  fsmm_pool_foreach (pool, drop_everything, pool);
  fsmm_test_assert_counts (pool, 0, 0);
}

static void
alloc_more (gpointer block, gpointer user_data)
{
  for (guint i = 0; i < 16; i++)
    fsmm_test_alloc (user_data);
}

static void
test_foreach_ends_though_it_allocates (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);

  for (guint i = 0; i < 10; i++)
    fsmm_test_alloc (pool);

  fsmm_pool_foreach (pool, alloc_more, pool);
  fsmm_test_assert_sound (pool);
  g_assert_cmpuint (fsmm_pool_get_n_allocated (pool), <=, 10 + 16 * 16);
}

static void
drop_pool (gpointer block, gpointer user_data)
{
  g_clear_object ((FsmmPool **) user_data);
}

static void
test_foreach_may_drop_the_pool (void)
{
  FsmmPool *pool = fsmm_test_pool_new (64, 1024);

  for (guint i = 0; i < 20; i++)
    fsmm_test_alloc (pool);

  fsmm_pool_foreach (pool, drop_pool, &pool);
  g_assert_null (pool);
}

static void
test_for_block_finds_the_pool (void)
{
  g_autoptr (FsmmPool) one = fsmm_test_pool_new (64, 1024);
  g_autoptr (FsmmPool) two = fsmm_test_pool_new (64, 0);
  gpointer a = fsmm_test_alloc (one);
  gpointer b = fsmm_test_alloc (two);

  g_assert_true (fsmm_pool_for_block (a) == one);
  g_assert_true (fsmm_pool_for_block (b) == two);
  g_assert_null (fsmm_pool_for_block ((guint8 *) b + 8));
  g_assert_null (fsmm_pool_for_block (NULL));
  g_assert_null (fsmm_pool_for_block (&one));

  fsmm_free (a);
  fsmm_free (b);
  g_assert_null (fsmm_pool_for_block (a));
  fsmm_test_assert_counts (one, 0, 1);
  fsmm_test_assert_counts (two, 0, 1);
}

static void
test_free_is_a_destroy_notify (void)
{
  g_autoptr (FsmmPool) one = fsmm_test_pool_new (64, 1024);
  g_autoptr (FsmmPool) two = fsmm_test_pool_new (24, 0);
  GPtrArray *array = g_ptr_array_new_with_free_func (fsmm_free);
  GList *list = NULL;

  for (guint i = 0; i < 50; i++)
    {
      g_ptr_array_add (array, fsmm_test_alloc (i % 2 ? one : two));
      list = g_list_prepend (list, fsmm_test_alloc (i % 2 ? one : two));
    }
  g_assert_cmpuint (fsmm_pool_get_n_allocated (one), ==, 50);

  g_ptr_array_unref (array);
  g_list_free_full (list, fsmm_free);
  g_assert_cmpuint (fsmm_pool_get_n_allocated (one), ==, 0);
  g_assert_cmpuint (fsmm_pool_get_n_allocated (two), ==, 0);
}

/* --- Wild writes --- */

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

int
main (int argc, char *argv[])
{
  /* For the one test that does what a tool must not let pass. */
  g_setenv ("FSMM_DEBUG", "unwatched:no-tools", FALSE);
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/pool/forty-blocks-need-three-chunks", test_forty_blocks_need_three_chunks);
  g_test_add_func ("/pool/null-is-freed-in-silence", test_null_is_freed_in_silence);
  g_test_add_func ("/pool/freed-blocks-are-used-again", test_freed_blocks_are_used_again);
  g_test_add_func ("/pool/any-free-block-of-a-large-chunk-is-found",
                   test_any_free_block_of_a_large_chunk_is_found);
  g_test_add_func ("/pool/alloc0-zeroes-dirty-blocks", test_alloc0_zeroes_dirty_blocks);
  g_test_add_func ("/pool/block-larger-than-a-chunk", test_block_larger_than_a_chunk);
  g_test_add_func ("/pool/every-alignment-is-kept", test_every_alignment_is_kept);
  g_test_add_func ("/pool/default-alignment-suits-any-type", test_default_alignment_suits_any_type);
  g_test_add_func ("/pool/blocks-do-not-overlap", test_blocks_do_not_overlap);
  g_test_add_func ("/pool/limit-is-kept", test_limit_is_kept);
  g_test_add_func ("/pool/free-all/leaves-a-usable-pool", test_free_all_leaves_a_usable_pool);
  g_test_add_func ("/pool/trim-gives-back-empty-chunks", test_trim_gives_back_empty_chunks);
  g_test_add_func ("/pool/reserve/makes-room", test_reserve_makes_room);
  g_test_add_func ("/pool/reserve/impossible-fails-at-once", test_impossible_reserve_fails_at_once);
  g_test_add_func ("/pool/foreach/shows-each-live-block-once",
                   test_foreach_shows_each_live_block_once);
  g_test_add_func ("/pool/foreach/may-free-what-it-is-shown",
                   test_foreach_may_free_what_it_is_shown);
  g_test_add_func ("/pool/foreach/may-drop-everything", test_foreach_may_drop_everything);
  g_test_add_func ("/pool/foreach/ends-though-it-allocates", test_foreach_ends_though_it_allocates);
  g_test_add_func ("/pool/foreach/may-drop-the-pool", test_foreach_may_drop_the_pool);
  g_test_add_func ("/pool/for-block-finds-the-pool", test_for_block_finds_the_pool);
  g_test_add_func ("/pool/free-is-a-destroy-notify", test_free_is_a_destroy_notify);
  g_test_add_func ("/pool/wild-writes-do-not-reach-the-bookkeeping",
                   test_wild_writes_do_not_reach_the_bookkeeping);

  return g_test_run ();
}
