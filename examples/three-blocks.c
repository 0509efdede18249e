/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Takes three blocks of 64 bytes from a pool, writes to them, and gives one back. Giving the
 * same one back again is an error, which the pool reports and survives. In the end all that is
 * left is dropped at once. */

#include <fsmm-glib/fsmm-glib.h>
#include <stdio.h>

static int
fail (const GError *error)
{
  fprintf (stderr, "three-blocks: %s\n", error->message);

  return 1;
}

static void
print_counts (const char *when, FsmmPool *pool)
{
  printf ("%-16s %zu live, peak %zu\n", when, fsmm_pool_get_n_allocated (pool),
          fsmm_pool_get_peak_allocated (pool));
}

int
main (void)
{
  static const char *const words[] = { "one", "two", "three" };
  char *blocks[G_N_ELEMENTS (words)];
  g_autofree char *code = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (FsmmPool) pool = fsmm_pool_new (64, 0, &error);

  if (pool == NULL)
    return fail (error);

  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    {
      blocks[i] = fsmm_pool_alloc (pool, &error);
      if (blocks[i] == NULL)
        return fail (error);

      g_strlcpy (blocks[i], words[i], fsmm_pool_get_alloc_size (pool));
    }
  printf ("in the blocks:   %s, %s, %s\n", blocks[0], blocks[1], blocks[2]);
  print_counts ("three taken:", pool);

  if (!fsmm_pool_free (pool, blocks[1], &error))
    return fail (error);
  print_counts ("one freed:", pool);

  if (fsmm_pool_free (pool, blocks[1], &error))
    return 1;

  /* error->message says more: the address, and what to look for. */
  code = g_enum_to_string (FSMM_TYPE_ERROR, error->code);
  printf ("freed again:     %s\n", code);
  print_counts ("no harm done:", pool);

  printf ("dropped:         %zu\n", fsmm_pool_free_all (pool));
  print_counts ("nothing left:", pool);

  return 0;
}
