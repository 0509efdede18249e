/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Threads take blocks, and then free those of each other at the same moment, so that many are freed
 * twice or three times at once: by the thread that took them and others, or by others only, one
 * after the other or from both ends, while pools are trimmed.
 *
 * Whatever happens, no block may be handed out to two threads, no limit be exceeded, and each free
 * that was accepted must have ended the life of a block, or have been reported once. For a long run:
 *
 *   _build/tests/stress/double-frees --threads=8 --rounds=100000 --size=64 --limit=18 --chunk=1024
 *
 * Such frees overlap seldom. With -Dc_args=-DFSMM_WIDE_RACES, threads yield in between. */

#include "fsmm-test.h"
#include "options.h"

#include "fsmm-glib/base/fsmm-lock.h"

#define MAX_THREADS 16
#define MAX_BLOCKS 400
#define MAX_DELAY 300

static int n_threads = 4;
static int n_rounds = -1;
static int size = 64;
static int limit = 0;
static int chunk_bytes = 0;

typedef struct {
  gint is_used; /* (atomic) */
} Content;

typedef struct {
  FsmmPool *pool;
  guint n_blocks[MAX_THREADS];
  Content *blocks[MAX_THREADS][MAX_BLOCKS];

  gint n_accepted; /* (atomic) */
  gint n_taken;    /* (atomic) */
  gint n_reported; /* (atomic) */

  GMutex lock;
  GCond all_there;
  guint n_waiting;
  guint generation;
} Scene;

typedef struct {
  Scene *scene;
  guint number;
} Actor;

/* No thread goes on before all have come. */
static void
meet (Scene *scene)
{
  guint generation;

  fsmm_lock (&scene->lock);
  generation = scene->generation;
  if (++scene->n_waiting == (guint) n_threads)
    {
      scene->n_waiting = 0;
      scene->generation++;
      g_cond_broadcast (&scene->all_there);
    }
  while (scene->generation == generation)
    fsmm_wait (&scene->all_there, &scene->lock);
  fsmm_unlock (&scene->lock);
}

/* --- What one thread does --- */

static void
take_some (Scene *scene, guint number, GRand *random)
{
  guint n_wanted = (guint) g_rand_int_range (random, 0, limit > 0 ? limit + 2 : MAX_BLOCKS);
  guint n;

  for (n = 0; n < MIN (n_wanted, MAX_BLOCKS); n++)
    {
      g_autoptr (GError) error = NULL;
      Content *block = fsmm_pool_alloc (scene->pool, &error);

      if (block == NULL)
        {
          g_assert_error (error, FSMM_ERROR, FSMM_ERROR_EXHAUSTED);
          break;
        }
      g_assert_cmpint (__atomic_exchange_n (&block->is_used, 1, __ATOMIC_SEQ_CST), !=, 1);
      scene->blocks[number][n] = block;
    }

  scene->n_blocks[number] = n;
  g_atomic_int_add (&scene->n_taken, (gint) n);
}

static void
free_one (Scene *scene, guint number, guint i)
{
  if (i < scene->n_blocks[number])
    g_atomic_int_add (&scene->n_accepted,
                      fsmm_test_try_free (scene->pool, scene->blocks[number][i]));
}

static void
free_up (Scene *scene, guint number)
{
  for (guint i = 0; i < MAX_BLOCKS; i++)
    free_one (scene, number, i);
}

static void
free_down (Scene *scene, guint number)
{
  for (guint i = MAX_BLOCKS; i-- > 0;)
    free_one (scene, number, i);
}

static void
free_in_turn (Scene *scene, guint number, guint next, guint last)
{
  for (guint i = 0; i < MAX_BLOCKS; i++)
    {
      free_one (scene, number, i);
      free_one (scene, next, i);
      free_one (scene, last, i);
      if (number == 0 && i % 64 == 0)
        fsmm_pool_trim (scene->pool);
    }
}

static void
free_all_at_once (Scene *scene, guint number, guint round, GRand *random)
{
  guint next = (number + 1) % n_threads;
  guint last = (number + 2) % n_threads;

  for (volatile gint delay = g_rand_int_range (random, 0, MAX_DELAY); delay > 0; delay--)
    ;

  switch (round % 4)
    {
    case 0:
      free_up (scene, number);
      free_up (scene, next);
      break;
    case 1:
      free_up (scene, next);
      free_down (scene, number);
      break;
    case 2:
      free_up (scene, next);
      free_up (scene, last);
      break;
    default:
      free_in_turn (scene, number, next, last);
    }
}

