/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a block is filled with when it is taken: each of its bytes, and none beside it. */

#include "fsmm-test.h"

#include "fsmm-glib/engine/cache/fsmm-cache.h"

#define MARGIN 64
#define MAX_BYTES (2 * FSMM_FILL_MOST)
#define BEFORE 0xee

static guint8 source[MAX_BYTES];

static void
assert_fills (gsize n_bytes, gboolean copies)
{
  guint8 memory[MARGIN + MAX_BYTES + MARGIN];
  guint8 *block = memory + MARGIN;

  memset (memory, BEFORE, sizeof memory);
  fsmm_fill (block, (FsmmFill){ n_bytes, copies ? source : NULL });

  for (gsize i = 0; i < MARGIN; i++)
    {
      g_assert_cmpuint (memory[i], ==, BEFORE);
      g_assert_cmpuint (block[n_bytes + i], ==, BEFORE);
    }
  for (gsize i = 0; i < n_bytes; i++)
    g_assert_cmpuint (block[i], ==, copies ? source[i] : 0);
}

static void
test_every_size (gconstpointer copies)
{
  for (gsize i = 0; i < MAX_BYTES; i++)
    source[i] = (guint8) (i % 100 + 1);
  for (gsize n_bytes = 1; n_bytes <= MAX_BYTES; n_bytes++)
    assert_fills (n_bytes, copies != NULL);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/fill/zeroes", NULL, test_every_size);
  g_test_add_data_func ("/fill/copy", "", test_every_size);

  return g_test_run ();
}
