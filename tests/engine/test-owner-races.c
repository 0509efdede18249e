/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The owner of a region and another thread do something to the same block at the same moment. The
 * owner looks at its state and then writes, with nothing that would keep the other one from writing
 * in between. */

#include "fsmm-test.h"

#define N_BLOCKS 2000

typedef struct
{
  FsmmPool *pool;
  gpointer blocks[N_BLOCKS];
  guint n_rounds;
  gint n_ready;    /* (atomic) */
  gint n_freed;    /* (atomic) */
  gint n_refused;  /* (atomic) */
  gint n_reported; /* (atomic): later */
} Race;

/* The calling thread owns all regions. */
static Race *
race_new (void)
{
  Race *race = g_new0 (Race, 1);

  race->pool = fsmm_test_pool_new (64, 0);
  race->n_rounds = fsmm_test_rounds (N_BLOCKS);
  for (guint i = 0; i < race->n_rounds; i++)
    race->blocks[i] = fsmm_test_alloc (race->pool);
  fsmm_test_watch_reports (fsmm_test_count_double_frees, &race->n_reported);

  return race;
}

/* Whatever happened: nobody has a block, and each of them can be had once. */
static void
race_end (Race *race)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);

  fsmm_pool_reserve (race->pool, 1, NULL);
  fsmm_test_watch_reports (NULL, NULL);
  fsmm_test_assert_sound (race->pool);
  g_assert_cmpuint (fsmm_pool_get_n_allocated (race->pool), ==, 0);
  for (guint i = 0; i < 2 * N_BLOCKS; i++)
    g_assert_true (g_hash_table_add (seen, fsmm_test_alloc (race->pool)));

  g_object_unref (race->pool);
  g_free (race);
}

/* Spins, so that both go on at the same moment, now one and now the other a little earlier. */
static void
wait_for_both (Race *race, guint round, gboolean is_owner)
{
  guint n_waits = 0;

  g_atomic_int_inc (&race->n_ready);
  while ((guint) g_atomic_int_get (&race->n_ready) < 2 * (round + 1))
    if (++n_waits % 1024 == 0)
      g_thread_yield ();

  for (guint i = is_owner ? round % 61 : (round / 61) % 61; i > 0; i--)
    __asm__ volatile("" ::: "memory");
}

static void
run_race (Race *race, GThreadFunc other, GThreadFunc owner)
{
  GThread *thread = g_thread_new ("other", other, race);

  owner (race);
  g_thread_join (thread);
}

/* --- Both free it --- */

static void
free_one (Race *race, gpointer block)
{
  g_autoptr (GError) error = NULL;

  if (fsmm_pool_free (race->pool, block, &error))
    g_atomic_int_inc (&race->n_freed);
  else if (g_error_matches (error, FSMM_ERROR, FSMM_ERROR_DOUBLE_FREE))
    g_atomic_int_inc (&race->n_refused);
}

static gpointer
free_as_other (gpointer data)
{
  Race *race = data;

  for (guint i = 0; i < race->n_rounds; i++)
    {
      wait_for_both (race, i, FALSE);
      free_one (race, race->blocks[i]);
    }

  return NULL;
}

static gpointer
free_as_owner (gpointer data)
{
  Race *race = data;

  for (guint i = 0; i < race->n_rounds; i++)
    {
      wait_for_both (race, i, TRUE);
      free_one (race, race->blocks[i]);
    }

  return NULL;
}

/* Each second free is refused at once, or reported later. */
static void
test_both_free (void)
{
  for (guint n = 0; n < 20; n++)
    {
      Race *race = race_new ();

      run_race (race, free_as_other, free_as_owner);
      fsmm_pool_reserve (race->pool, 1, NULL);
      g_test_message ("%d refused at once, %d reported later", race->n_refused, race->n_reported);
      g_assert_cmpint (race->n_freed + race->n_refused, ==, 2 * (gint) race->n_rounds);
      g_assert_cmpint (race->n_freed - race->n_reported, ==, (gint) race->n_rounds);
      race_end (race);
    }
}

/* --- The other one frees it with many --- */

static gpointer
free_with_another (gpointer data)
{
  Race *race = data;

  for (guint i = 0; i < race->n_rounds; i++)
    {
      g_autoptr (GError) error = NULL;
      gpointer blocks[2] = { race->blocks[i], &error };

      wait_for_both (race, i, FALSE);
      g_assert_false (fsmm_pool_free_many (race->pool, 2, blocks, &error));
    }

  return NULL;
}

