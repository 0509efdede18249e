/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A program with a window, which uses pools, and knows nothing of the inspector.
 *
 * usage: some-pools [--restless]
 *
 * With that, one of its pools is made anew all the time. */

#include <fsmm-glib/fsmm-glib.h>
#include <gtk/gtk.h>

/* How often it works, in milliseconds. */
#define INTERVAL 100

typedef struct {
  double x;
  double y;
  guint color;
} Point;

FSMM_DECLARE_BOXED_TYPE (Point, point)
FSMM_DEFINE_BOXED_TYPE (Point, point, NULL, NULL)

typedef struct {
  FsmmPool *steady; /* 2500 blocks, of which a fifth comes back */
  FsmmPool *wave;   /* more and fewer */
  FsmmTypedPool *points;
  FsmmObjectPool *sessions;
  FsmmPool *leaking;
  FsmmPool *restless; /* (nullable) */
  GPtrArray *waves;   /* blocks of wave */
  guint n_steps;
} Program;

static gpointer
take (FsmmPool *pool)
{
  g_autoptr (GError) error = NULL;
  gpointer block = fsmm_pool_alloc (pool, &error);

  if (block == NULL)
    g_error ("%s", error->message);

  return block;
}

static void
give_back (FsmmPool *pool, gpointer block)
{
  g_autoptr (GError) error = NULL;

  if (!fsmm_pool_free (pool, block, &error))
    g_error ("%s", error->message);
}

/* It never gives back what it takes. */
static G_GNUC_NO_INLINE void
read_request (Program *self)
{
  for (guint i = 0; i < 40; i++)
    take (self->leaking);
}

static gboolean
work (gpointer data)
{
  Program *self = data;
  guint wanted = 200 + (self->n_steps % 120 < 60 ? self->n_steps % 60 : 60 - self->n_steps % 60) * 20;

  self->n_steps++;
  read_request (self);
  while (self->waves->len < wanted)
    g_ptr_array_add (self->waves, take (self->wave));
  while (self->waves->len > wanted)
    give_back (self->wave, g_ptr_array_steal_index_fast (self->waves, self->waves->len - 1));

  return G_SOURCE_CONTINUE;
}

static gboolean
make_anew (gpointer data)
{
  Program *self = data;

  g_clear_object (&self->restless);
  self->restless = fsmm_pool_new_full ("restless", 64, 0, 0, 0, NULL);

  return G_SOURCE_CONTINUE;
}

static void
fill_steady (FsmmPool *pool)
{
  gpointer blocks[2500];

  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    blocks[i] = take (pool);
  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    if (i % 500 >= 400)
      give_back (pool, blocks[i]);
}

static void
fill_points (FsmmTypedPool *pool)
{
  for (guint i = 0; i < 300; i++)
    if (fsmm_typed_pool_construct (pool, NULL) == NULL)
      g_error ("there is no room for a point");
}

static void
say_end (gpointer data, GObject *session)
{
  g_print ("a session ends\n");
}

/* Three are lent, and one is idle. */
static void
lend_sessions (FsmmObjectPool *pool)
{
  FsmmLease *lease = NULL;

  for (guint i = 0; i < 4; i++)
    {
      lease = fsmm_object_pool_borrow (pool, NULL);
      if (lease == NULL)
        g_error ("there is no session to lend");
    }
  g_object_weak_ref (fsmm_lease_get_object (lease), say_end, NULL);
  fsmm_lease_unref (lease);
}

static void
program_init (Program *self)
{
  self->steady = fsmm_pool_new_full ("tree nodes", 48, 0, 0, 0, NULL);
  self->wave = fsmm_pool_new_full ("tokens", 32, 0, 0, 5000, NULL);
  self->leaking = fsmm_pool_new_full ("requests", 256, 0, 0, 0, NULL);
  self->points = fsmm_typed_pool_new_full ("points", point_get_type (), 0, 1000, NULL);
  self->sessions = g_object_new (FSMM_TYPE_OBJECT_POOL, "item-type", G_TYPE_OBJECT, "name", "sessions",
                                 "max-objects", 8, NULL);
  self->waves = g_ptr_array_new ();
  fill_steady (self->steady);
  fill_points (self->points);
  lend_sessions (self->sessions);
}

int
main (int argc, char *argv[])
{
  Program program = { 0 };

  gtk_init ();
  program_init (&program);
  gtk_window_present (GTK_WINDOW (gtk_window_new ()));
  g_timeout_add (INTERVAL, work, &program);
  if (argc > 1)
    g_timeout_add (INTERVAL, make_anew, &program);

  while (TRUE)
    g_main_context_iteration (NULL, TRUE);
}
