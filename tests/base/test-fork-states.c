/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Whatever call other threads are in when a thread forks, its child can take and free blocks. */

#include "fsmm-test.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define N_THREADS 2
#define N_BLOCKS 150
#define LIMIT 40

typedef struct {
  char *text; /* (owned) (nullable) */
} Letter;

static void
letter_init (Letter *self)
{
  self->text = g_strdup ("to whom it may concern");
}

static void
letter_copy (const Letter *source, Letter *destination)
{
  destination->text = g_strdup (source->text);
}

static void
letter_clear (Letter *self)
{
  g_clear_pointer (&self->text, g_free);
}

GType letter_get_type (void);
FSMM_DEFINE_BOXED_TYPE_EXTENDED (Letter, letter, letter_init, letter_copy, letter_clear, NULL, {})

static FsmmPool *pool;       /* its blocks are never dropped */
static FsmmPool *dropped;    /* anybody does, at any time */
static FsmmPool *bounded;    /* to LIMIT blocks */
static FsmmTypedPool *typed; /* of letters */
static gpointer kept;        /* a block of the pool */

/* --- What a thread may be in --- */

static void
take_and_free (void)
{
  gpointer blocks[N_BLOCKS];

  for (guint i = 0; i < N_BLOCKS; i++)
    blocks[i] = fsmm_pool_alloc (pool, NULL);
  for (guint i = 0; i < N_BLOCKS; i++)
    fsmm_pool_free (pool, blocks[i], NULL);
}

static void
take_zeroes (void)
{
  fsmm_free (fsmm_pool_alloc0 (pool, NULL));
}

static void
take_and_free_many (void)
{
  gpointer blocks[N_BLOCKS];

  g_assert_true (fsmm_pool_alloc_many (pool, N_BLOCKS, blocks, NULL));
  g_assert_true (fsmm_pool_free_many (pool, N_BLOCKS, blocks, NULL));
}

/* What is refused here, though others have idle blocks, belongs to others. */
static void
come_to_a_limit (void)
{
  gpointer blocks[LIMIT];
  guint n;

  for (n = 0; n < LIMIT && (blocks[n] = fsmm_pool_alloc (bounded, NULL)) != NULL;)
    n++;
  while (n > 0)
    fsmm_pool_free (bounded, blocks[--n], NULL);
}

static void
reserve (void)
{
  fsmm_pool_reserve (pool, N_BLOCKS, NULL);
}

static void
reserve_and_trim (void)
{
  reserve ();
  fsmm_pool_trim (pool);
}

static void
drop_all (void)
{
  for (guint i = 0; i < N_BLOCKS; i++)
    fsmm_pool_alloc (dropped, NULL);
  fsmm_pool_free_all (dropped);
}

static void
count (gpointer block, gpointer user_data)
{
  (*(guint *) user_data)++;
}

static void
go_through (void)
{
  guint n_blocks = 0;

  fsmm_pool_foreach (pool, count, &n_blocks);
  fsmm_typed_pool_foreach (typed, count, &n_blocks);
}

static void
ask_about_addresses (void)
{
  g_assert_true (fsmm_pool_is_allocated (pool, kept));
  g_assert_true (fsmm_pool_for_block (kept) == pool);
  g_assert_null (fsmm_pool_for_block (&pool));
}

static void
be_refused (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (fsmm_pool_free (pool, &pool, &error));
}

static void
describe (void)
{
  g_free (fsmm_pool_dump (pool));
}

static void
ask_for_figures (void)
{
  fsmm_pool_get_n_allocated (pool);
  fsmm_pool_get_peak_allocated (pool);
  fsmm_pool_get_reserved_bytes (pool);
}

static void
construct_and_destroy (void)
{
  fsmm_test_destroy (typed, fsmm_test_construct (typed));
}

static void
copy_and_free_boxed (void)
{
  Letter letter = { (char *) "dear reader" };

  g_boxed_free (letter_get_type (), g_boxed_copy (letter_get_type (), &letter));
}

static void
make_and_drop_pools (void)
{
  g_autoptr (FsmmPool) another = fsmm_test_pool_new (32, 1024);

  fsmm_test_alloc (another);
}

