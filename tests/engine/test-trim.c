/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which pages a pool gives back, by what the system says of them. */

#include "other-thread.h"

#include "fsmm-glib/engine/heap/fsmm-heap.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FILL_BYTES ((gsize) 12 * 1024 * 1024)

/* --- What the system says --- */

static gsize
get_page_size (FsmmPool *pool)
{
  return pool->store.segments.page_size;
}

/* How many bytes of the range are in memory, in whole pages. */
static gsize
count_resident (FsmmPool *pool, gpointer base, gsize size)
{
  gsize page_size = get_page_size (pool);
  gsize n_pages = (size + page_size - 1) / page_size;
  g_autofree guint8 *pages = g_new0 (guint8, n_pages);
  gsize n_resident = 0;

  g_assert_cmpint (mincore (base, size, pages), ==, 0);
  for (gsize i = 0; i < n_pages; i++)
    n_resident += pages[i] & 1;

  return n_resident * page_size;
}

static gsize
count_resident_in_pool (FsmmPool *pool)
{
  gsize n_resident = 0;

  for (GList *l = pool->store.all.head; l != NULL; l = l->next)
    {
      const FsmmChunk *chunk = l->data;

      n_resident += count_resident (pool, chunk->base, pool->store.geometry.chunk_bytes);
    }

  return n_resident;
}

/* What a pool says that it has is what there is of it, but for what lies behind the last block of each
 * chunk, and may never have been used. */
static void
assert_agrees (FsmmPool *pool)
{
  const FsmmGeometry *geometry = &pool->store.geometry;
  gsize behind = geometry->chunk_bytes - geometry->n_blocks * geometry->block_size;
  gsize slack = fsmm_pool_get_n_chunks (pool) * (behind + get_page_size (pool));
  gsize reserved = fsmm_pool_get_reserved_bytes (pool);
  gsize resident = count_resident_in_pool (pool);

  g_assert_cmpuint (reserved, <=, resident + slack);
  g_assert_cmpuint (resident, <=, reserved + slack);
}

/* --- Survivors --- */

typedef struct {
  gsize size;
  gsize chunk_bytes;
  gsize every; /* one of so many stays */
} Case;

static const Case cases[] = {
  { 64, 0, 5000 },   { 24, 0, 1000 }, { 40, 0, 700 },      { 256, 0, 500 },
  { 1000, 0, 64 },   { 5000, 0, 10 }, { 20000, 0, 8 },     { 100000, 0, 4 },
  { 64, 8192, 300 }, { 8, 0, 20000 }, { 64, 65536, 777 },  { 48, 1024 * 1024, 4000 },
};

static void
write_to (guint8 *block, gsize size, gsize i)
{
  memset (block, (int) (i % 251) + 1, size);
}

static void
assert_all_are (const guint8 *block, gsize size, guint8 byte)
{
  g_assert_cmpuint (block[0], ==, byte);
  g_assert_cmpint (memcmp (block, block + 1, size - 1), ==, 0);
}

static void
assert_untouched (const guint8 *block, gsize size, gsize i)
{
  assert_all_are (block, size, (guint8) (i % 251 + 1));
}

static gpointer *
fill (FsmmPool *pool, gsize n_blocks)
{
  gpointer *blocks = g_new (gpointer, n_blocks);

  for (gsize i = 0; i < n_blocks; i++)
    {
      blocks[i] = fsmm_test_alloc (pool);
      write_to (blocks[i], fsmm_pool_get_alloc_size (pool), i);
    }

  return blocks;
}

static void
free_but_every (FsmmPool *pool, gpointer *blocks, gsize n_blocks, gsize every)
{
  for (gsize i = 0; i < n_blocks; i++)
    if (i % every != 0)
      fsmm_test_free (pool, g_steal_pointer (&blocks[i]));
}

/* Takes what had been freed once more. What it finds is zeroed, or not: it must not depend on that. */
static void
fill_again (FsmmPool *pool, gpointer *blocks, gsize n_blocks)
{
  for (gsize i = 0; i < n_blocks; i++)
    if (blocks[i] == NULL)
      {
        blocks[i] = fsmm_pool_alloc0 (pool, NULL);
        g_assert_nonnull (blocks[i]);
        assert_all_are (blocks[i], fsmm_pool_get_alloc_size (pool), 0);
        write_to (blocks[i], fsmm_pool_get_alloc_size (pool), i);
      }
}

