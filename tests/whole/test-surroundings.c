/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What surrounds a pool: a sandbox that refuses system calls, threads with small stacks, other
 * programs that are started, and others who look at its counts. */

#include "fsmm-test.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <spawn.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define N_THREADS 3
#define N_BLOCKS 300

/* No call of the C library sets this one. */
#define SOME_ERRNO 4711

/* From now on the kernel answers @call with @error, whichever thread asks: until the process
 * ends, so that tests do this in one of their own. */
static void
refuse (int call, int error)
{
  struct sock_filter steps[] = {
    BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, nr)),
    BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, (guint) call, 0, 1),
    BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (guint) error),
    BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog filter = { G_N_ELEMENTS (steps), steps };

  g_assert_cmpint (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), ==, 0);
  g_assert_cmpint (
      syscall (SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter), ==, 0);
}

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

static void
trim_for_a_while (FsmmPool *pool)
{
  gint64 end = g_get_monotonic_time () + G_USEC_PER_SEC / 5;

  do
    {
      errno = SOME_ERRNO;
      fsmm_pool_trim (pool);
      g_assert_cmpint (errno, ==, SOME_ERRNO);
    }
  while (g_get_monotonic_time () < end);
}

static void
trim_under_traffic (FsmmPool *pool)
{
  Traffic traffic;

  start_traffic (&traffic, pool);
  trim_for_a_while (pool);
  end_traffic (&traffic);
}

/* --- What a sandbox refuses --- */

static void
stop_threads_without_help (void)
{
  g_autoptr (FsmmPool) pool = NULL;

  refuse (SYS_membarrier, EPERM);
  pool = fsmm_test_pool_new (64, 1024);
  trim_under_traffic (pool);
}

/* As a browser does: it starts, and enters its sandbox with all threads running. */
static void
stop_threads_that_had_help (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  Traffic traffic;

  start_traffic (&traffic, pool);
  trim_for_a_while (pool);
  refuse (SYS_membarrier, EPERM);
  trim_for_a_while (pool);
  end_traffic (&traffic);
}

static void
take_zeroes (FsmmPool *pool, gpointer *blocks)
{
  static const guint8 zeroes[4096];

  for (guint i = 0; i < N_BLOCKS; i++)
    {
      blocks[i] = fsmm_pool_alloc0 (pool, NULL);
      g_assert_cmpmem (blocks[i], sizeof zeroes, zeroes, sizeof zeroes);
      memset (blocks[i], 0xee, sizeof zeroes);
    }
}

/* Memory that could not be given back is full of what was in it. */
static void
give_back (FsmmPool *pool)
{
  gpointer blocks[N_BLOCKS];

  take_zeroes (pool, blocks);
  for (guint i = 0; i < N_BLOCKS; i++)
    if (i % 8 != 0)
      fsmm_test_free (pool, blocks[i]);
  errno = SOME_ERRNO;
  fsmm_pool_trim (pool);
  g_assert_cmpint (errno, ==, SOME_ERRNO);
  for (guint i = 0; i < N_BLOCKS; i += 8)
    fsmm_test_free (pool, blocks[i]);

  take_zeroes (pool, blocks);
  errno = SOME_ERRNO;
  g_assert_cmpuint (fsmm_pool_free_all (pool), ==, N_BLOCKS);
  g_assert_cmpint (errno, ==, SOME_ERRNO);

  take_zeroes (pool, blocks);
  errno = SOME_ERRNO;
  g_object_unref (pool);
  g_assert_cmpint (errno, ==, SOME_ERRNO);
}

static void
give_back_pages (void)
{
  refuse (SYS_madvise, EPERM);
  give_back (fsmm_test_pool_new (4096, 16384));
}

static void
give_back_mappings (void)
{
  refuse (SYS_munmap, ENOMEM);
  give_back (fsmm_test_pool_new (4096, 0));
}

static void
test_sandbox (gconstpointer data)
{
  void (*live_in_it) (void) = (void (*) (void)) data;

  if (g_test_subprocess ())
    {
      live_in_it ();
      return;
    }

  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
  g_test_trap_assert_passed ();
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
  static const struct {
    const char *path;
    void (*live_in_it) (void);
  } sandboxes[] = {
    { "/surroundings/sandbox/membarrier-from-the-start", stop_threads_without_help },
    { "/surroundings/sandbox/membarrier-later", stop_threads_that_had_help },
    { "/surroundings/sandbox/madvise", give_back_pages },
    { "/surroundings/sandbox/munmap", give_back_mappings },
  };

  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (sandboxes); i++)
    g_test_add_data_func (sandboxes[i].path, (gconstpointer) sandboxes[i].live_in_it, test_sandbox);

  g_test_add_func ("/surroundings/small-stack", test_small_stack);
  g_test_add_func ("/surroundings/spawned-programs", test_spawned_programs);
  g_test_add_func ("/surroundings/counts-under-load", test_counts_under_load);

  return g_test_run ();
}
