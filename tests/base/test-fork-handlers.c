/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a program registers with pthread_atfork () may use pools, however early it registers it. */

#include "fsmm-test.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static FsmmPool *pool;
static void (*on_prepare) (void);
static void (*on_parent) (void);
static void (*on_child) (void);

static void
prepare (void)
{
  if (on_prepare != NULL)
    on_prepare ();
}

static void
parent (void)
{
  if (on_parent != NULL)
    on_parent ();
}

static void
child (void)
{
  /* What hangs here has not come out of fork () yet. */
  alarm (20);
  if (on_child != NULL)
    on_child ();
}

/* Before main (), and so before the first pool. */
static __attribute__ ((constructor)) void
register_early (void)
{
  pthread_atfork (prepare, parent, child);
}

/* More than a thread keeps for itself. */
static void
use_pool (void)
{
  gpointer blocks[300];

  g_assert_true (fsmm_pool_alloc_many (pool, G_N_ELEMENTS (blocks), blocks, NULL));
  g_assert_true (fsmm_pool_free_many (pool, G_N_ELEMENTS (blocks), blocks, NULL));
  fsmm_pool_trim (pool);
}

static void
run_in_child (void (*func) (void))
{
  int status;
  pid_t pid;

  /* The parent can hang as well. */
  alarm (20);
  pid = fsmm_test_fork ();
  if (pid == 0)
    {
      func ();
      _exit (0);
    }

  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_cmpint (status, ==, 0);
  alarm (0);
}

static void
test_uses_pool (gconstpointer data)
{
  void (**handler) (void) = (void (**) (void)) data;

  pool = fsmm_test_pool_new (64, 1024);
  *handler = use_pool;
  run_in_child (use_pool);
  *handler = NULL;
  g_object_unref (pool);
}

/* --- A lock that is held while a pool is used --- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static gint stop; /* (atomic) */

static void
lock_it (void)
{
  pthread_mutex_lock (&lock);
}

static void
unlock_it (void)
{
  pthread_mutex_unlock (&lock);
}

static void
use_pool_locked (void)
{
  lock_it ();
  use_pool ();
  unlock_it ();
}

static gpointer
use_until_told (gpointer data)
{
  while (!g_atomic_int_get (&stop))
    use_pool_locked ();

  return NULL;
}

static void
test_keeps_lock (void)
{
  GThread *thread;

  pool = fsmm_test_pool_new (64, 1024);
  on_prepare = lock_it;
  on_parent = on_child = unlock_it;

  thread = g_thread_new ("use", use_until_told, NULL);
  for (guint i = fsmm_test_is_slow_environment () ? 5 : 100; i > 0; i--)
    run_in_child (use_pool_locked);
  g_atomic_int_set (&stop, TRUE);
  g_thread_join (thread);

  on_prepare = on_parent = on_child = NULL;
  g_object_unref (pool);
}

int
main (int argc, char *argv[])
{
  fsmm_test_want_caches ();
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/fork/handler/prepare", &on_prepare, test_uses_pool);
  g_test_add_data_func ("/fork/handler/parent", &on_parent, test_uses_pool);
  g_test_add_data_func ("/fork/handler/child", &on_child, test_uses_pool);
  g_test_add_func ("/fork/handler/keeps-lock", test_keeps_lock);

  return g_test_run ();
}