static void
test_survivors (gconstpointer data)
{
  const Case *c = data;
  FsmmPool *pool = fsmm_test_pool_new (c->size, c->chunk_bytes);
  gsize per_chunk = pool->store.geometry.n_blocks;
  gsize n_blocks = FILL_BYTES / fsmm_pool_get_block_size (pool) / per_chunk * per_chunk;
  gpointer *blocks = fill (pool, n_blocks);
  gsize n_live = (n_blocks - 1) / c->every + 1;
  gsize full = fsmm_pool_get_reserved_bytes (pool);
  gsize most = n_live * (fsmm_pool_get_block_size (pool) + 2 * get_page_size (pool));
  gsize trimmed;

  free_but_every (pool, blocks, n_blocks, c->every);
  g_assert_cmpuint (fsmm_pool_get_reserved_bytes (pool), ==, full);

  trimmed = fsmm_pool_trim (pool);
  g_assert_cmpuint (fsmm_pool_get_reserved_bytes (pool), ==, full - trimmed);
  g_assert_cmpuint (full - trimmed, <=, most);
  g_assert_cmpuint (fsmm_pool_get_n_allocated (pool), ==, n_live);
  assert_agrees (pool);
  for (gsize i = 0; i < n_blocks; i += c->every)
    assert_untouched (blocks[i], c->size, i);

  g_assert_cmpuint (fsmm_pool_trim (pool), ==, 0);
  assert_agrees (pool);
  fsmm_test_assert_sound (pool);

  fill_again (pool, blocks, n_blocks);
  for (gsize i = 0; i < n_blocks; i++)
    assert_untouched (blocks[i], c->size, i);
  g_assert_cmpuint (fsmm_pool_get_n_allocated (pool), ==, n_blocks);
  assert_agrees (pool);
  fsmm_test_assert_sound (pool);

  g_object_unref (pool);
  g_free (blocks);
}

/* A region of which pages were given back counts as whole again once blocks are taken from it, and
 * just that one. */
static void
test_counts_by_region (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 256 * 1024);
  gsize n_blocks = 4096;
  g_autofree gpointer *blocks = fill (pool, n_blocks);
  gsize page_size = get_page_size (pool);

  free_but_every (pool, blocks, n_blocks, 1024);
  g_assert_cmpuint (fsmm_pool_trim (pool), ==, 256 * 1024 - 4 * page_size);

  fsmm_test_alloc (pool);
  g_assert_cmpuint (fsmm_pool_get_reserved_bytes (pool), ==, 64 * 1024 + 3 * page_size);
  g_assert_cmpuint (fsmm_pool_trim (pool), >=, 64 * 1024 - 2 * page_size);
}

/* What is behind the start of a region may belong to a block of the one before. */
static void
test_counts_by_block (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (40000, 1024 * 1024);
  gsize n_blocks = pool->store.geometry.n_blocks;
  g_autofree gpointer *blocks = fill (pool, n_blocks);

  for (gsize i = 0; i < n_blocks - 1; i++)
    fsmm_test_free (pool, blocks[i]);
  fsmm_pool_trim (pool);
  for (gsize i = 0; i < n_blocks - 1; i++)
    {
      memset (fsmm_test_alloc (pool), 1, 40000);
      g_assert_cmpuint (count_resident_in_pool (pool), <=,
                        fsmm_pool_get_reserved_bytes (pool) + get_page_size (pool));
    }
  g_assert_cmpuint (fsmm_pool_get_n_chunks (pool), ==, 1);
}

/* --- More than one thread --- */

static gpointer
fill_and_leave_some (FsmmPool *pool)
{
  gsize n_blocks = 20000;
  gpointer *blocks = fill (pool, n_blocks);

  free_but_every (pool, blocks, n_blocks, 1000);
  g_free (blocks);

  return NULL;
}

/* Also of regions that another thread owns and goes on with. */
static void
test_other_threads (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  gsize n_live = 20;
  Other other;

  other_start (&other);
  for (guint i = 1; i <= 5; i++)
    {
      other_call (&other, fill_and_leave_some, pool);
      fsmm_pool_trim (pool);
      g_assert_cmpuint (fsmm_pool_get_reserved_bytes (pool), <=, i * n_live * get_page_size (pool));
      g_assert_cmpuint (fsmm_pool_get_n_allocated (pool), ==, i * n_live);
      assert_agrees (pool);
      fsmm_test_assert_sound (pool);
    }
  other_end (&other);
}

/* --- Chunks that are less than a page --- */

