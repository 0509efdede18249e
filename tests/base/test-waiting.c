/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A thread that has to wait for another one sleeps meanwhile: it leaves the processor to that one,
 * which may have no other, and may have a lower priority. */

#define _GNU_SOURCE

#include "fsmm-test.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* So large that a thread that takes and frees zeroed blocks is at that for nearly all its time, and
 * as large as those that it does that with on its own can be. */
#define BLOCK_BYTES 100000
#define LIMIT 6
/* For how long a thread is put aside, and how much of that another may spend, in microseconds. */
#define ASIDE 50000
#define ENOUGH 5000

typedef struct {
  FsmmPool *pool;
  gint stop; /* (atomic) */
} Work;

static void
work_init (Work *self)
{
  *self = (Work) { fsmm_pool_new_full ("work", BLOCK_BYTES, 0, 0, LIMIT, NULL), FALSE };
  g_assert_nonnull (self->pool);
}

/* Its block may be dropped, and then is not there to be freed. */
static void *
work_until_told (void *data)
{
  Work *self = data;

  while (!g_atomic_int_get (&self->stop))
    {
      g_autoptr (GError) error = NULL;

      fsmm_pool_free (self->pool, fsmm_pool_alloc0 (self->pool, NULL), &error);
    }

  return NULL;
}

/* --- What may have to wait for that --- */

static void
trim (FsmmPool *pool)
{
  fsmm_pool_trim (pool);
}

static void
reserve (FsmmPool *pool)
{
  fsmm_pool_reserve (pool, 2, NULL);
}

static void
drop_all (FsmmPool *pool)
{
  fsmm_pool_free_all (pool);
}

static void
take_up_to_limit (FsmmPool *pool)
{
  gpointer blocks[LIMIT];
  guint n = 0;

  while (n < LIMIT && (blocks[n] = fsmm_pool_alloc (pool, NULL)) != NULL)
    n++;
  while (n > 0)
    fsmm_pool_free (pool, blocks[--n], NULL);
}

static void
fork_and_wait (FsmmPool *pool)
{
  pid_t child = fsmm_test_fork ();

  if (child == 0)
    _exit (0);
  g_assert_cmpint (waitpid (child, NULL, 0), ==, child);
}

typedef struct {
  const char *path;
  void (*func) (FsmmPool *pool);
} Waiter;

static const Waiter waiters[] = {
  { "/waiting/costs-nothing/trim", trim },
  { "/waiting/costs-nothing/reserve", reserve },
  { "/waiting/costs-nothing/free-all", drop_all },
  { "/waiting/costs-nothing/limit", take_up_to_limit },
  { "/waiting/costs-nothing/fork", fork_and_wait },
};

/* --- For a thread that was put aside --- */

static gint is_aside; /* (atomic) */

/* Puts a thread aside where it happens to be, as the system may at any time. */
static void
stay_aside (int number)
{
  const struct timespec time = { 0, ASIDE * 1000 };

  g_atomic_int_set (&is_aside, TRUE);
  nanosleep (&time, NULL);
}

static gint64
processor_time (void)
{
  struct timespec time;

  g_assert_cmpint (clock_gettime (CLOCK_THREAD_CPUTIME_ID, &time), ==, 0);

  return time.tv_sec * G_USEC_PER_SEC + time.tv_nsec / 1000;
}

static gint64
measure_wait (Work *work, pthread_t other, void (*func) (FsmmPool *pool))
{
  gint64 before;

  g_atomic_int_set (&is_aside, FALSE);
  g_assert_cmpint (pthread_kill (other, SIGUSR1), ==, 0);
  while (!g_atomic_int_get (&is_aside))
    g_usleep (100);

  before = processor_time ();
  func (work->pool);

  return processor_time () - before;
}

