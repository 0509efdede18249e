/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A thread forks while another one does something for the first time in the process: what is made
 * for it just once does not stay half made in the child.
 *
 * There is one first time in a process. So each is in a stage, a process of its own in which
 * nothing has been used yet; this program itself uses no pool. */

#include "fsmm-test.h"

#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct {
  int number;
} Token;

GType token_get_type (void);
FSMM_DEFINE_BOXED_TYPE (Token, token, NULL, NULL)
FSMM_DEFINE_POOL (Token, token)

static FsmmPool *pool;
static FsmmTypedPool *tokens;
static gint is_started; /* (atomic) */

/* --- First times --- */

static void
take_first_block (void)
{
  fsmm_test_free (pool, fsmm_test_alloc (pool));
}

static void
take_first_blocks (void)
{
  gpointer blocks[100];

  g_assert_true (fsmm_pool_alloc_many (pool, 100, blocks, NULL));
  g_assert_true (fsmm_pool_free_many (pool, 100, blocks, NULL));
}

static void
acquire_first_block (void)
{
  fsmm_block_unref (fsmm_pool_acquire (pool, NULL));
}

static void
copy_first_token (void)
{
  Token token = { 1 };

  g_boxed_free (token_get_type (), g_boxed_copy (token_get_type (), &token));
}

static void
fill_first_box (void)
{
  FsmmBox *box = fsmm_typed_pool_alloc (tokens, NULL);

  g_assert_nonnull (fsmm_box_peek (box, NULL));
  fsmm_box_unref (box);
}

static void
use_static_pool_first (void)
{
  token_pool_free (token_pool_new0 ());
}

static void
exceed_first_limit (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (fsmm_pool_alloc_many (pool, 1000, NULL, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_INVALID_ARGUMENT);
}

typedef struct {
  const char *path;
  void (*func) (void);
} First;

static const First firsts[] = {
  { "/fork/first-use/block", take_first_block },
  { "/fork/first-use/many-blocks", take_first_blocks },
  { "/fork/first-use/handle", acquire_first_block },
  { "/fork/first-use/copy", copy_first_token },
  { "/fork/first-use/box", fill_first_box },
  { "/fork/first-use/static-pool", use_static_pool_first },
  { "/fork/first-use/error", exceed_first_limit },
};

/* --- A stage --- */

static gpointer
do_for_the_first_time (gpointer data)
{
  const First *first = data;

  g_atomic_int_set (&is_started, TRUE);
  first->func ();

  return NULL;
}

static gboolean
child_ends (pid_t child)
{
  int status;

  return waitpid (child, &status, 0) == child && status == 0;
}

/* The child does the same as the thread that it does not have. */
static int
run_stage (const First *first, guint delay)
{
  GThread *thread;
  pid_t child;

  pool = fsmm_pool_new (64, 0, NULL);
  tokens = fsmm_typed_pool_get_default (token_get_type ());

  thread = g_thread_new ("first", do_for_the_first_time, (gpointer) first);
  while (!g_atomic_int_get (&is_started))
    sched_yield ();
  for (volatile guint i = 0; i < delay; i++)
    ;

  child = fork ();
  if (child == 0)
    {
      alarm (5);
      first->func ();
      _exit (0);
    }

  g_thread_join (thread);

  return child_ends (child) ? 0 : 1;
}

static void
test_first_use (gconstpointer data)
{
  const First *first = data;
  guint n_rounds = fsmm_test_is_slow_environment () ? 20 : 300;

  for (guint i = 0; i < n_rounds; i++)
    {
      pid_t stage = fsmm_test_fork ();

      if (stage == 0)
        _exit (run_stage (first, 100 * (i % 100)));
      if (!child_ends (stage))
        {
          g_test_fail_printf ("a child hung, or failed, in round %u", i);
          break;
        }
    }
}

int
main (int argc, char *argv[])
{
  fsmm_test_want_caches ();
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (firsts); i++)
    g_test_add_data_func (firsts[i].path, &firsts[i], test_first_use);

  return g_test_run ();
}
