/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What surrounds a pool: threads with small stacks, other programs that are started, and others who
 * look at its counts. What a sandbox refuses is in test-refused-calls.c. */

#include "fsmm-test.h"

#include <pthread.h>
#include <spawn.h>
#include <sys/wait.h>

#define N_THREADS 3
#define N_BLOCKS 300

/* --- Threads that take and free --- */

typedef struct {
  FsmmPool *pool;
  gint is_over; /* (atomic) */
  GThread *threads[N_THREADS];
} Traffic;

/* Another thread that got one of these blocks would write something else into it. */
static void
take_or_free (FsmmPool *pool, gsize **slot)
{
  if (*slot == NULL)
    {
      *slot = fsmm_test_alloc (pool);
      **slot = (gsize) slot;
      return;
    }

  g_assert_cmpuint (**slot, ==, (gsize) slot);
  fsmm_test_free (pool, *slot);
  *slot = NULL;
}

static gpointer
take_and_free (gpointer data)
{
  Traffic *traffic = data;
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  gsize *blocks[N_BLOCKS] = { NULL };

  while (!g_atomic_int_get (&traffic->is_over))
    take_or_free (traffic->pool, &blocks[g_rand_int_range (rand, 0, N_BLOCKS)]);
  for (guint i = 0; i < N_BLOCKS; i++)
    if (blocks[i] != NULL)
      take_or_free (traffic->pool, &blocks[i]);

  return NULL;
}

static void
start_traffic (Traffic *traffic, FsmmPool *pool)
{
  traffic->pool = pool;
  traffic->is_over = FALSE;
  for (guint i = 0; i < N_THREADS; i++)
    traffic->threads[i] = g_thread_new ("traffic", take_and_free, traffic);
}

static void
end_traffic (Traffic *traffic)
{
  g_atomic_int_set (&traffic->is_over, TRUE);
  for (guint i = 0; i < N_THREADS; i++)
    g_thread_join (traffic->threads[i]);

  g_assert_cmpuint (fsmm_pool_get_n_allocated (traffic->pool), ==, 0);
  fsmm_test_assert_sound (traffic->pool);
}

/* --- Threads --- */

static gpointer
make_a_pool (gpointer data)
{
  FsmmPool *pool = fsmm_test_pool_new (64, 1024);
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  gpointer block = fsmm_test_alloc (data);

  fsmm_test_free (data, block);
  g_assert_false (fsmm_pool_free (data, block, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_DOUBLE_FREE);
  fsmm_test_alloc (pool);
  text = fsmm_pool_dump (pool);
  fsmm_pool_free_all (pool);
  g_object_unref (pool);

  return NULL;
}

static void
test_small_stack (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  pthread_attr_t attributes;
  pthread_t thread;

  pthread_attr_init (&attributes);
  g_assert_cmpint (pthread_attr_setstacksize (&attributes, 32 * 1024), ==, 0);
  g_assert_cmpint (pthread_create (&thread, &attributes, make_a_pool, pool), ==, 0);
  pthread_join (thread, NULL);
  pthread_attr_destroy (&attributes);
}

/* A child of vfork () shares all memory, and no handler of fork () runs. */
static void
test_spawned_programs (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  g_auto (GStrv) environment = g_get_environ ();
  char *arguments[] = { (char *) "true", NULL };
  Traffic traffic;

  start_traffic (&traffic, pool);
  for (guint i = 0; i < 50; i++)
    {
      pid_t child;
      int status;

      g_assert_cmpint (posix_spawnp (&child, "true", NULL, NULL, arguments, environment), ==, 0);
      fsmm_pool_trim (pool);
      g_assert_cmpint (waitpid (child, &status, 0), ==, child);
      g_assert_cmpint (status, ==, 0);
    }
  end_traffic (&traffic);
}

/* A count may be outdated, but never below zero, which would be a very large number. */
static void
test_counts_under_load (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  gint64 end = g_get_monotonic_time () + G_USEC_PER_SEC / 2;
  Traffic traffic;

  start_traffic (&traffic, pool);
  do
    {
      g_assert_cmpuint (fsmm_pool_get_n_allocated (pool), <=, N_THREADS * N_BLOCKS);
      g_assert_cmpuint (fsmm_pool_get_n_free (pool), <=, 10000);
      g_assert_cmpuint (fsmm_pool_get_n_chunks (pool), <=, 1000);
    }
  while (g_get_monotonic_time () < end);
  end_traffic (&traffic);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/surroundings/small-stack", test_small_stack);
  g_test_add_func ("/surroundings/spawned-programs", test_spawned_programs);
  g_test_add_func ("/surroundings/counts-under-load", test_counts_under_load);

  return g_test_run ();
}
