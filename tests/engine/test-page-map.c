/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fsmm-test.h"

#include "fsmm-glib/engine/chunk/fsmm-page-map.h"
#include "fsmm-glib/base/fsmm-system.h"

static void
test_knows_what_was_added (void)
{
  gsize size = 3 * FSMM_SYSTEM_GRANULE;
  guint8 *base = fsmm_system_map (size, FSMM_SYSTEM_GRANULE);
  int owner;

  g_assert_null (fsmm_page_map_find_store (base));

  g_assert_true (fsmm_page_map_add (base, size, &owner, NULL));
  g_assert_true (fsmm_page_map_find_store (base) == &owner);
  g_assert_true (fsmm_page_map_find_store (base + size - 1) == &owner);
  g_assert_null (fsmm_page_map_find_store (base - 1));
  g_assert_null (fsmm_page_map_find_store (base + size));

  fsmm_page_map_remove (base, size);
  g_assert_null (fsmm_page_map_find_store (base));
  g_assert_null (fsmm_page_map_find_store (base + size - 1));

  fsmm_system_unmap (base, size);
}

static void
test_any_address_can_be_asked_about (void)
{
  g_assert_null (fsmm_page_map_find_store (NULL));

  for (guint bit = 0; bit < 8 * sizeof (gpointer); bit++)
    g_assert_null (fsmm_page_map_find_store ((gpointer) ((guintptr) 1 << bit)));

  g_assert_null (fsmm_page_map_find_store ((gpointer) G_MAXSIZE));
}

static void
test_malloced_addresses (void)
{
  guint8 memory[2] = { 0 };
  int owner;

  g_assert_null (fsmm_page_map_find_malloced (memory));

  fsmm_page_map_add_malloced (memory, &owner);
  fsmm_page_map_add_malloced (memory + 1, &owner);
  g_assert_true (fsmm_page_map_find_store (memory) == &owner);
  fsmm_page_map_remove_malloced (memory);
  g_assert_null (fsmm_page_map_find_store (memory));
  g_assert_true (fsmm_page_map_find_store (memory + 1) == &owner);
  fsmm_page_map_remove_malloced (memory + 1);
  g_assert_null (fsmm_page_map_find_store (memory + 1));
}

/* With 32 bits all addresses are in one leaf, and there are none beyond. */
#if GLIB_SIZEOF_VOID_P == 8

static void
test_range_over_two_leaves (void)
{
  /* The page map never touches the addresses it is told of, so none needs to be there. */
  guint8 *border = (guint8 *) ((guintptr) 7 << 32);
  int owner;

  g_assert_true (fsmm_page_map_add (border - FSMM_SYSTEM_GRANULE, 2 * FSMM_SYSTEM_GRANULE, &owner, NULL));
  g_assert_true (fsmm_page_map_find_store (border - 1) == &owner);
  g_assert_true (fsmm_page_map_find_store (border) == &owner);
  fsmm_page_map_remove (border - FSMM_SYSTEM_GRANULE, 2 * FSMM_SYSTEM_GRANULE);
  g_assert_null (fsmm_page_map_find_store (border));
}

static void
test_beyond_all_addresses (void)
{
  gpointer beyond = (gpointer) ((guintptr) 1 << FSMM_PAGE_MAP_ADDRESS_BITS);
  int owner;

  g_assert_false (fsmm_page_map_add (beyond, FSMM_SYSTEM_GRANULE, &owner, NULL));
  g_assert_null (fsmm_page_map_find_store (beyond));
}

static void
test_no_memory_for_a_leaf (void)
{
  guint8 *border = (guint8 *) ((guintptr) 11 << 32);
  int owner;

  for (guint nth = 1; nth <= 2; nth++)
    {
      fsmm_system_fail_nth (nth);
      g_assert_false (fsmm_page_map_add (border - FSMM_SYSTEM_GRANULE, 2 * FSMM_SYSTEM_GRANULE,
                                         &owner, NULL));
      g_assert_true (fsmm_system_fail_none ());
      g_assert_null (fsmm_page_map_find_store (border - 1));
      g_assert_null (fsmm_page_map_find_store (border));
      border += (guintptr) 2 << 32;
    }
}

#endif

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/page-map/knows-what-was-added", test_knows_what_was_added);
  g_test_add_func ("/page-map/any-address-can-be-asked-about", test_any_address_can_be_asked_about);
  g_test_add_func ("/page-map/malloced-addresses", test_malloced_addresses);
#if GLIB_SIZEOF_VOID_P == 8
  g_test_add_func ("/page-map/range-over-two-leaves", test_range_over_two_leaves);
  g_test_add_func ("/page-map/beyond-all-addresses", test_beyond_all_addresses);
  g_test_add_func ("/page-map/no-memory-for-a-leaf", test_no_memory_for_a_leaf);
#endif

  return g_test_run ();
}