static void
test_small_chunks (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  gsize n_blocks = 50000;
  g_autofree gpointer *blocks = fill (pool, n_blocks);
  gsize n_resident = 0, n_chunks;

  free_but_every (pool, blocks, n_blocks, 512);
  fsmm_pool_trim (pool);
  n_chunks = fsmm_pool_get_n_chunks (pool);
  g_assert_cmpuint (n_chunks, ==, (n_blocks - 1) / 512 + 1);

  /* There may be two in a segment: it is looked at twice then. */
  for (GList *l = pool->store.all.head; l != NULL; l = l->next)
    {
      FsmmSegment *segment = ((FsmmChunk *) l->data)->segment;
      gsize n = count_resident (pool, segment->base, segment->size);

      g_assert_cmpuint (n, <=, 2 * get_page_size (pool));
      n_resident += n;
    }
  g_assert_cmpuint (n_resident, >=, n_chunks * get_page_size (pool));

  fill_again (pool, blocks, n_blocks);
  fsmm_test_assert_sound (pool);
}

/* --- What the system does not take --- */

/* Not by mlock (), which the sanitizers replace by one that does nothing. */
static void
lock_in_memory (gpointer base, gsize size, gboolean lock)
{
  g_assert_cmpint (syscall (lock ? SYS_mlock : SYS_munlock, base, size), ==, 0);
}

static void
test_locked_in_memory (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 64 * 1024);
  gsize n_blocks = 1024;
  g_autofree gpointer *blocks = fill (pool, n_blocks);
  FsmmChunk *chunk = pool->store.all.head->data;

  free_but_every (pool, blocks, n_blocks, 512);
  lock_in_memory (chunk->base, 64 * 1024, TRUE);
  g_assert_cmpuint (fsmm_pool_trim (pool), ==, 0);
  g_assert_cmpuint (fsmm_pool_get_reserved_bytes (pool), ==, 64 * 1024);
  g_assert_cmpuint (count_resident_in_pool (pool), ==, 64 * 1024);

  lock_in_memory (chunk->base, 64 * 1024, FALSE);
  g_assert_cmpuint (fsmm_pool_trim (pool), ==, 64 * 1024 - 2 * get_page_size (pool));
  assert_agrees (pool);
}

/* A chunk that is gone, beside one that stays: what the system does not take of it counts until it does, or
 * until another chunk has it. */
static void
test_chunks_locked_in_memory (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 16 * 1024);
  const gsize n_blocks = 4 * 256;
  g_autofree gpointer *blocks = NULL;
  FsmmSegment *segment;

  fsmm_trim_all ();
  blocks = fill (pool, n_blocks);
  segment = ((FsmmChunk *) pool->store.all.head->data)->segment;
  free_but_every (pool, blocks, n_blocks, n_blocks);
  lock_in_memory (segment->base, segment->size, TRUE);
  g_assert_cmpuint (fsmm_pool_trim (pool), ==, 0);
  g_assert_cmpuint (fsmm_pool_get_n_chunks (pool), ==, 1);
  g_assert_cmpuint (fsmm_pool_get_reserved_bytes (pool), ==, 64 * 1024);
  g_assert_cmpuint (count_resident (pool, segment->base, segment->size), ==, segment->size);

  /* The next chunk lies there. */
  g_assert_true (fsmm_pool_reserve (pool, 256, NULL));
  g_assert_cmpuint (fsmm_pool_get_n_chunks (pool), ==, 2);
  g_assert_cmpuint (fsmm_pool_get_reserved_bytes (pool), ==, 64 * 1024);

  lock_in_memory (segment->base, segment->size, FALSE);
  g_assert_cmpuint (fsmm_pool_trim (pool), ==, 64 * 1024 - get_page_size (pool));
  g_assert_cmpuint (count_resident (pool, segment->base, segment->size), ==, get_page_size (pool));
  fsmm_test_assert_sound (pool);
}

/* What the system took before, it has got back into memory by then. */
static void
test_locked_after_a_trim (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 64 * 1024);
  gsize n_blocks = 1024;
  g_autofree gpointer *blocks = fill (pool, n_blocks);
  FsmmChunk *chunk = pool->store.all.head->data;
  gsize trimmed;

  free_but_every (pool, blocks, n_blocks, 512);
  trimmed = fsmm_pool_trim (pool);
  g_assert_cmpuint (trimmed, ==, 64 * 1024 - 2 * get_page_size (pool));
  lock_in_memory (chunk->base, 64 * 1024, TRUE);
  g_assert_cmpuint (fsmm_pool_trim (pool), ==, 0);
  g_assert_cmpuint (fsmm_pool_get_reserved_bytes (pool), ==, 64 * 1024);
  assert_agrees (pool);

  lock_in_memory (chunk->base, 64 * 1024, FALSE);
  g_assert_cmpuint (fsmm_pool_trim (pool), ==, trimmed);
  assert_agrees (pool);
}

