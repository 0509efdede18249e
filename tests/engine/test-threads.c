/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fsmm-test.h"

#include <sched.h>
#include <string.h>

static void
run_threads (guint n_threads, GThreadFunc func, gpointer data)
{
  g_autofree GThread **threads = g_new (GThread *, n_threads);

  for (guint i = 0; i < n_threads; i++)
    threads[i] = g_thread_new ("worker", func, data);
  for (guint i = 0; i < n_threads; i++)
    g_thread_join (threads[i]);
}

/* --- Blocks change hands --- */

#define N_SLOTS 1000

typedef struct {
  FsmmPool *pool;
  gpointer slots[N_SLOTS]; /* (atomic) */
} Exchange;

/* A block knows its own address: a thread that gets it can tell that it is whole. */
static void
sign (gpointer *block)
{
  block[0] = block;
  block[7] = GSIZE_TO_POINTER (~GPOINTER_TO_SIZE (block));
}

static void
assert_signed (gpointer *block)
{
  g_assert_true (block[0] == block);
  g_assert_true (block[7] == GSIZE_TO_POINTER (~GPOINTER_TO_SIZE (block)));
}

static gpointer
exchange_blocks (gpointer data)
{
  Exchange *exchange = data;
  g_autoptr (GRand) rand = g_rand_new ();

  for (guint i = fsmm_test_rounds (200000); i > 0; i--)
    {
      gpointer *slot = &exchange->slots[g_rand_int_range (rand, 0, N_SLOTS)];
      gpointer mine = fsmm_test_alloc (exchange->pool);
      gpointer other;

      sign (mine);
      other = fsmm_test_swap (slot, mine);
      if (other != NULL)
        {
          assert_signed (other);
          memset (other, 0, 64);
          fsmm_test_free (exchange->pool, other);
        }
    }

  return NULL;
}

static void
test_blocks_change_hands (void)
{
  Exchange exchange = { fsmm_test_pool_new (64, 4096), { NULL } };

  run_threads (8, exchange_blocks, &exchange);
  fsmm_test_assert_sound (exchange.pool);
  for (guint i = 0; i < N_SLOTS; i++)
    fsmm_test_free (exchange.pool, exchange.slots[i]);
  g_assert_cmpuint (fsmm_pool_get_n_allocated (exchange.pool), ==, 0);
  fsmm_test_assert_sound (exchange.pool);
  g_object_unref (exchange.pool);
}

/* --- Two threads free the same block --- */

#define N_RACES 10000

typedef struct {
  FsmmPool *pool;
  gpointer blocks[N_RACES];
  guint n_rounds;
  gboolean takes_in_between;
  gint n_ready;    /* (atomic) */
  gint n_freed;    /* (atomic) */
  gint n_refused;  /* (atomic) */
  gint n_reported; /* (atomic): later */
} Race;

/* Spins, so that both go on at the same moment. */
static void
wait_for_both (gint *counter, guint round)
{
  guint n_waits = 0;

  g_atomic_int_inc (counter);
  while ((guint) g_atomic_int_get (counter) < 2 * (round + 1))
    if (++n_waits % 1024 == 0)
      sched_yield ();
}

static gpointer
race_to_free (gpointer data)
{
  Race *race = data;

  for (guint i = 0; i < race->n_rounds; i++)
    {
      g_autoptr (GError) error = NULL;

      wait_for_both (&race->n_ready, i);
      if (fsmm_pool_free (race->pool, race->blocks[i], &error))
        g_atomic_int_inc (&race->n_freed);
      else if (g_error_matches (error, FSMM_ERROR, FSMM_ERROR_DOUBLE_FREE))
        g_atomic_int_inc (&race->n_refused);

      /* A free that comes later than that is the other thread's, of a block that is live again. */
      if (race->takes_in_between && i % 8 == 7)
        {
          gpointer block;

          wait_for_both (&race->n_ready, ++i);
          block = fsmm_test_alloc (race->pool);
          sign (block);
          sched_yield ();
          assert_signed (block);
          fsmm_test_free (race->pool, block);
        }
    }

  return NULL;
}

static void
assert_no_address_twice (FsmmPool *pool, guint n_blocks)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < n_blocks; i++)
    g_assert_true (g_hash_table_add (seen, fsmm_test_alloc (pool)));
}

static void
test_racing_frees (gconstpointer data)
{
  Race *race = g_new0 (Race, 1);

  fsmm_test_watch_reports (fsmm_test_count_double_frees, &race->n_reported);
  race->pool = fsmm_test_pool_new (64, 1024);
  race->n_rounds = fsmm_test_rounds (N_RACES);
  race->takes_in_between = data != NULL;
  g_assert_true (fsmm_pool_alloc_many (race->pool, race->n_rounds, race->blocks, NULL));

  run_threads (2, race_to_free, race);

  /* The threads are gone, and what they kept has come back: now every loss is known. */
  fsmm_test_watch_reports (NULL, NULL);
  g_test_message ("%d refused at once, %d reported later", race->n_refused, race->n_reported);
  g_assert_cmpint (race->n_refused + race->n_reported, ==, race->n_freed - race->n_reported);
  fsmm_test_assert_sound (race->pool);
  if (!race->takes_in_between)
    g_assert_cmpuint (fsmm_pool_get_n_allocated (race->pool), ==, 0);
  assert_no_address_twice (race->pool, 2 * N_RACES);

  g_object_unref (race->pool);
  g_free (race);
}