static void
test_costs_nothing (gconstpointer data)
{
  const Waiter *waiter = data;
  const struct sigaction action = { .sa_handler = stay_aside };
  Work work;
  pthread_t thread;

  work_init (&work);
  g_assert_cmpint (sigaction (SIGUSR1, &action, NULL), ==, 0);
  g_assert_cmpint (pthread_create (&thread, NULL, work_until_told, &work), ==, 0);

  for (guint i = 0; i < 8; i++)
    {
      g_usleep (2000);
      g_assert_cmpint (measure_wait (&work, thread, waiter->func), <, ENOUGH);
    }

  g_atomic_int_set (&work.stop, TRUE);
  g_assert_cmpint (pthread_join (thread, NULL), ==, 0);
  g_object_unref (work.pool);
}

/* --- For a thread that never gets the processor otherwise --- */

#define LONGEST_TRIM 50000 /* microseconds */

/* The calling thread shares one processor with others that call this, and comes before those with a
 * lower priority. Returns FALSE, and leaves all as it is, where that is not allowed. */
static gboolean
become_urgent (int priority)
{
  const struct sched_param parameters = { .sched_priority = priority };
  cpu_set_t allowed, one;
  int processor = 0;

  g_assert_cmpint (sched_getaffinity (0, sizeof allowed, &allowed), ==, 0);
  while (!CPU_ISSET (processor, &allowed))
    processor++;
  CPU_ZERO (&one);
  CPU_SET (processor, &one);
  g_assert_cmpint (sched_setaffinity (0, sizeof one, &one), ==, 0);

  return pthread_setschedparam (pthread_self (), SCHED_FIFO, &parameters) == 0;
}

static void *
work_urgently (void *data)
{
  become_urgent (1);

  return work_until_told (data);
}

/* How long the longest of some trims took, or the processor time that it took where no thread may
 * be urgent: then others, of which a test knows nothing, take their share of the time. */
static void *
trim_more_urgently (void *data)
{
  Work *self = data;
  gboolean is_urgent = become_urgent (2);
  gint64 longest = 0;

  for (guint i = 0; i < 50; i++)
    {
      gint64 before;

      /* The other thread gets to be somewhere else each time. */
      g_usleep (1000 + 137 * (i % 7));
      before = is_urgent ? g_get_monotonic_time () : processor_time ();
      fsmm_pool_trim (self->pool);
      longest = MAX (longest, (is_urgent ? g_get_monotonic_time () : processor_time ()) - before);
    }
  g_atomic_int_set (&self->stop, TRUE);

  return GSIZE_TO_POINTER (longest);
}

static gsize
measure_trims (void)
{
  pthread_t urgent, more_urgent;
  void *longest;
  Work work;

  work_init (&work);
  /* A thread that waits in vain for a less urgent one would not end by itself. */
  alarm (10);
  g_assert_cmpint (pthread_create (&urgent, NULL, work_urgently, &work), ==, 0);
  g_assert_cmpint (pthread_create (&more_urgent, NULL, trim_more_urgently, &work), ==, 0);
  g_assert_cmpint (pthread_join (more_urgent, &longest), ==, 0);
  g_assert_cmpint (pthread_join (urgent, NULL), ==, 0);
  alarm (0);
  g_object_unref (work.pool);

  return GPOINTER_TO_SIZE (longest);
}

/* More than once, because the system stops all urgent threads for 50 ms of a second in which they,
 * and those of other programs, have taken the rest. */
static void
test_real_time (void)
{
  gsize longest = G_MAXSIZE;

  for (guint i = 0; i < 3 && longest >= LONGEST_TRIM; i++)
    {
      longest = measure_trims ();
      g_test_message ("the longest trim took %" G_GSIZE_FORMAT " microseconds", longest);
    }

  g_assert_cmpuint (longest, <, LONGEST_TRIM);
}

int
main (int argc, char *argv[])
{
  fsmm_test_want_caches ();
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (waiters); i++)
    g_test_add_data_func (waiters[i].path, &waiters[i], test_costs_nothing);
  g_test_add_func ("/waiting/real-time", test_real_time);

  return g_test_run ();
}
