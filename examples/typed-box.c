/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A typed pool makes instances of one boxed type, each with a box that owns it. When the last
 * reference to the box goes, the instance is cleared, and its block goes back to the pool. */

#include <fsmm-glib/fsmm-glib.h>
#include <stdio.h>

typedef struct {
  int x;
  int y;
} Point;

static char *
point_to_string (const Point *self)
{
  return g_strdup_printf ("(%d, %d)", self->x, self->y);
}

#define POINT_TYPE (point_get_type ())
GType point_get_type (void);
FSMM_DEFINE_BOXED_TYPE_EXTENDED (Point, point, NULL, NULL, NULL, point_to_string, {})

static void
print_count (const char *when, FsmmTypedPool *pool)
{
  printf ("%s: %zu live\n", when, fsmm_typed_pool_get_n_allocated (pool));
}

static gboolean
use_point (FsmmTypedPool *pool, GError **error)
{
  g_autofree char *text = NULL;
  g_autoptr (FsmmBox) box = fsmm_typed_pool_alloc (pool, error);
  Point *point;

  if (box == NULL)
    return FALSE;

  point = fsmm_box_get (box); /* zeroes, since the type has no init function */
  point->x = 3;
  point->y = 4;

  text = fsmm_box_to_string (box);
  printf ("the point is %s\n", text);
  print_count ("in the function", pool);

  return TRUE;
}

int
main (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (FsmmTypedPool) pool = fsmm_typed_pool_new (POINT_TYPE, 0, &error);

  if (pool == NULL || !use_point (pool, &error))
    {
      fprintf (stderr, "typed-box: %s\n", error->message);
      return 1;
    }
  print_count ("after it", pool);

  return 0;
}