/* --- Limits, dropping and trimming under load --- */

static gpointer
take_up_to_the_limit (gpointer data)
{
  FsmmPool *pool = data;
  gpointer blocks[100];

  for (guint i = fsmm_test_rounds (2000); i > 0; i--)
    {
      guint n = 0;

      while (n < G_N_ELEMENTS (blocks) && (blocks[n] = fsmm_pool_alloc (pool, NULL)) != NULL)
        n++;
      g_assert_cmpuint (fsmm_pool_get_n_allocated (pool), <=, 100);
      while (n > 0)
        fsmm_test_free (pool, blocks[--n]);
    }

  return NULL;
}

static void
test_limit_is_never_exceeded (void)
{
  g_autoptr (FsmmPool) pool = fsmm_pool_new_full ("test", 64, 0, 1024, 100, NULL);

  run_threads (4, take_up_to_the_limit, pool);
  fsmm_test_assert_sound (pool);
  g_assert_cmpuint (fsmm_pool_get_n_allocated (pool), ==, 0);
  g_assert_cmpuint (fsmm_pool_get_peak_allocated (pool), <=, 100);
}

static gpointer
drop_all_now_and_then (gpointer data)
{
  for (guint i = fsmm_test_rounds (2000); i > 0; i--)
    {
      fsmm_pool_free_all (data);
      sched_yield ();
    }

  return NULL;
}

/* After a drop, the address may be that of another thread's block, which is then freed under it:
 * so no thread looks into these, and a fault may be found late. */
static gpointer
take_and_give_what_may_be_dropped (gpointer data)
{
  for (guint i = fsmm_test_rounds (100000); i > 0; i--)
    {
      gpointer block = fsmm_pool_alloc (data, NULL);
      g_autoptr (GError) error = NULL;

      g_assert_nonnull (block);
      if (!fsmm_pool_free (data, block, &error))
        g_assert_true (g_error_matches (error, FSMM_ERROR, FSMM_ERROR_INVALID_POINTER) ||
                       g_error_matches (error, FSMM_ERROR, FSMM_ERROR_DOUBLE_FREE));
    }

  return NULL;
}

/* What is only dropped, and what belongs to handles, is filled with zeroes whatever happens
 * meanwhile. */
static gpointer
fill_what_may_be_dropped (gpointer data)
{
  for (guint i = fsmm_test_rounds (50000); i > 0; i--)
    {
      FsmmBlock *block = fsmm_pool_acquire (data, NULL);

      g_assert_nonnull (block);
      g_assert_nonnull (fsmm_pool_alloc0 (data, NULL));
      fsmm_block_unref (block);
    }

  return NULL;
}

static void
run_beside_drops (GThreadFunc func)
{
  Race *race = g_new0 (Race, 1);
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  GThread *dropper;

  fsmm_test_watch_reports (fsmm_test_count_double_frees, &race->n_reported);
  dropper = g_thread_new ("drop", drop_all_now_and_then, pool);
  run_threads (3, func, pool);
  g_thread_join (dropper);
  fsmm_pool_free_all (pool);
  fsmm_test_watch_reports (NULL, NULL);
  fsmm_pool_trim (pool); /* what is kept of a pool that has been filled since the last drop */

  g_assert_cmpint (race->n_reported, <=, func == fill_what_may_be_dropped ? 0 : G_MAXINT);
  fsmm_test_assert_sound (pool);
  fsmm_test_assert_counts (pool, 0, 0);
  g_free (race);
}

static void
test_free_all_under_load (void)
{
  run_beside_drops (take_and_give_what_may_be_dropped);
}

static void
test_free_all_beside_filling (void)
{
  run_beside_drops (fill_what_may_be_dropped);
}

/* --- What is said of an address whose chunk is being dropped --- */

typedef struct {
  FsmmPool *pool;
  gpointer newest;   /* (atomic): a block that may have been dropped */
  gint n_unfinished; /* (atomic): threads */
} Dropping;

static gpointer
take_and_drop (gpointer data)
{
  Dropping *dropping = data;

  for (guint i = fsmm_test_rounds (10000); i > 0; i--)
    {
      g_atomic_pointer_set (&dropping->newest, fsmm_test_alloc (dropping->pool));
      fsmm_pool_free_all (dropping->pool);
    }

  g_atomic_int_add (&dropping->n_unfinished, -1);
  return NULL;
}