/* The rest of a spare piece has been another pool's, and counts once the system refuses it. */
static void
test_spare_memory_locked_in_memory (void)
{
  g_autoptr (FsmmPool) before = fsmm_test_pool_new (64, 64 * 1024);
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  FsmmSegment *segment;

  fsmm_trim_all ();
  fsmm_test_alloc (before);
  fsmm_pool_free_all (before);
  fsmm_test_alloc (pool);
  segment = ((FsmmChunk *) pool->store.all.head->data)->segment;
  lock_in_memory (segment->base, segment->size, TRUE);
  g_assert_cmpuint (fsmm_pool_trim (pool), ==, 0);
  g_assert_cmpuint (fsmm_pool_get_reserved_bytes (pool), ==, segment->size);
  lock_in_memory (segment->base, segment->size, FALSE);
}

/* --- What the process has --- */

/* Of all mappings, in /proc/self/smaps. */
static gsize
sum_up_smaps (void)
{
  g_autofree char *text = NULL;
  gsize n_kib = 0;

  g_assert_true (g_file_get_contents ("/proc/self/smaps", &text, NULL, NULL));
  for (const char *line = text; line != NULL; line = strstr (line + 1, "\nRss:"))
    if (g_str_has_prefix (line, "\nRss:"))
      n_kib += g_ascii_strtoull (line + 5, NULL, 10);

  return n_kib * 1024;
}

/* Within a twentieth, what trim returns is what the process has less. */
static void
check_against_smaps (gsize size)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (size, 0);
  gsize n_blocks = 4 * FILL_BYTES / size;
  g_autofree gpointer *blocks = NULL;
  gsize before, after, trimmed;

  fsmm_trim_all ();
  blocks = fill (pool, n_blocks);
  free_but_every (pool, blocks, n_blocks, 3000);

  before = sum_up_smaps ();
  trimmed = fsmm_pool_trim (pool);
  after = sum_up_smaps ();
  g_test_message ("%" G_GSIZE_FORMAT " bytes trimmed, and %" G_GSIZE_FORMAT " less resident", trimmed,
                  before - after);
  g_assert_cmpuint (trimmed, >, 3 * FILL_BYTES);
  g_assert_cmpuint (before - after, >=, trimmed - trimmed / 20);
  g_assert_cmpuint (before - after, <=, trimmed + trimmed / 20);
  assert_agrees (pool);
}

static void
test_against_smaps (void)
{
  check_against_smaps (64);
  check_against_smaps (1000);
}

/* All that is mapped later is locked in memory at once, so that only whole mappings can go. */
static void
test_against_smaps_with_all_locked (void)
{
  if (g_test_subprocess ())
    {
      g_autoptr (FsmmPool) pool = NULL;
      g_autofree gpointer *blocks = NULL;
      gsize before, trimmed;

      if (syscall (SYS_mlockall, MCL_CURRENT | MCL_FUTURE) != 0)
        return;
      pool = fsmm_test_pool_new (64, 16 * 1024);
      blocks = fill (pool, FILL_BYTES / 64);
      free_but_every (pool, blocks, FILL_BYTES / 64, 3000);

      before = sum_up_smaps ();
      trimmed = fsmm_pool_trim (pool);
      g_assert_cmpuint (before - sum_up_smaps (), >=, trimmed - trimmed / 20);
      g_assert_cmpuint (before - sum_up_smaps (), <=, trimmed + trimmed / 20 + 256 * 1024);
      g_assert_cmpuint (fsmm_pool_get_reserved_bytes (pool), >=, count_resident_in_pool (pool));
      return;
    }

  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
  g_test_trap_assert_passed ();
}

/* --- Huge pages --- */

static gsize
count_huge (FsmmPool *pool)
{
  gsize n_huge = 0;

  for (GList *l = pool->store.all.head; l != NULL; l = l->next)
    n_huge += ((FsmmChunk *) l->data)->segment->is_huge;

  return n_huge;
}

/* They are not asked for where the system would fill up what has been given back. */
static void
test_huge_pages (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  gsize n_blocks = 2 * FILL_BYTES / 64;
  g_autofree gpointer *blocks = fill (pool, n_blocks);
  gsize n_huge = count_huge (pool);

  g_assert_cmpuint (n_huge, >, 0);
  g_assert_cmpuint (fsmm_pool_trim (pool), <=, fsmm_pool_get_chunk_bytes (pool));
  g_assert_cmpuint (count_huge (pool), >=, n_huge - 8);

  free_but_every (pool, blocks, n_blocks, 2000);
  fsmm_pool_trim (pool);
  g_assert_cmpuint (count_huge (pool), ==, 0);

  fill_again (pool, blocks, n_blocks);
  g_assert_cmpuint (count_huge (pool), >=, n_huge - 8);

  /* Also where all chunks were kept in between. */
  free_but_every (pool, blocks, n_blocks, 500);
  fsmm_pool_trim (pool);
  fsmm_pool_set_retain_bytes (pool, G_MAXINT64);
  fsmm_pool_free_all (pool);
  g_assert_cmpuint (count_huge (pool), ==, 0);
  g_free (fill (pool, n_blocks));
  g_assert_cmpuint (count_huge (pool), >=, n_huge - 8);
}

