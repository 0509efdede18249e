/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A sandbox or an old kernel refuses one of the system calls that the library makes, or that the C
 * library makes for it: from the start, or once pools are in use. Pools go on, and what they say of
 * themselves is true. What happens where memory is used up is in test-system-limits.c.
 *
 * Refused one by one is what a program can do without: not futex (), without which the C library
 * itself ends it. */

#include "pool-tour.h"
#include "refusal.h"

#include "../engine/other-thread.h"
#include "fsmm-glib/base/fsmm-barrier.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef FSMM_BARRIER_IS_ASYMMETRIC
#include <linux/membarrier.h>
#endif

typedef struct _Case Case;

/* What is done in a process of its own, where calls are refused from the start, or later. */
typedef struct
{
  void (*from_the_start) (const Case *c); /* (nullable) */
  void (*later) (const Case *c);          /* (nullable) */
} Scene;

struct _Case
{
  const char *name;
  const Scene *scene;
  Refusal refusals[2];
  TourKeeps keeps;
  gboolean is_for_tools; /* sanitizers can do without it themselves */
};

/* --- Where pools can do without --- */

static void
refuse_all (const Case *c)
{
  for (guint i = 0; i < G_N_ELEMENTS (c->refusals); i++)
    if (c->refusals[i].error != 0)
      refuse (&c->refusals[i]);
}

static void
tour_from_the_start (const Case *c)
{
  Tour tour;

  refuse_all (c);
  tour_begin (&tour);
  tour_go (&tour, c->keeps);
  tour_end (&tour, c->keeps);
}

/* As a browser does: it starts, and enters its sandbox with all threads running. */
static void
tour_later (const Case *c)
{
  Tour tour;

  tour_begin (&tour);
  tour_go (&tour, TOUR_KEEPS_NOTHING);
  refuse_all (c);
  tour_go (&tour, c->keeps);
  tour_end (&tour, c->keeps);
}

static const Scene tour_scene = { tour_from_the_start, tour_later };
/* For a call without which no thread can be started. */
static const Scene tour_later_scene = { .later = tour_later };

/* --- Where the kernel gives no memory --- */

static void
assert_alloc_fails (FsmmPool *pool)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (fsmm_pool_alloc (pool, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_NO_MEMORY);
}