/* The address lies in a block, or in no chunk. A text that names the block also says where in it. */
static gpointer
free_within_blocks (gpointer data)
{
  Dropping *dropping = data;

  while (g_atomic_int_get (&dropping->n_unfinished) > 0)
    {
      guint8 *block = g_atomic_pointer_get (&dropping->newest);
      g_autoptr (GError) error = NULL;

      if (block == NULL)
        continue;

      g_assert_false (fsmm_pool_free (dropping->pool, block + 8, &error));
      g_assert_error (error, FSMM_ERROR, FSMM_ERROR_INVALID_POINTER);
      if ((strstr (error->message, " (block ") != NULL) !=
          (strstr (error->message, "it lies at offset 8 of the block") != NULL))
        g_error ("contradicts itself: %s", error->message);
    }

  return NULL;
}

static void
test_misuse_beside_drops (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (1024, 1024);
  Dropping dropping = { .pool = pool, .n_unfinished = 3 };
  GThread *other = g_thread_new ("misuse", free_within_blocks, &dropping);

  run_threads (3, take_and_drop, &dropping);
  g_thread_join (other);
}

static gpointer
trim_now_and_then (gpointer data)
{
  for (guint i = fsmm_test_rounds (5000); i > 0; i--)
    {
      fsmm_pool_trim (data);
      sched_yield ();
    }

  return NULL;
}

static gpointer
fill_and_empty (gpointer data)
{
  gpointer blocks[64];

  for (guint i = fsmm_test_rounds (4000); i > 0; i--)
    {
      for (guint j = 0; j < G_N_ELEMENTS (blocks); j++)
        sign (blocks[j] = fsmm_test_alloc (data));
      for (guint j = 0; j < G_N_ELEMENTS (blocks); j++)
        {
          assert_signed (blocks[j]);
          fsmm_test_free (data, blocks[j]);
        }
    }

  return NULL;
}

static void
test_trim_under_load (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  GThread *trimmer = g_thread_new ("trim", trim_now_and_then, pool);

  run_threads (3, fill_and_empty, pool);
  g_thread_join (trimmer);
  fsmm_pool_trim (pool);
  fsmm_test_assert_counts (pool, 0, 0);
}

static void
ignore_block (gpointer block, gpointer user_data)
{
}

static gpointer
walk_over_blocks (gpointer data)
{
  for (guint i = fsmm_test_rounds (200); i > 0; i--)
    fsmm_pool_foreach (data, ignore_block, NULL);

  return NULL;
}

static void
test_foreach_under_load (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  GThread *walker = g_thread_new ("walk", walk_over_blocks, pool);
  GThread *trimmer = g_thread_new ("trim", trim_now_and_then, pool);

  run_threads (2, fill_and_empty, pool);
  g_thread_join (walker);
  g_thread_join (trimmer);
  fsmm_test_assert_sound (pool);
  g_assert_cmpuint (fsmm_pool_get_n_allocated (pool), ==, 0);
}

/* --- Threads come and go --- */

static gpointer
use_once (gpointer data)
{
  gpointer block = fsmm_test_alloc (data);

  sign (block);
  fsmm_test_free (data, block);

  return NULL;
}

static void
test_short_lived_threads (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);

  for (guint i = fsmm_test_rounds (2000); i > 0; i--)
    run_threads (4, use_once, pool);

  fsmm_pool_trim (pool);
  fsmm_test_assert_counts (pool, 0, 0);
}

static gpointer
make_and_drop_pools (gpointer data)
{
  for (guint i = fsmm_test_rounds (2000); i > 0; i--)
    {
      g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);

      sign (fsmm_test_alloc (pool));
    }

  return NULL;
}

static void
test_pools_come_and_go (void)
{
  run_threads (4, make_and_drop_pools, NULL);
}

int
main (int argc, char *argv[])
{
  fsmm_test_want_caches ();
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/threads/blocks-change-hands", test_blocks_change_hands);
  g_test_add_data_func ("/threads/racing-frees", NULL, test_racing_frees);
  g_test_add_data_func ("/threads/racing-frees-and-takes", "", test_racing_frees);
  g_test_add_func ("/threads/limit-is-never-exceeded", test_limit_is_never_exceeded);
  g_test_add_func ("/threads/free-all-under-load", test_free_all_under_load);
  g_test_add_func ("/threads/free-all-beside-filling", test_free_all_beside_filling);
  g_test_add_func ("/threads/misuse-beside-drops", test_misuse_beside_drops);
  g_test_add_func ("/threads/trim-under-load", test_trim_under_load);
  g_test_add_func ("/threads/foreach-under-load", test_foreach_under_load);
  g_test_add_func ("/threads/short-lived", test_short_lived_threads);
  g_test_add_func ("/threads/pools-come-and-go", test_pools_come_and_go);

  return g_test_run ();
}
