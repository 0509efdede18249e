/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A pool gets memory in chunks and cuts them into blocks: a chunk of 1024 bytes holds 16 blocks
 * of 64, so 40 blocks need three chunks. Shows when chunks come, and the two ways to make them
 * go. */

#include <fsmm-glib/fsmm-glib.h>
#include <stdio.h>

#define N_BLOCKS 40

static int
fail (const GError *error)
{
  fprintf (stderr, "forty-blocks: %s\n", error->message);

  return 1;
}

static void
print_counts (const char *when, FsmmPool *pool)
{
  printf ("%-18s %2zu live, %zu free, %zu chunks, %zu bytes\n", when,
          fsmm_pool_get_n_allocated (pool), fsmm_pool_get_n_free (pool),
          fsmm_pool_get_n_chunks (pool), fsmm_pool_get_reserved_bytes (pool));
}

int
main (void)
{
  gpointer blocks[N_BLOCKS];
  g_autoptr (GError) error = NULL;
  g_autoptr (FsmmPool) pool = fsmm_pool_new (64, 1024, &error);

  if (pool == NULL)
    return fail (error);
  print_counts ("a new pool:", pool);

  if (!fsmm_pool_alloc_many (pool, N_BLOCKS, blocks, &error))
    return fail (error);
  print_counts ("40 taken:", pool);

  /* Drops blocks and chunks, whatever is live. */
  fsmm_pool_free_all (pool);
  print_counts ("after free_all ():", pool);

  if (!fsmm_pool_alloc_many (pool, N_BLOCKS, blocks, &error) ||
      !fsmm_pool_free_many (pool, N_BLOCKS, blocks, &error))
    return fail (error);
  print_counts ("taken and freed:", pool);

  /* Chunks stay, for the next blocks, until they are asked for. */
  printf ("trim () returned %zu bytes\n", fsmm_pool_trim (pool));
  print_counts ("after trim ():", pool);

  return 0;
}