/* --- All pools --- */

/* Also those of which the program knows nothing, and what boxes lie in. */
static void
test_all (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  g_autoptr (FsmmPool) kept = fsmm_test_pool_new (256, 64 * 1024);
  g_autoptr (FsmmPool) handles = fsmm_test_pool_new (16, 0);
  g_autofree gpointer *blocks = fill (pool, 10000);
  g_autofree gpointer *some = fill (kept, 200);
  FsmmBlock *handle = fsmm_pool_acquire (handles, NULL);
  gsize expected;

  for (guint i = 0; i < 10000; i++)
    fsmm_test_free (pool, blocks[i]);
  free_but_every (kept, some, 200, 100);
  fsmm_block_unref (handle);
  expected = fsmm_pool_get_reserved_bytes (pool) + fsmm_pool_get_reserved_bytes (handles) +
             64 * 1024 - 2 * get_page_size (kept);

  g_assert_cmpuint (fsmm_trim_all (), >=, expected);
  fsmm_test_assert_counts (pool, 0, 0);
  fsmm_test_assert_counts (handles, 0, 0);
  fsmm_test_assert_counts (kept, 2, 1);
  g_assert_cmpuint (fsmm_pool_get_reserved_bytes (kept), ==, 2 * get_page_size (kept));
  g_assert_cmpuint (fsmm_trim_all (), ==, 0);
}

static gint is_over; /* (atomic) */

/* Pools come and go, and blocks of one of them. */
static gpointer
use_pools (gpointer data)
{
  FsmmPool *shared = data;

  while (!g_atomic_int_get (&is_over))
    {
      FsmmPool *own = fsmm_test_pool_new (40, 0);
      gpointer block = fsmm_test_alloc (own);
      gpointer other = fsmm_test_alloc (shared);

      memset (block, 1, 40);
      memset (other, 1, 64);
      fsmm_test_free (shared, other);
      fsmm_test_free (own, block);
      g_object_unref (own);
    }

  return NULL;
}

static void
test_all_while_others_work (void)
{
  g_autoptr (FsmmPool) shared = fsmm_test_pool_new (64, 0);
  GThread *threads[3];

  g_atomic_int_set (&is_over, FALSE);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("uses pools", use_pools, shared);
  for (guint i = fsmm_test_rounds (500); i > 0; i--)
    fsmm_trim_all ();
  g_atomic_int_set (&is_over, TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);

  fsmm_trim_all ();
  fsmm_test_assert_counts (shared, 0, 0);
}

int
main (int argc, char *argv[])
{
  fsmm_test_want_caches ();
  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf (
          "/trim/survivors/%" G_GSIZE_FORMAT "-bytes-in-%" G_GSIZE_FORMAT, cases[i].size,
          cases[i].chunk_bytes);

      g_test_add_data_func (path, &cases[i], test_survivors);
    }
  g_test_add_func ("/trim/by-region", test_counts_by_region);
  g_test_add_func ("/trim/by-block", test_counts_by_block);
  g_test_add_func ("/trim/other-threads", test_other_threads);
  g_test_add_func ("/trim/small-chunks", test_small_chunks);
  /* Tools have memory of their own. */
  if (!fsmm_test_is_slow_environment ())
    {
      g_test_add_func ("/trim/smaps", test_against_smaps);
      g_test_add_func ("/trim/smaps-with-all-locked", test_against_smaps_with_all_locked);
    }
  g_test_add_func ("/trim/locked-in-memory", test_locked_in_memory);
  g_test_add_func ("/trim/chunks-locked-in-memory", test_chunks_locked_in_memory);
  g_test_add_func ("/trim/locked-after-a-trim", test_locked_after_a_trim);
  g_test_add_func ("/trim/spare-memory-locked-in-memory", test_spare_memory_locked_in_memory);
  g_test_add_func ("/trim/huge-pages", test_huge_pages);
  g_test_add_func ("/trim/all", test_all);
  g_test_add_func ("/trim/all-while-others-work", test_all_while_others_work);

  return g_test_run ();
}