static void
assert_many_fail (FsmmPool *pool, gsize n)
{
  g_autofree gpointer *blocks = g_new0 (gpointer, n);
  g_autoptr (GError) error = NULL;
  gsize n_allocated = fsmm_pool_get_n_allocated (pool);
  gsize n_chunks = fsmm_pool_get_n_chunks (pool);

  g_assert_false (fsmm_pool_alloc_many (pool, n, blocks, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_NO_MEMORY);
  g_clear_error (&error);
  for (gsize i = 0; i < n; i++)
    g_assert_null (blocks[i]);

  g_assert_false (fsmm_pool_reserve (pool, n, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_NO_MEMORY);
  fsmm_test_assert_counts (pool, n_allocated, n_chunks);
}

static void
have_no_memory (const Case *c)
{
  FsmmPool *pool;

  refuse_all (c);
  pool = fsmm_test_pool_new (64, 0);
  assert_alloc_fails (pool);
  assert_many_fail (pool, 100);
  g_assert_cmpuint (fsmm_pool_get_reserved_bytes (pool), ==, 0);
  g_assert_cmpuint (fsmm_pool_trim (pool), ==, 0);
  g_assert_cmpuint (fsmm_pool_free_all (pool), ==, 0);
  fsmm_test_assert_counts (pool, 0, 0);
  g_object_unref (pool);
}

/* Takes all that there is, and then has as much as is freed. */
static gpointer
use_what_there_is (FsmmPool *pool)
{
  g_autoptr (GPtrArray) blocks = g_ptr_array_new ();
  gsize n_allocated = fsmm_pool_get_n_allocated (pool);

  while (fsmm_pool_get_n_free (pool) > 0)
    g_ptr_array_add (blocks, tour_take (pool));
  assert_alloc_fails (pool);
  assert_many_fail (pool, 1);
  g_assert_cmpuint (fsmm_pool_get_n_allocated (pool), ==, n_allocated + blocks->len);

  for (guint i = 0; i < blocks->len; i += 3)
    {
      tour_give (pool, blocks->pdata[i]);
      blocks->pdata[i] = tour_take (pool);
    }
  assert_alloc_fails (pool);

  for (guint i = 0; i < blocks->len; i++)
    tour_give (pool, blocks->pdata[i]);
  tour_refuse_misuse (pool);
  fsmm_test_assert_counts (pool, n_allocated, fsmm_pool_get_n_chunks (pool));

  return NULL;
}

/* A thread takes what others have freed before it asks for more: so there is always a block for
 * those that trade. What is trimmed is gone. */
static void
have_no_more_memory (const Case *c)
{
  FsmmPool *pool = fsmm_test_pool_new (1024, 64 * 1024);
  Tour tour = { .pool = pool, .shared = fsmm_test_pool_new (64, 1024) };

  g_assert_true (fsmm_pool_reserve (pool, 300, NULL));
  g_assert_true (fsmm_pool_reserve (tour.shared, TOUR_N_SLOTS + TOUR_N_THREADS, NULL));
  tour_start_threads (&tour);
  refuse_all (c);

  use_what_there_is (pool);
  use_what_there_is (pool);
  g_usleep (G_USEC_PER_SEC / 10);
  tour_stop_threads (&tour);

  tour_take (pool);
  g_assert_cmpuint (fsmm_pool_trim (pool), >, 0);
  fsmm_test_assert_counts (pool, 1, 1);
  use_what_there_is (pool);
  g_assert_cmpuint (fsmm_pool_free_all (pool), ==, 1);
  fsmm_test_assert_sound (pool);

  g_object_unref (tour.shared);
  g_object_unref (pool);
}

static gpointer
enter_sandbox (FsmmPool *pool)
{
  const Refusal refusal = REFUSED (CALL_MMAP, ENOMEM);

  refuse_in_thread (&refusal);
  assert_alloc_fails (pool);
  assert_many_fail (pool, 10);

  return NULL;
}

/* One thread is in a sandbox. It can use what another one has got for the pool. */
static void
have_no_memory_in_one_thread (const Case *c)
{
  FsmmPool *pool = fsmm_test_pool_new (64, 64 * 1024);
  Other other;

  other_start (&other);
  other_call (&other, take_and_give_100, pool);
  fsmm_pool_trim (pool);
  other_call (&other, enter_sandbox, pool);
  g_assert_true (fsmm_pool_reserve (pool, 100, NULL));
  other_call (&other, use_what_there_is, pool);
  other_end (&other);

  g_object_unref (pool);
}

static const Scene no_memory_scene = { have_no_memory, have_no_more_memory };
static const Scene one_thread_scene = { .later = have_no_memory_in_one_thread };

/* --- Where the kernel stops no threads --- */

#ifdef FSMM_BARRIER_IS_ASYMMETRIC

#define N_BARRIERS 20

/* The first pool asks. */
static gboolean
kernel_helps (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);

  return !fsmm_barrier_is_symmetric;
}

/* Those who have no barrier of their own, since the kernel has promised its help, need the time
 * until what they have written is seen. */
static void
wait_instead_of_the_kernel (const Case *c)
{
  gint64 begin;

  if (!kernel_helps ())
    return;

  refuse_all (c);
  begin = g_get_monotonic_time ();
  for (guint n = 0; n < N_BARRIERS; n++)
    fsmm_barrier_heavy ();
  g_assert_cmpint (g_get_monotonic_time () - begin, >=, N_BARRIERS * 1000);
}

/* A child process asks the kernel again. */
static void
choose_anew_in_child (const Case *c)
{
  pid_t child;
  int status;

  if (!kernel_helps ())
    return;

  refuse_all (c);
  child = fsmm_test_fork ();
  if (child == 0)
    _exit (fsmm_barrier_is_symmetric ? 0 : 1);
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_cmpint (status, ==, 0);
}

static void
have_barriers_on_both_sides (const Case *c)
{
  refuse_all (c);
  g_assert_false (kernel_helps ());
}

static const Scene waiting_scene = { .later = wait_instead_of_the_kernel };
static const Scene barrier_scene = { have_barriers_on_both_sides, choose_anew_in_child };

#endif

/* --- Where files cannot be opened --- */

/* Names and lines of functions are in files. */
static gpointer
report_a_double_free (gpointer data)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new_named ("traced", 64, 0);
  g_autoptr (GError) error = NULL;
  gpointer block = fsmm_test_alloc (pool);

  fsmm_test_free (pool, block);
  g_assert_false (fsmm_pool_free (pool, block, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_DOUBLE_FREE);
  g_assert_nonnull (strstr (error->message, "it was taken by:"));
  g_assert_nonnull (strstr (error->message, "it was freed by:"));

  return NULL;
}

/* The bounds of the first thread's stack are in a file, too. */
static void
report_in_each_thread (void)
{
  report_a_double_free (NULL);
  g_thread_join (g_thread_new ("report", report_a_double_free, NULL));
}

static void
report_from_the_start (const Case *c)
{
  g_setenv ("FSMM_DEBUG", "trace", TRUE);
  refuse_all (c);
  report_in_each_thread ();
}

static void
report_later (const Case *c)
{
  g_setenv ("FSMM_DEBUG", "trace", TRUE);
  report_in_each_thread ();
  refuse_all (c);
  report_in_each_thread ();
}

static const Scene report_scene = { report_from_the_start, report_later };

/* --- Which calls --- */

#define HUGE_PAGE (2 * 1024 * 1024)

static const Case cases[] = {
  { .name = "membarrier/ENOSYS",
    .scene = &tour_scene,
    .refusals = { REFUSED (SYS_membarrier, ENOSYS) },
    .is_for_tools = TRUE },
  { .name = "membarrier/EPERM",
    .scene = &tour_scene,
    .refusals = { REFUSED (SYS_membarrier, EPERM) },
    .is_for_tools = TRUE },
#ifdef FSMM_BARRIER_IS_ASYMMETRIC
  { .name = "membarrier/register",
    .scene = &tour_scene,
    .refusals = { REFUSED_IF (
        IF_FIRST, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, SYS_membarrier, EINVAL) },
    .is_for_tools = TRUE },
  { .name = "membarrier/barrier",
    .scene = &tour_scene,
    .refusals = { REFUSED_IF (IF_FIRST, MEMBARRIER_CMD_PRIVATE_EXPEDITED, SYS_membarrier, ENOMEM) },
    .is_for_tools = TRUE },
  { .name = "membarrier/kind",
    .scene = &barrier_scene,
    .refusals = { REFUSED (SYS_membarrier, EPERM) },
    .is_for_tools = TRUE },
  { .name = "membarrier/waits",
    .scene = &waiting_scene,
    .refusals = { REFUSED (SYS_membarrier, EPERM) },
    .is_for_tools = TRUE },
  { .name = "membarrier-and-nanosleep/waits",
    .scene = &waiting_scene,
    .refusals = { REFUSED (SYS_membarrier, EPERM), REFUSED (CALL_NANOSLEEP, EPERM) } },
#endif
  { .name = "membarrier-and-nanosleep",
    .scene = &tour_scene,
    .refusals = { REFUSED (SYS_membarrier, EPERM), REFUSED (CALL_NANOSLEEP, EPERM) } },
  { .name = "nanosleep", .scene = &tour_scene, .refusals = { REFUSED (CALL_NANOSLEEP, EPERM) } },

  { .name = "madvise/EPERM",
    .scene = &tour_scene,
    .refusals = { REFUSED (SYS_madvise, EPERM) },
    .keeps = TOUR_KEEPS_PAGES,
    .is_for_tools = TRUE },
  { .name = "madvise/ENOSYS",
    .scene = &tour_scene,
    .refusals = { REFUSED (SYS_madvise, ENOSYS) },
    .keeps = TOUR_KEEPS_PAGES,
    .is_for_tools = TRUE },
  { .name = "madvise/dontneed",
    .scene = &tour_scene,
    .refusals = { REFUSED_IF (IF_THIRD, MADV_DONTNEED, SYS_madvise, EINVAL) },
    .keeps = TOUR_KEEPS_PAGES,
    .is_for_tools = TRUE },
  { .name = "madvise/hugepage",
    .scene = &tour_scene,
    .refusals = { REFUSED_IF (IF_THIRD, MADV_HUGEPAGE, SYS_madvise, EINVAL) },
    .is_for_tools = TRUE },
  { .name = "madvise/nohugepage",
    .scene = &tour_scene,
    .refusals = { REFUSED_IF (IF_THIRD, MADV_NOHUGEPAGE, SYS_madvise, EINVAL) },
    .is_for_tools = TRUE },
#ifdef MADV_POPULATE_WRITE
  { .name = "madvise/populate/EINVAL",
    .scene = &tour_scene,
    .refusals = { REFUSED_IF (IF_THIRD, MADV_POPULATE_WRITE, SYS_madvise, EINVAL) },
    .is_for_tools = TRUE },
  { .name = "madvise/populate/EPERM",
    .scene = &tour_scene,
    .refusals = { REFUSED_IF (IF_THIRD, MADV_POPULATE_WRITE, SYS_madvise, EPERM) },
    .is_for_tools = TRUE },
#endif

  { .name = "munmap/ENOMEM", .scene = &tour_scene, .refusals = { REFUSED (SYS_munmap, ENOMEM) } },
  { .name = "munmap/EPERM", .scene = &tour_scene, .refusals = { REFUSED (SYS_munmap, EPERM) } },
  { .name = "munmap-and-madvise",
    .scene = &tour_scene,
    .refusals = { REFUSED (SYS_munmap, EPERM), REFUSED (SYS_madvise, EPERM) },
    .keeps = TOUR_KEEPS_ALL },

  { .name = "mmap/ENOMEM", .scene = &no_memory_scene, .refusals = { REFUSED (CALL_MMAP, ENOMEM) } },
  { .name = "mmap/EPERM", .scene = &no_memory_scene, .refusals = { REFUSED (CALL_MMAP, EPERM) } },
  { .name = "mmap/in-one-thread", .scene = &one_thread_scene },
  { .name = "mmap/huge-page",
    .scene = &tour_scene,
    .refusals = { REFUSED_IF (IF_SECOND, HUGE_PAGE, CALL_MMAP, ENOMEM) } },

  /* The C library's malloc () makes it. */
  { .name = "mprotect", .scene = &tour_later_scene, .refusals = { REFUSED (SYS_mprotect, EPERM) } },

  { .name = "openat", .scene = &report_scene, .refusals = { REFUSED (SYS_openat, EPERM) } },
  { .name = "prlimit64", .scene = &report_scene, .refusals = { REFUSED (SYS_prlimit64, EPERM) } },
  { .name = "sched_getaffinity",
    .scene = &report_scene,
    .refusals = { REFUSED (SYS_sched_getaffinity, EPERM) } },
};

/* --- One process for each --- */

static void
live_apart (void (*live) (const Case *c), const Case *c)
{
  if (g_test_subprocess ())
    {
      live (c);
      return;
    }

  if (!refusal_is_possible ())
    {
      g_test_skip ("no filter for system calls can be set up here");
      return;
    }

  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
  g_test_trap_assert_passed ();
}

static void
test_from_the_start (gconstpointer data)
{
  const Case *c = data;

  live_apart (c->scene->from_the_start, c);
}

static void
test_later (gconstpointer data)
{
  const Case *c = data;

  live_apart (c->scene->later, c);
}

static void
add (const Case *c)
{
  g_autofree char *from_the_start = g_strdup_printf ("/refused-calls/%s/from-the-start", c->name);
  g_autofree char *later = g_strdup_printf ("/refused-calls/%s/later", c->name);

  if (c->scene->from_the_start != NULL)
    g_test_add_data_func (from_the_start, c, test_from_the_start);
  if (c->scene->later != NULL)
    g_test_add_data_func (later, c, test_later);
}

int
main (int argc, char *argv[])
{
  fsmm_test_want_caches ();
  g_test_init (&argc, &argv, NULL);

  /* Sanitizers make system calls themselves, and end the program where most are refused. */
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    if (cases[i].is_for_tools || !fsmm_test_is_slow_environment ())
      add (&cases[i]);

  return g_test_run ();
}
