/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Objects that own something: track_init () makes a track in the block it is given, and
 * track_clear () destroys it there, before the block goes back. fsmm_free () knows by itself
 * which pool a block is from, and so fits wherever GLib wants a GDestroyNotify. */

#include <fsmm-glib/fsmm-glib.h>
#include <stdio.h>

typedef struct {
  char *title; /* (owned) */
  int seconds;
} Track;

static void
track_init (Track *self, const char *title, int seconds)
{
  self->title = g_strdup (title);
  self->seconds = seconds;
}

static void
track_clear (Track *self)
{
  printf ("clear %s\n", self->title);
  g_clear_pointer (&self->title, g_free);
}

static void
track_free (gpointer track)
{
  track_clear (track);
  fsmm_free (track);
}

/* Takes a block that belongs to the array. Without memory the program ends, as g_new () does it. */
static gpointer
add_block (GPtrArray *array, FsmmPool *pool)
{
  g_autoptr (GError) error = NULL;
  gpointer block = fsmm_pool_alloc (pool, &error);

  if (block == NULL)
    g_error ("%s", error->message);

  g_ptr_array_add (array, block);
  return block;
}

static void
print_counts (const char *when, FsmmPool *tracks, FsmmPool *marks)
{
  printf ("%s: %zu tracks, %zu marks\n", when, fsmm_pool_get_n_allocated (tracks),
          fsmm_pool_get_n_allocated (marks));
}

int
main (void)
{
  static const char *const titles[] = { "Overture", "Aria", "Finale" };
  g_autoptr (FsmmPool) track_pool = fsmm_pool_new (sizeof (Track), 0, NULL);
  g_autoptr (FsmmPool) mark_pool = fsmm_pool_new (sizeof (int), 0, NULL);
  g_autoptr (GPtrArray) album = g_ptr_array_new_with_free_func (track_free);
  g_autoptr (GPtrArray) marks = g_ptr_array_new_with_free_func (fsmm_free); /* own nothing */

  for (int i = 0; i < (int) G_N_ELEMENTS (titles); i++)
    track_init (add_block (album, track_pool), titles[i], 180 + i);
  for (int i = 0; i < 5; i++)
    *(int *) add_block (marks, mark_pool) = 30 * i;
  print_counts ("filled", track_pool, mark_pool);

  g_ptr_array_remove_index (album, 1);
  print_counts ("one removed", track_pool, mark_pool);

  g_clear_pointer (&album, g_ptr_array_unref);
  g_clear_pointer (&marks, g_ptr_array_unref);
  print_counts ("arrays freed", track_pool, mark_pool);

  return 0;
}