/* It may be told that another thread is at it, but then it still has the block. */
static gpointer
free_until_freed (gpointer data)
{
  Race *race = data;

  for (guint i = 0; i < race->n_rounds; i++)
    {
      wait_for_both (race, i, TRUE);
      while (fsmm_pool_is_allocated (race->pool, race->blocks[i]))
        fsmm_test_try_free (race->pool, race->blocks[i]);
    }

  return NULL;
}

/* A call that is refused frees nothing, and leaves nothing behind. */
static void
test_refused_many (void)
{
  for (guint n = 0; n < 20; n++)
    {
      Race *race = race_new ();

      run_race (race, free_with_another, free_until_freed);
      for (guint i = 0; i < race->n_rounds; i++)
        g_assert_false (fsmm_pool_is_allocated (race->pool, race->blocks[i]));
      g_assert_cmpint (race->n_reported, ==, 0);
      race_end (race);
    }
}

static gpointer
free_many_as_other (gpointer data)
{
  Race *race = data;

  for (guint i = 0; i < race->n_rounds; i++)
    {
      g_autoptr (GError) error = NULL;

      wait_for_both (race, i, FALSE);
      if (fsmm_pool_free_many (race->pool, 1, &race->blocks[i], &error))
        g_atomic_int_inc (&race->n_freed);
      else if (g_error_matches (error, FSMM_ERROR, FSMM_ERROR_DOUBLE_FREE))
        g_atomic_int_inc (&race->n_refused);
    }

  return NULL;
}

static void
test_both_free_one_with_many (void)
{
  for (guint n = 0; n < 20; n++)
    {
      Race *race = race_new ();

      run_race (race, free_many_as_other, free_as_owner);
      fsmm_pool_reserve (race->pool, 1, NULL);
      g_test_message ("%d refused at once, %d reported later", race->n_refused, race->n_reported);
      g_assert_cmpint (race->n_freed + race->n_refused, ==, 2 * (gint) race->n_rounds);
      g_assert_cmpint (race->n_freed - race->n_reported, ==, (gint) race->n_rounds);
      race_end (race);
    }
}

/* --- The owner ends --- */

#define N_MANY 20000

typedef struct
{
  FsmmPool *pool;
  gpointer blocks[N_MANY];
  gint is_full; /* (atomic) */
  gint may_end; /* (atomic) */
  guint delay;
} Legacy;

static gpointer
fill_and_end (gpointer data)
{
  Legacy *legacy = data;

  for (guint i = 0; i < N_MANY; i++)
    legacy->blocks[i] = fsmm_test_alloc (legacy->pool);
  g_atomic_int_set (&legacy->is_full, TRUE);
  while (!g_atomic_int_get (&legacy->may_end))
    ;
  for (guint i = legacy->delay; i > 0; i--)
    __asm__ volatile("" ::: "memory");

  return NULL;
}

/* Its regions have no owner any more when some of the blocks have been claimed, or freed. */
static void
test_owner_ends (void)
{
  Legacy *legacy = g_new0 (Legacy, 1);

  legacy->pool = fsmm_test_pool_new (64, 0);
  for (guint n = fsmm_test_rounds (200); n > 0; n--)
    {
      GThread *owner;

      legacy->is_full = legacy->may_end = FALSE;
      legacy->delay = n * 1000;
      owner = g_thread_new ("owner", fill_and_end, legacy);
      while (!g_atomic_int_get (&legacy->is_full))
        g_thread_yield ();
      g_atomic_int_set (&legacy->may_end, TRUE);
      g_assert_true (fsmm_pool_free_many (legacy->pool, N_MANY, legacy->blocks, NULL));
      g_thread_join (owner);
      fsmm_test_assert_sound (legacy->pool);
      g_assert_cmpuint (fsmm_pool_get_n_allocated (legacy->pool), ==, 0);
    }

  g_object_unref (legacy->pool);
  g_free (legacy);
}

int
main (int argc, char *argv[])
{
  fsmm_test_want_caches ();
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/owner-races/both-free", test_both_free);
  g_test_add_func ("/owner-races/both-free-one-with-many", test_both_free_one_with_many);
  g_test_add_func ("/owner-races/refused-many", test_refused_many);
  g_test_add_func ("/owner-races/owner-ends", test_owner_ends);

  return g_test_run ();
}