/* --- What must be so when all threads are quiet --- */

static void
check_while_live (Scene *scene)
{
  guint n_live = 0;

  for (int i = 0; i < n_threads; i++)
    {
      n_live += scene->n_blocks[i];
      for (guint j = 0; j < scene->n_blocks[i]; j++)
        g_atomic_int_set (&scene->blocks[i][j]->is_used, 2);
    }

  g_assert_cmpuint (fsmm_pool_get_n_allocated (scene->pool), ==, n_live);
  if (limit > 0)
    g_assert_cmpuint (n_live, <=, (guint) limit);
}

/* To trim a pool is to find all that was freed twice. */
static void
check_when_free (Scene *scene)
{
  fsmm_pool_trim (scene->pool);
  g_assert_cmpuint (fsmm_pool_get_n_allocated (scene->pool), ==, 0);
  g_assert_cmpint (g_atomic_int_get (&scene->n_accepted) - g_atomic_int_get (&scene->n_reported),
                   ==, g_atomic_int_get (&scene->n_taken));
}

static gpointer
act (gpointer data)
{
  const Actor *self = data;
  Scene *scene = self->scene;
  GRand *random = g_rand_new_with_seed (self->number + 1);

  for (guint round = 0; round < (guint) n_rounds; round++)
    {
      take_some (scene, self->number, random);
      meet (scene);
      if (self->number == 0)
        check_while_live (scene);
      meet (scene);
      free_all_at_once (scene, self->number, round, random);
      meet (scene);
      if (self->number == 0)
        check_when_free (scene);
      meet (scene);
    }

  g_rand_free (random);
  return NULL;
}

static void
test_double_frees (void)
{
  Scene *scene = g_new0 (Scene, 1);
  GThread *threads[MAX_THREADS];
  Actor actors[MAX_THREADS];

  g_mutex_init (&scene->lock);
  g_cond_init (&scene->all_there);
  scene->pool = g_object_new (FSMM_TYPE_POOL, "alloc-size", (guint64) size, "chunk-bytes",
                              (guint64) chunk_bytes, "max-blocks", (guint64) limit, NULL);
  fsmm_test_watch_reports (fsmm_test_count_double_frees, &scene->n_reported);

  for (int i = 0; i < n_threads; i++)
    {
      actors[i] = (Actor) { scene, i };
      threads[i] = g_thread_new ("actor", act, &actors[i]);
    }
  for (int i = 0; i < n_threads; i++)
    g_thread_join (threads[i]);

  g_test_message ("%d blocks taken, %d frees accepted, %d reported", scene->n_taken,
                  scene->n_accepted, scene->n_reported);
  fsmm_test_assert_sound (scene->pool);

  fsmm_test_watch_reports (NULL, NULL);
  g_object_unref (scene->pool);
  g_cond_clear (&scene->all_there);
  g_mutex_clear (&scene->lock);
  g_free (scene);
}

static void
parse_options (int *argc, char ***argv)
{
  const GOptionEntry entries[] = {
    { "threads", 0, 0, G_OPTION_ARG_INT, &n_threads, "How many threads there are", "N" },
    { "rounds", 0, 0, G_OPTION_ARG_INT, &n_rounds, "How often they free all at once", "N" },
    { "size", 0, 0, G_OPTION_ARG_INT, &size, "Size of a block", "BYTES" },
    { "limit", 0, 0, G_OPTION_ARG_INT, &limit, "How many may be live (0: any number)", "N" },
    { "chunk", 0, 0, G_OPTION_ARG_INT, &chunk_bytes, "Size of a chunk", "BYTES" },
    G_OPTION_ENTRY_NULL,
  };

  stress_init (entries, argc, argv);
  if (n_threads < 2 || n_threads > MAX_THREADS)
    g_error ("--threads is %d: it must be from 2 to %d", n_threads, MAX_THREADS);
  if (n_rounds < 0)
    n_rounds = fsmm_test_is_slow_environment () ? 4 : 40;
}

int
main (int argc, char *argv[])
{
  parse_options (&argc, &argv);
  g_test_add_func ("/stress/double-frees", test_double_frees);

  return g_test_run ();
}