static gpointer
work_briefly (gpointer data)
{
  take_and_free ();

  return NULL;
}

static void
start_and_end_threads (void)
{
  g_thread_join (g_thread_new ("brief", work_briefly, NULL));
}

typedef struct {
  const char *name;
  void (*func) (void);
  gboolean is_for_child;
} Action;

/* A child may do what needs no lock of GLib's. */
static const Action actions[] = {
  { "take-and-free", take_and_free, TRUE },
  { "take-zeroes", take_zeroes, TRUE },
  { "take-and-free-many", take_and_free_many, TRUE },
  { "come-to-a-limit", come_to_a_limit, TRUE },
  { "reserve", reserve, TRUE },
  { "reserve-and-trim", reserve_and_trim, TRUE },
  { "drop-all", drop_all, TRUE },
  { "go-through", go_through, FALSE },
  { "ask-about-addresses", ask_about_addresses, TRUE },
  { "be-refused", be_refused, FALSE },
  { "describe", describe, FALSE },
  { "ask-for-figures", ask_for_figures, TRUE },
  { "construct-and-destroy", construct_and_destroy, TRUE },
  { "copy-and-free-boxed", copy_and_free_boxed, TRUE },
  { "make-and-drop-pools", make_and_drop_pools, FALSE },
  { "start-and-end-threads", start_and_end_threads, FALSE },
};

/* --- Forking meanwhile --- */

static gint stop;         /* (atomic) */
static volatile guint *n; /* what the child is at: shared with it */

static gpointer
act_until_told (gpointer data)
{
  const Action *action = data;

  while (!g_atomic_int_get (&stop))
    action->func ();

  return NULL;
}

static int
act_in_child (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (actions); i++)
    if (actions[i].is_for_child)
      {
        *n = i;
        actions[i].func ();
      }

  return fsmm_pool_free (pool, kept, NULL) ? 0 : 1;
}

static gboolean
child_works (const Action *action)
{
  int status;
  pid_t child = fsmm_test_fork ();

  if (child == 0)
    _exit (act_in_child ());

  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  if (status != 0)
    g_test_fail_printf ("while others %s, a child that was to %s %s", action->name,
                        actions[*n].name, WIFSIGNALED (status) ? "was killed" : "failed");

  return status == 0;
}

static void
test_fork_while_others (gconstpointer data)
{
  const Action *action = data;
  GThread *threads[N_THREADS];

  g_atomic_int_set (&stop, FALSE);
  for (guint i = 0; i < N_THREADS; i++)
    threads[i] = g_thread_new (action->name, act_until_told, (gpointer) action);

  for (guint i = fsmm_test_is_slow_environment () ? 5 : 50; i > 0 && child_works (action); i--)
    ;

  g_atomic_int_set (&stop, TRUE);
  for (guint i = 0; i < N_THREADS; i++)
    g_thread_join (threads[i]);
  fsmm_test_assert_sound (pool);
  g_assert_cmpuint (fsmm_pool_get_n_allocated (pool), ==, 1);
  fsmm_test_assert_live (typed, 0);
}

int
main (int argc, char *argv[])
{
  int result;

  fsmm_test_want_caches ();
  g_test_init (&argc, &argv, NULL);

  n = mmap (NULL, sizeof *n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pool = fsmm_test_pool_new (64, 4096);
  dropped = fsmm_test_pool_new (64, 4096);
  bounded = fsmm_pool_new_full ("bounded", 64, 0, 1024, LIMIT, NULL);
  typed = fsmm_typed_pool_get_default (letter_get_type ());
  kept = fsmm_test_alloc (pool);

  for (guint i = 0; i < G_N_ELEMENTS (actions); i++)
    {
      g_autofree char *path = g_strdup_printf ("/fork/while-others/%s", actions[i].name);

      g_test_add_data_func (path, &actions[i], test_fork_while_others);
    }
  result = g_test_run ();

  fsmm_pool_free (pool, kept, NULL);
  g_object_unref (pool);
  g_object_unref (dropped);
  g_object_unref (bounded);

  return result;
}
