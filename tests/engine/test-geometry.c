/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fsmm-test.h"

#include <stddef.h>

static FsmmGeometry
make (guint64 alloc_size, guint64 alignment, guint64 chunk_bytes)
{
  g_autoptr (GError) error = NULL;
  FsmmGeometry geometry;
  gboolean made = fsmm_geometry_init (&geometry, alloc_size, alignment, chunk_bytes, &error);

  g_assert_no_error (error);
  g_assert_true (made);

  return geometry;
}

static void
assert_refused (guint64 alloc_size, guint64 alignment, guint64 chunk_bytes, const char *words)
{
  g_autoptr (GError) error = NULL;
  FsmmGeometry geometry;

  g_assert_false (fsmm_geometry_init (&geometry, alloc_size, alignment, chunk_bytes, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (error->message, words));
}

static void
test_block_size_is_rounded_to_alignment (void)
{
  g_assert_cmpuint (make (1, 0, 0).block_size, ==, sizeof (gpointer));
  g_assert_cmpuint (make (24, 8, 0).block_size, ==, 24);
  g_assert_cmpuint (make (1, 1, 0).block_size, ==, sizeof (gpointer));
  g_assert_cmpuint (make (9, 1, 0).block_size, ==, 9);
  g_assert_cmpuint (make (64, 4096, 0).block_size, ==, 4096);
  g_assert_cmpuint (make (64, 0, 0).block_size, ==, 64);
}

static void
test_chunks_hold_what_fits (void)
{
  g_assert_cmpuint (make (64, 0, 1024).n_blocks, ==, 16);
  g_assert_cmpuint (make (64, 0, 1024).chunk_alignment, ==, 1024);
  g_assert_cmpuint (make (48, 0, 1024).n_blocks, ==, 21);
  g_assert_cmpuint (make (64, 0, 3000).n_blocks, ==, 46);
  g_assert_cmpuint (make (64, 0, 3000).chunk_alignment, ==, 4096);
  g_assert_cmpuint (make (64, 0, 0).n_blocks, ==, 1024);
}

static void
test_large_block_gets_a_chunk_of_its_own (void)
{
  FsmmGeometry geometry = make (5000, 0, 1024);

  g_assert_cmpuint (geometry.n_blocks, ==, 1);
  g_assert_cmpuint (geometry.chunk_bytes, ==, 5000);
  g_assert_cmpuint (geometry.chunk_alignment, ==, 8192);
}

static void
test_default_chunk_holds_several_large_blocks (void)
{
  g_assert_cmpuint (make (1000 * 1000, 0, 0).n_blocks, >=, 8);
}

static void
test_alignment_beyond_the_chunk (void)
{
  FsmmGeometry geometry = make (64, 1024 * 1024, 1024);

  g_assert_cmpuint (geometry.block_size, ==, 1024 * 1024);
  g_assert_cmpuint (geometry.chunk_alignment % geometry.alignment, ==, 0);
}

static FsmmGeometry
make_with_canary (guint64 alloc_size, guint64 alignment, guint64 chunk_bytes)
{
  FsmmGeometry geometry = make (alloc_size, alignment, chunk_bytes);

  fsmm_geometry_add_canary (&geometry);
  g_assert_cmpuint (geometry.alloc_size, ==, alloc_size);
  g_assert_cmpuint (geometry.block_size % geometry.alignment, ==, 0);
  g_assert_cmpuint (geometry.chunk_alignment, <=, FSMM_MAX_CHUNK_BYTES);

  return geometry;
}

/* The size of a type is a multiple of its alignment: so a block of that size needs no more. */
static void
test_default_alignment_follows_size (void)
{
  for (gsize size = 1; size <= 200; size++)
    {
      FsmmGeometry geometry = make (size, 0, 0);

      g_assert_cmpuint (geometry.alignment, >=, sizeof (gpointer));
      g_assert_cmpuint (geometry.alignment, <=, _Alignof (max_align_t));
      for (gsize alignment = 1; alignment <= _Alignof (max_align_t); alignment *= 2)
        if (size % alignment == 0)
          g_assert_cmpuint (geometry.alignment % alignment, ==, 0);
    }

  g_assert_cmpuint (make (16, 0, 0).block_size, ==, 16);
  g_assert_cmpuint (make (24, 0, 0).block_size, ==, 24);
  g_assert_cmpuint (make (40, 0, 0).block_size, ==, 40);
  g_assert_cmpuint (make (48, 0, 0).alignment, ==, 16);
}

static void
test_canary_has_room (void)
{
  g_assert_cmpuint (make_with_canary (64, 0, 1024).block_size, ==, 80);
  g_assert_cmpuint (make_with_canary (64, 0, 1024).n_blocks, ==, 16);
  g_assert_cmpuint (make_with_canary (20, 0, 1024).block_size, ==, GLIB_SIZEOF_VOID_P == 8 ? 32 : 28);
  g_assert_cmpuint (make_with_canary (1, 1, 1024).block_size, ==, 9);

  /* A chunk is never less than what was asked for. */
  g_assert_cmpuint (make_with_canary (600, 0, 1024).chunk_bytes, ==, 1024);
}

static void
test_canary_in_the_largest_chunk (void)
{
  FsmmGeometry many = make_with_canary (64, 0, FSMM_MAX_CHUNK_BYTES);
  FsmmGeometry one = make_with_canary (FSMM_MAX_CHUNK_BYTES, 0, 0);

  g_assert_cmpuint (many.chunk_bytes, ==, FSMM_MAX_CHUNK_BYTES);
  g_assert_cmpuint (many.n_blocks, ==, FSMM_MAX_CHUNK_BYTES / 80);
  g_assert_cmpuint (one.block_size, ==, FSMM_MAX_CHUNK_BYTES);
  g_assert_cmpuint (one.n_blocks, ==, 1);
}

static void
test_malloced_blocks (void)
{
  FsmmGeometry geometry = make (100, 0, 1024);

  fsmm_geometry_set_malloced (&geometry);
  g_assert_cmpuint (geometry.n_blocks, ==, 1);
  g_assert_cmpuint (geometry.chunk_bytes, ==, GLIB_SIZEOF_VOID_P == 8 ? 104 : 100);
  g_assert_cmpuint (geometry.chunk_alignment, ==, 128);
}

static void
test_senseless_numbers_are_refused (void)
{
  assert_refused (0, 0, 0, "alloc-size is 0");
  assert_refused (G_MAXUINT64, 0, 0, "alloc-size is 18446744073709551615");
  assert_refused (G_MAXUINT64 - 15, 0, 0, "alloc-size");
  assert_refused (G_MAXUINT64 / 2, 0, 0, "alloc-size");
  assert_refused ((guint64) FSMM_MAX_CHUNK_BYTES + 1, 0, 0, "alloc-size");
  assert_refused (64, 3, 0, "alignment is 3");
  assert_refused (64, G_MAXUINT64, 0, "alignment");
  assert_refused (64, (guint64) 1 << 63, 0, "alignment is 9223372036854775808");
  assert_refused (64, 0, 1, "chunk-bytes is 1 ");
  assert_refused (64, 0, 1023, "chunk-bytes is 1023");
  assert_refused (64, 0, G_MAXUINT64, "chunk-bytes");
  assert_refused (64, 0, (guint64) FSMM_MAX_CHUNK_BYTES + 1, "chunk-bytes");
}

static void
test_bounds_are_accepted (void)
{
  g_assert_cmpuint (make (64, 0, 1024).chunk_bytes, ==, 1024);
  g_assert_cmpuint (make (FSMM_MAX_CHUNK_BYTES, 0, 0).n_blocks, ==, 1);
  g_assert_cmpuint (make (1, FSMM_MAX_CHUNK_BYTES, 0).n_blocks, ==, 1);
  g_assert_cmpuint (make (8, 0, FSMM_MAX_CHUNK_BYTES).chunk_alignment, ==, FSMM_MAX_CHUNK_BYTES);
}

static void
assert_divides (const FsmmGeometry *geometry, gsize offset)
{
  g_assert_cmpuint (fsmm_geometry_block_at (geometry, offset), ==, offset / geometry->block_size);
}

/* The multiplication must give what division gives, next to every multiple and at the ends. */
static void
test_division_by_reciprocal_is_exact (void)
{
  for (gsize size = 8; size < 4096; size++)
    {
      FsmmGeometry geometry = make (size, 1, 0);

      for (gsize n = 0; n < geometry.n_blocks; n += 1 + n / 8)
        {
          assert_divides (&geometry, n * size);
          assert_divides (&geometry, n * size + size - 1);
        }
    }

  for (gsize size = 8; size < FSMM_MAX_CHUNK_BYTES / 3; size = size * 3 + 1)
    {
      FsmmGeometry geometry = make (size, 1, FSMM_MAX_CHUNK_BYTES);
      gsize last = (FSMM_MAX_CHUNK_BYTES - 1) / size;

      assert_divides (&geometry, FSMM_MAX_CHUNK_BYTES - 1);
      assert_divides (&geometry, last * size);
      assert_divides (&geometry, last * size - 1);
    }
}

static void
assert_regions (const FsmmGeometry *geometry, gsize n_regions, gsize first_in_second)
{
  g_assert_cmpuint (geometry->n_regions, ==, n_regions);
  g_assert_cmpuint (fsmm_geometry_first_in_region (geometry, 0), ==, 0);
  g_assert_cmpuint (fsmm_geometry_region_of (geometry, 0), ==, 0);
  if (n_regions > 1)
    {
      g_assert_cmpuint (fsmm_geometry_first_in_region (geometry, 1), ==, first_in_second);
      g_assert_cmpuint (fsmm_geometry_region_of (geometry, first_in_second), ==, 1);
      g_assert_cmpuint (fsmm_geometry_region_of (geometry, first_in_second - 1), ==, 0);
    }
  g_assert_cmpuint (fsmm_geometry_region_of (geometry, geometry->n_blocks - 1), ==, n_regions - 1);
}

/* The blocks that start in the same 64 KiB. A last one may reach into the next, and a last region be
 * left out where no block starts in it. */
static void
test_regions (void)
{
  FsmmGeometry even = make (64, 0, 262144), odd = make (1000, 1, 200000), small = make (64, 0, 1024);
  FsmmGeometry large = make (65536, 0, 262144), huge = make (65537, 1, 1 << 20);
  FsmmGeometry reaching = make (40000, 1, 65537 + 15000);

  assert_regions (&even, 4, 1024);
  assert_regions (&odd, 4, 66);
  assert_regions (&small, 1, 0);
  assert_regions (&large, 4, 1);
  assert_regions (&huge, 1, 0);
  assert_regions (&reaching, 1, 0);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/geometry/default-alignment-follows-size", test_default_alignment_follows_size);
  g_test_add_func ("/geometry/block-size-is-rounded-to-alignment",
                   test_block_size_is_rounded_to_alignment);
  g_test_add_func ("/geometry/chunks-hold-what-fits", test_chunks_hold_what_fits);
  g_test_add_func ("/geometry/large-block-gets-a-chunk-of-its-own",
                   test_large_block_gets_a_chunk_of_its_own);
  g_test_add_func ("/geometry/default-chunk-holds-several-large-blocks",
                   test_default_chunk_holds_several_large_blocks);
  g_test_add_func ("/geometry/alignment-beyond-the-chunk", test_alignment_beyond_the_chunk);
  g_test_add_func ("/geometry/canary-has-room", test_canary_has_room);
  g_test_add_func ("/geometry/canary-in-the-largest-chunk", test_canary_in_the_largest_chunk);
  g_test_add_func ("/geometry/malloced-blocks", test_malloced_blocks);
  g_test_add_func ("/geometry/senseless-numbers-are-refused", test_senseless_numbers_are_refused);
  g_test_add_func ("/geometry/bounds-are-accepted", test_bounds_are_accepted);
  g_test_add_func ("/geometry/regions", test_regions);
  g_test_add_func ("/geometry/division-by-reciprocal-is-exact",
                   test_division_by_reciprocal_is_exact);

  return g_test_run ();
}
