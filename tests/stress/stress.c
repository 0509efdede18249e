/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Threads take blocks, write a cookie into each that no other block has, and swap them through arrays:
 * so a block is checked and freed by another thread than the one that took it. All the time some
 * threads end and others start, pools are trimmed, limits are moved, and blocks are walked over.
 *
 * Any critical message ends the program, as does whatever the library gets wrong. For a long run:
 *
 *   _build/tests/stress/stress --threads=8 --seconds=600 --exchanges=1000000 */

#include "depot.h"

#include "fsmm-test.h"
#include "options.h"

#include "fsmm-glib/base/fsmm-lock.h"

static int n_threads = 4;
static int n_seconds = 1;
static gint64 n_wanted = -1;
static gint64 seed = 1;

static Depot depots[DEPOT_N_KINDS];
static gint stopping; /* (atomic) */

/* --- What one thread does --- */

typedef struct {
  GThread *thread;
  guint64 serial;  /* of the thread: no other has the same */
  gint has_ended;  /* (atomic) */

  /* Of all threads that have sat here; written by the one that does. */
  DepotCounts counts;
  guint64 n_trims;
  guint64 n_walks;
} Seat;

static void
count_block (gpointer block, gpointer user_data)
{
  guint *n_seen = user_data;

  (*n_seen)++;
}

static void
disturb (Seat *self, Depot *depot, gboolean walks)
{
  guint n_seen = 0;

  if (walks)
    fsmm_pool_foreach (depot->pool, count_block, &n_seen);
  else
    fsmm_pool_trim (depot->pool);

  self->n_walks += walks;
  self->n_trims += !walks;
}

/* So many at once that caches are emptied and filled up. */
static void
take_and_give_many (Seat *self, Depot *depot, guint n, guint64 cookie)
{
  g_autofree gpointer *items = g_new (gpointer, n);

  for (guint i = 0; i < n; i++)
    items[i] = depot_take (depot, cookie, &self->counts);
  for (guint i = 0; i < n; i++)
    depot_give (depot, items[i], &self->counts);
}

static gpointer
work (gpointer data)
{
  Seat *self = data;
  g_autoptr (GRand) rand = g_rand_new_with_seed ((guint32) (seed + (gint64) self->serial));
  guint n_rounds = g_rand_int_range (rand, 1, 5000);

  for (guint64 i = 0; i < n_rounds && !g_atomic_int_get (&stopping); i++)
    {
      guint64 cookie = self->serial << 32 | i;
      Depot *depot = &depots[g_rand_int_range (rand, 0, G_N_ELEMENTS (depots))];
      guint dice = g_rand_int_range (rand, 0, 1000);

      depot_exchange (depot, g_rand_int_range (rand, 0, DEPOT_N_SLOTS), cookie, &self->counts);
      if (dice < 2)
        disturb (self, depot, dice == 0);
      else if (dice < 4)
        depot_move_limit (depot, dice == 2 ? 50 : 100);
      else if (dice < 10)
        take_and_give_many (self, depot, g_rand_int_range (rand, 1, 400), cookie);
    }

  g_atomic_int_set (&self->has_ended, TRUE);

  return NULL;
}

/* --- Threads come and go --- */

static guint64 n_started;

static void
start (Seat *self)
{
  self->serial = ++n_started;
  self->has_ended = FALSE;
  self->thread = g_thread_new ("stress", work, self);
}

static guint64
count_exchanges (const Seat *seats)
{
  guint64 n_exchanges = 0;

  for (int i = 0; i < n_threads; i++)
    n_exchanges += __atomic_load_n (&seats[i].counts.n_exchanges, __ATOMIC_RELAXED);

  return n_exchanges;
}

/* Until both the time and the exchanges that were asked for are reached. */
static void
run_threads (Seat *seats)
{
  gint64 end = g_get_monotonic_time () + n_seconds * G_USEC_PER_SEC;

  for (int i = 0; i < n_threads; i++)
    {
      /* It is atomic. */
      VALGRIND_HG_DISABLE_CHECKING (&seats[i].counts.n_exchanges, sizeof (guint64));
      start (&seats[i]);
    }

  while (g_get_monotonic_time () < end || count_exchanges (seats) < (guint64) n_wanted)
    {
      for (int i = 0; i < n_threads; i++)
        if (g_atomic_int_get (&seats[i].has_ended))
          {
            g_thread_join (seats[i].thread);
            start (&seats[i]);
          }
      g_usleep (500);
    }

  g_atomic_int_set (&stopping, TRUE);
  for (int i = 0; i < n_threads; i++)
    g_thread_join (seats[i].thread);
}

static Seat
sum_up (const Seat *seats)
{
  Seat sum = { .counts.n_exchanges = count_exchanges (seats) };

  for (int i = 0; i < n_threads; i++)
    {
      sum.counts.n_allocations += seats[i].counts.n_allocations;
      sum.counts.n_refused += seats[i].counts.n_refused;
      sum.counts.n_checks += seats[i].counts.n_checks;
      sum.n_trims += seats[i].n_trims;
      sum.n_walks += seats[i].n_walks;
    }

  return sum;
}

static void
print (const Seat *sum)
{
  g_test_message ("%" G_GUINT64_FORMAT " exchanges by %" G_GUINT64_FORMAT " threads, with seed "
                  "%" G_GINT64_FORMAT,
                  sum->counts.n_exchanges, n_started, seed);
  g_test_message ("%" G_GUINT64_FORMAT " allocations, %" G_GUINT64_FORMAT " refused at a limit, "
                  "%" G_GUINT64_FORMAT " checks, %" G_GUINT64_FORMAT " trims, %" G_GUINT64_FORMAT
                  " walks",
                  sum->counts.n_allocations, sum->counts.n_refused, sum->counts.n_checks,
                  sum->n_trims, sum->n_walks);
}

static void
test_stress (void)
{
  g_autofree Seat *seats = g_new0 (Seat, n_threads);
  Seat sum;

  for (guint i = 0; i < G_N_ELEMENTS (depots); i++)
    depot_open (&depots[i], &depot_kinds[i]);

  run_threads (seats);
  for (guint i = 0; i < G_N_ELEMENTS (depots); i++)
    depot_close (&depots[i], &seats[0].counts);
  depot_assert_all_cleared ();

  sum = sum_up (seats);
  print (&sum);
  g_assert_cmpuint (sum.counts.n_allocations, ==, sum.counts.n_checks);
}

/* What GTest has options for is left to it, but for the seed. */
static void
parse_options (int *argc, char ***argv)
{
  const GOptionEntry entries[] = {
    { "threads", 0, 0, G_OPTION_ARG_INT, &n_threads, "How many there are at a time", "N" },
    { "seconds", 0, 0, G_OPTION_ARG_INT, &n_seconds, "How long to go on at least", "N" },
    { "exchanges", 0, 0, G_OPTION_ARG_INT64, &n_wanted, "How many to make at least", "N" },
    { "seed", 0, 0, G_OPTION_ARG_INT64, &seed, "What random numbers start from", "N" },
    G_OPTION_ENTRY_NULL,
  };

  stress_init (entries, argc, argv);
  if (n_threads < 1 || n_seconds < 0)
    g_error ("--threads is %d and --seconds is %d: they must be at least 1 and 0", n_threads,
             n_seconds);
  if (n_wanted < 0)
    n_wanted = fsmm_test_is_slow_environment () ? 2000 : 50000;
}

int
main (int argc, char *argv[])
{
  parse_options (&argc, &argv);
  g_test_add_func ("/stress/cookies", test_stress);

  return g_test_run ();
}
