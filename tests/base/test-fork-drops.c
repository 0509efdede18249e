/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fsmm-test.h"

#include <sys/wait.h>
#include <unistd.h>

/* What a child of fork () can do with pools that another thread was dropping, or had handles of,
 * at that moment. */

#define N_ITEMS 200

typedef struct {
  guint number;
} Item;

static FsmmTypedPool *dropped_pool;
static gint n_cleared; /* (atomic) */

static void
item_clear (Item *self)
{
  g_atomic_int_inc (&n_cleared);
  g_usleep (1000);
}

GType item_get_type (void);
FSMM_DEFINE_BOXED_TYPE (Item, item, NULL, item_clear)

static gpointer
free_all (gpointer data)
{
  return GSIZE_TO_POINTER (fsmm_typed_pool_free_all (dropped_pool));
}

static void
assert_exits (pid_t child)
{
  int status;

  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, 0);
}

/* A drop in the child goes on with what the other thread had not come to. */
static void
drop_in_child (void)
{
  gint n_before = g_atomic_int_get (&n_cleared);

  g_assert_cmpuint (fsmm_typed_pool_free_all (dropped_pool), <=, N_ITEMS - (guint) n_before + 1);
  g_assert_cmpint (n_cleared, >=, N_ITEMS - 1);
  g_assert_cmpint (n_cleared, <=, N_ITEMS);

  for (guint i = 0; i < N_ITEMS; i++)
    g_assert_nonnull (fsmm_typed_pool_construct (dropped_pool, NULL));
  g_assert_null (fsmm_typed_pool_construct (dropped_pool, NULL));
  fsmm_test_assert_sound (fsmm_typed_pool_get_pool (dropped_pool));
}

static void
test_free_all (void)
{
  GThread *thread;
  pid_t child;

  dropped_pool = fsmm_typed_pool_new_full ("dropped", item_get_type (), 1024, N_ITEMS, NULL);
  for (guint i = 0; i < N_ITEMS; i++)
    fsmm_test_construct (dropped_pool);
  n_cleared = 0;

  thread = g_thread_new ("free-all", free_all, NULL);
  while (g_atomic_int_get (&n_cleared) < N_ITEMS / 4)
    g_usleep (100);

  child = fsmm_test_fork ();
  if (child == 0)
    {
      alarm (20);
      drop_in_child ();
      _exit (0);
    }
  assert_exits (child);

  g_assert_cmpuint (GPOINTER_TO_SIZE (g_thread_join (thread)), ==, N_ITEMS);
  g_assert_cmpint (n_cleared, ==, N_ITEMS);
  g_assert_finalize_object (g_steal_pointer (&dropped_pool));
}

/* --- Handles --- */

static FsmmPool *raw_pool;
static gint stop; /* (atomic) */

static void
use_handles (void)
{
  g_autoptr (FsmmBlock) block = fsmm_pool_acquire (raw_pool, NULL);
  g_autoptr (FsmmBox) box = fsmm_typed_pool_alloc (dropped_pool, NULL);

  g_assert_nonnull (block);
  g_assert_nonnull (box);
}

static gpointer
use_handles_in_thread (gpointer data)
{
  while (!g_atomic_int_get (&stop))
    use_handles ();

  return NULL;
}

/* Where handles come and go, GObject's count is locked now and then. */
static void
test_handles (void)
{
  GThread *thread;

  raw_pool = fsmm_test_pool_new (64, 0);
  dropped_pool = fsmm_typed_pool_new (G_TYPE_DATE, 0, NULL);
  g_atomic_int_set (&stop, FALSE);
  thread = g_thread_new ("handles", use_handles_in_thread, NULL);

  for (guint i = 0; i < (fsmm_test_is_slow_environment () ? 20 : 1000); i++)
    {
      pid_t child = fsmm_test_fork ();

      if (child == 0)
        {
          alarm (10);
          use_handles ();
          _exit (0);
        }
      assert_exits (child);
    }

  g_atomic_int_set (&stop, TRUE);
  g_thread_join (thread);
  g_assert_finalize_object (g_steal_pointer (&dropped_pool));
  g_assert_finalize_object (g_steal_pointer (&raw_pool));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/fork-drops/free-all", test_free_all);
  g_test_add_func ("/fork-drops/handles", test_handles);

  return g_test_run ();
}
