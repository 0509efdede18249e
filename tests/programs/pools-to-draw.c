/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A program whose pools are at work, for the pictures in the guide. */

#include <fsmm-glib/fsmm-glib.h>
#include <string.h>

/* How often it works, in milliseconds. */
#define INTERVAL 10
#define N_NODES 3000

typedef struct {
  double x;
  double y;
} Point;

FSMM_DECLARE_BOXED_TYPE (Point, point)
FSMM_DEFINE_BOXED_TYPE (Point, point, NULL, NULL)

/* Takes blocks that are written to, as a program does that needs them. */
static void
take (FsmmPool *pool, gpointer *blocks, guint n_blocks)
{
  for (guint i = 0; i < n_blocks; i++)
    {
      blocks[i] = fsmm_pool_alloc (pool, NULL);
      if (blocks[i] == NULL)
        g_error ("there is no block to take");
      memset (blocks[i], 1, fsmm_pool_get_alloc_size (pool));
    }
}

static FsmmPool *
make_pool (const char *name, gsize alloc_size, gsize max_blocks, guint n_live)
{
  FsmmPool *pool = fsmm_pool_new_full (name, alloc_size, 0, 0, max_blocks, NULL);
  g_autofree gpointer *blocks = g_new (gpointer, n_live);

  take (pool, blocks, n_live);

  return pool;
}

/* Of some nodes, none is needed any more, and of others, every other one. */
static gboolean
is_done (guint i)
{
  return i % 700 >= 480 || (i % 700 < 200 && i % 2 == 0);
}

/* A pool with gaps. */
static void
make_nodes (void)
{
  FsmmPool *pool = fsmm_pool_new_full ("tree nodes", 48, 0, 0, 0, NULL);
  gpointer blocks[N_NODES];

  take (pool, blocks, N_NODES);
  for (guint i = 0; i < N_NODES; i++)
    if (is_done (i))
      fsmm_pool_free (pool, blocks[i], NULL);
}

static void
make_typed_pools (void)
{
  FsmmTypedPool *points = fsmm_typed_pool_new_full ("points", point_get_type (), 0, 0, NULL);
  FsmmObjectPool *sessions = g_object_new (FSMM_TYPE_OBJECT_POOL, "item-type", G_TYPE_OBJECT, "name",
                                           "sessions", "max-objects", 8, NULL);

  for (guint i = 0; i < 1200; i++)
    if (fsmm_typed_pool_construct (points, NULL) == NULL)
      g_error ("there is no point to take");
  for (guint i = 0; i < 3; i++)
    if (fsmm_object_pool_borrow (sessions, NULL) == NULL)
      g_error ("there is no session to borrow");
}

static gboolean
work (gpointer pool)
{
  gpointer blocks[256];

  take (pool, blocks, G_N_ELEMENTS (blocks));
  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    fsmm_pool_free (pool, blocks[i], NULL);

  return G_SOURCE_CONTINUE;
}

int
main (void)
{
  FsmmPool *frames = make_pool ("frames", 4096, 64, 64);

  g_set_prgname ("reader");
  fsmm_pool_acquire_async (frames, G_PRIORITY_DEFAULT, NULL, NULL, NULL);
  make_nodes ();
  make_typed_pools ();
  make_pool ("connections", 256, 32, 32);
  make_pool ("文字列", 24, 0, 700);
  g_timeout_add (INTERVAL, work, make_pool ("tokens", 32, 5000, 310));

  while (TRUE)
    g_main_context_iteration (NULL, TRUE);
}
