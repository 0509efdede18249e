/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The first calls of a process, from many threads at once; and the last ones of threads and of the
 * process, when much of it is gone already. */

#include "fsmm-test.h"

#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct {
  char *text; /* (owned) */
} Note;

static void
note_init (Note *self)
{
  self->text = g_strdup ("new");
}

static void
note_copy (const Note *source, Note *destination)
{
  destination->text = g_strdup (source->text);
}

static void
note_clear (Note *self)
{
  g_clear_pointer (&self->text, g_free);
}

GType note_get_type (void);
FSMM_DEFINE_BOXED_TYPE_EXTENDED (Note, note, note_init, note_copy, note_clear, NULL, {})

/* A type that has no layout yet. */
typedef struct {
  double x;
} Plain;

static gpointer
plain_copy (gpointer plain)
{
  return g_memdup2 (plain, sizeof (Plain));
}

GType plain_get_type (void);
G_DEFINE_BOXED_TYPE (Plain, plain, plain_copy, g_free)

/* --- The first call of all, by many threads at once --- */

#define N_THREADS 8

static gint n_waiting; /* (atomic) */
static FsmmPool *shared;

/* Spins, so that all go on at the same moment. */
static void
wait_for_all (void)
{
  g_atomic_int_inc (&n_waiting);
  while (g_atomic_int_get (&n_waiting) < N_THREADS)
    sched_yield ();
}

static gpointer
first_pool (gpointer data)
{
  g_autoptr (FsmmPool) pool = NULL;

  wait_for_all ();
  pool = fsmm_test_pool_new (64, 0);
  fsmm_test_free (pool, fsmm_test_alloc (pool));
  fsmm_test_assert_counts (pool, 0, 1);

  return NULL;
}

static gpointer
first_block (gpointer data)
{
  gpointer block;

  wait_for_all ();
  block = memset (fsmm_test_alloc (shared), 1, 64);
  g_assert_true (fsmm_pool_for_block (block) == shared);
  fsmm_free (block);

  return NULL;
}

static gpointer
first_handle (gpointer data)
{
  FsmmBlock *block;

  wait_for_all ();
  block = fsmm_pool_acquire (shared, NULL);
  g_assert_true (fsmm_block_write (block, 0, (const guint8 *) "text", 4, NULL));
  fsmm_block_unref (block);

  return NULL;
}

static gpointer
first_box (gpointer data)
{
  FsmmTypedPool *pool;
  FsmmBox *box;

  wait_for_all ();
  pool = fsmm_typed_pool_get_default (G_TYPE_DATE);
  box = fsmm_typed_pool_alloc (pool, NULL);
  g_assert_true (G_VALUE_HOLDS (fsmm_box_peek (box, NULL), G_TYPE_DATE));
  fsmm_box_unref (box);

  return pool;
}

static gpointer
first_copy (gpointer data)
{
  Note here = { (char *) "here" };
  Note *copy;

  wait_for_all ();
  copy = g_boxed_copy (note_get_type (), &here);
  g_assert_cmpstr (copy->text, ==, "here");
  g_boxed_free (note_get_type (), copy);

  return fsmm_typed_pool_get_default (note_get_type ());
}

static gpointer
first_layout (gpointer data)
{
  const FsmmTypeLayout layout = { .size = sizeof (Plain), .alignment = _Alignof (Plain) };

  wait_for_all ();
  g_assert_true (fsmm_type_register_layout (plain_get_type (), &layout, NULL));

  return fsmm_typed_pool_get_default (plain_get_type ());
}

static gpointer
first_question (gpointer data)
{
  wait_for_all ();
  g_assert_null (fsmm_pool_for_block (&data));
  g_assert_null (fsmm_typed_pool_get_default (G_TYPE_DATE_TIME));
  fsmm_free (NULL);

  return NULL;
}

static gpointer
first_error (gpointer data)
{
  g_autoptr (GError) error = NULL;

  wait_for_all ();
  g_assert_null (fsmm_pool_new (0, 0, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_INVALID_ARGUMENT);

  return NULL;
}

/* What one thread does may be the first that another one needs. */
static gpointer
first_of_all (gpointer data)
{
  static const GThreadFunc funcs[] = { first_pool, first_handle, first_box,
                                       first_copy, first_layout, first_question,
                                       first_error };
  static gint n_started = 0; /* (atomic) */
  guint i = (guint) g_atomic_int_add (&n_started, 1) % G_N_ELEMENTS (funcs);

  funcs[i](data);

  return NULL;
}

/* Each returns the same, whatever that is. */
static void
run_at_once (GThreadFunc func)
{
  GThread *threads[N_THREADS];
  gpointer first = NULL;

  for (guint i = 0; i < N_THREADS; i++)
    threads[i] = g_thread_new ("first", func, NULL);
  for (guint i = 0; i < N_THREADS; i++)
    {
      gpointer result = g_thread_join (threads[i]);

      g_assert_true (i == 0 || result == first);
      first = result;
    }
}

static const struct {
  const char *path;
  GThreadFunc func;
  gboolean has_shared;
} first_calls[] = {
  { "/first-call/pool", first_pool, FALSE },     { "/first-call/block", first_block, TRUE },
  { "/first-call/handle", first_handle, TRUE },  { "/first-call/box", first_box, FALSE },
  { "/first-call/copy", first_copy, FALSE },     { "/first-call/layout", first_layout, FALSE },
  { "/first-call/question", first_question, FALSE },
  { "/first-call/error", first_error, FALSE },
  { "/first-call/of-all", first_of_all, TRUE },
};

static void
make_first_call (guint i)
{
  /* The first error of GLib's makes a lock there, which ThreadSanitizer cannot follow. */
  g_error_free (g_error_new_literal (G_FILE_ERROR, G_FILE_ERROR_FAILED, "of no interest"));

  if (first_calls[i].has_shared)
    shared = fsmm_test_pool_new (64, 0);

  run_at_once (first_calls[i].func);

  if (first_calls[i].has_shared)
    {
      fsmm_test_assert_sound (shared);
      g_assert_cmpuint (fsmm_pool_get_n_allocated (shared), ==, 0);
      g_clear_object (&shared);
    }
}

/* There is only one first call in a process. */
static void
test_first_call (gconstpointer data)
{
  if (g_test_subprocess ())
    {
      make_first_call (GPOINTER_TO_UINT (data));
      return;
    }

  for (guint i = fsmm_test_is_slow_environment () ? 2 : 10; i > 0; i--)
    {
      g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
      g_test_trap_assert_passed ();
    }
}

static void
test_wrong_free_as_first_call (void)
{
  if (g_test_subprocess ())
    {
      fsmm_free (&shared);
      return;
    }

  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_failed ();
  g_test_trap_assert_stderr ("*CRITICAL*lies in no chunk of any pool*");
}

/* --- The last calls of a thread --- */

typedef struct {
  FsmmPool *pool;
  FsmmTypedPool *notes;
  gpointer block;   /* that the thread has kept until its end */
  FsmmBox *box;     /* the same */
  guint n_rounds;   /* how often the destructor is to come again */
  gint n_calls;     /* how often it has come; (atomic) */
} Estate;

/* Destructors run in the order in which their keys were made: the early one was there before the
 * library had any, the late one came after. */
static pthread_key_t early_key, late_key;

static void use_all (Estate *self);

static void
end_private (gpointer data)
{
  use_all (data);
}

static GPrivate private_key = G_PRIVATE_INIT (end_private);

static void
use_all (Estate *self)
{
  g_autoptr (FsmmPool) own = fsmm_test_pool_new (24, 1024);
  gpointer blocks[100];
  FsmmBlock *handle;

  g_assert_true (fsmm_pool_alloc_many (self->pool, G_N_ELEMENTS (blocks), blocks, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    fsmm_test_free (self->pool, memset (blocks[i], 1, 64));
  g_assert_false (fsmm_test_try_free (self->pool, blocks[7]));

  handle = fsmm_pool_acquire (self->pool, NULL);
  g_assert_true (fsmm_block_write (handle, 0, (const guint8 *) "text", 4, NULL));
  fsmm_block_unref (handle);

  fsmm_test_destroy (self->notes, fsmm_test_construct (self->notes));
  fsmm_box_unref (fsmm_typed_pool_alloc (self->notes, NULL));
  fsmm_test_free (own, fsmm_test_alloc (own));

  g_clear_pointer (&self->block, fsmm_free);
  g_clear_pointer (&self->box, fsmm_box_unref);
  fsmm_pool_trim (self->pool);
  g_atomic_int_inc (&self->n_calls);
}

static void
come_again (Estate *self, pthread_key_t key)
{
  use_all (self);
  if (self->n_rounds-- > 0)
    g_assert_cmpint (pthread_setspecific (key, self), ==, 0);
}

static void
end_early (void *data)
{
  come_again (data, early_key);
}

static void
end_late (void *data)
{
  come_again (data, late_key);
}

typedef enum { EARLY, LATE, PRIVATE } Key;

static void
set_key (Key key, Estate *estate)
{
  if (key == PRIVATE)
    g_private_set (&private_key, estate);
  else
    g_assert_cmpint (pthread_setspecific (key == EARLY ? early_key : late_key, estate), ==, 0);
}

typedef struct {
  Estate *estate;
  Key key;
  gboolean uses_before; /* the thread has caches when it ends */
} Life;

static gpointer
live_and_end (gpointer data)
{
  const Life *life = data;
  Estate *estate = life->estate;

  set_key (life->key, estate);
  if (life->uses_before)
    {
      use_all (estate);
      estate->block = fsmm_test_alloc (estate->pool);
      estate->box = fsmm_typed_pool_alloc (estate->notes, NULL);
    }

  return NULL;
}

static void
assert_no_caches (FsmmPool *pool)
{
  fsmm_test_assert_sound (pool);
  g_assert_cmpuint (fsmm_test_count_caches (pool), ==, 0);
}

/* By now the library has its key, in whichever test that was. */
static void
make_late_key (void)
{
  static gsize made;
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);

  fsmm_test_alloc (pool);
  if (g_once_init_enter (&made))
    {
      g_assert_cmpint (pthread_key_create (&late_key, end_late), ==, 0);
      g_once_init_leave (&made, 1);
    }
}

/* As often as destructors are called again at all, so that nothing is tidied up after the last one. Tools
 * have come to their own end of the thread by then. */
static guint
count_rounds (void)
{
  return PTHREAD_DESTRUCTOR_ITERATIONS - (fsmm_test_is_slow_environment () ? 2 : 1);
}

static void
test_end_of_thread (gconstpointer data)
{
  Key key = GPOINTER_TO_UINT (data);

  guint most_rounds = key == PRIVATE ? 0 : count_rounds ();

  make_late_key ();

  for (guint n_rounds = 0; n_rounds <= most_rounds; n_rounds++)
    for (guint uses_before = 0; uses_before <= 1; uses_before++)
      {
        Estate estate = { .n_rounds = n_rounds };
        Life life = { &estate, key, uses_before == 1 };

        estate.pool = fsmm_test_pool_new (64, 1024);
        estate.notes = fsmm_typed_pool_new (note_get_type (), 1024, NULL);
        g_thread_join (g_thread_new ("end", live_and_end, &life));
        g_assert_cmpint (estate.n_calls, ==, (gint) (1 + n_rounds + uses_before));

        assert_no_caches (estate.pool);
        assert_no_caches (fsmm_typed_pool_get_pool (estate.notes));
        g_assert_cmpuint (fsmm_pool_get_n_allocated (estate.pool), ==, 0);
        g_assert_cmpuint (fsmm_typed_pool_get_n_allocated (estate.notes), ==, 0);
        g_object_unref (estate.pool);
        g_object_unref (estate.notes);
      }
}

/* --- The last calls of a process --- */

static Estate last;
static gboolean uses_at_exit;

static void
use_at_exit (void)
{
  use_all (&last);
  printf ("handler %d\n", last.n_calls);
}

/* Comes after all handlers of atexit (). */
static void __attribute__ ((destructor))
use_in_destructor (void)
{
  if (!uses_at_exit)
    return;

  use_all (&last);
  fsmm_test_assert_sound (last.pool);
  fsmm_pool_free_all (last.pool);
  g_object_unref (last.pool);
  g_object_unref (last.notes);
  printf ("destructor\n");
}

static gpointer
use_for_ever (gpointer data)
{
  for (;;)
    fsmm_test_free (data, fsmm_test_alloc (data));

  return NULL;
}

static void
exit_with (gboolean has_others)
{
  /* Handlers run in reverse: this one after what the first call may have added, and another one
   * before that. */
  atexit (use_at_exit);
  last.pool = fsmm_test_pool_new (64, 1024);
  last.notes = fsmm_typed_pool_new (note_get_type (), 1024, NULL);
  use_all (&last);
  last.block = fsmm_test_alloc (last.pool);
  atexit (use_at_exit);

  if (has_others)
    for (guint i = 0; i < 2; i++)
      g_thread_unref (g_thread_new ("other", use_for_ever, fsmm_test_pool_new (64, 1024)));

  uses_at_exit = !has_others;
  exit (0);
}

static void
exit_alone (void)
{
  exit_with (FALSE);
}

static void
exit_beside_others (void)
{
  exit_with (TRUE);
}

static gpointer
exit_after_main (gpointer data)
{
  /* Until the main thread's end has taken its cache. */
  while (fsmm_test_count_caches (last.pool) > 0)
    g_usleep (100);

  assert_no_caches (last.pool);
  use_all (&last);
  fsmm_test_assert_sound (last.pool);
  g_assert_cmpuint (fsmm_pool_get_n_allocated (last.pool), ==, 0);
  printf ("the last thread\n");
  fflush (NULL);

  /* What was on the stack of the main thread would be called a leak at exit (). */
  _exit (0);
}

/* The thread that began it all ends before the others. */
static void
end_main_thread (void)
{
  last.pool = fsmm_test_pool_new (64, 1024);
  last.notes = fsmm_typed_pool_new (note_get_type (), 1024, NULL);
  use_all (&last);
  last.block = fsmm_test_alloc (last.pool);
  g_thread_unref (g_thread_new ("last", exit_after_main, NULL));
  pthread_exit (NULL);
}

typedef struct {
  const char *path;
  void (*end) (void);
  const char *output; /* a pattern */
} Ending;

static const Ending endings[] = {
  { "/last-calls/of-a-process/alone", exit_alone, "*handler 2*handler 3*destructor*" },
  { "/last-calls/of-a-process/beside-others", exit_beside_others, "*handler 2*handler 3*" },
  { "/last-calls/of-a-process/after-the-main-thread", end_main_thread, "*the last thread*" },
};

static void
test_end_of_process (gconstpointer data)
{
  const Ending *ending = data;

  if (g_test_subprocess ())
    ending->end ();

  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
  g_test_trap_assert_passed ();
  g_test_trap_assert_stdout (ending->output);
}

int
main (int argc, char *argv[])
{
  g_assert_cmpint (pthread_key_create (&early_key, end_early), ==, 0);
  fsmm_test_want_caches ();
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (first_calls); i++)
    g_test_add_data_func (first_calls[i].path, GUINT_TO_POINTER (i), test_first_call);
  g_test_add_func ("/first-call/wrong-free", test_wrong_free_as_first_call);

  g_test_add_data_func ("/last-calls/of-a-thread/early", GUINT_TO_POINTER (EARLY),
                        test_end_of_thread);
  g_test_add_data_func ("/last-calls/of-a-thread/late", GUINT_TO_POINTER (LATE),
                        test_end_of_thread);
  g_test_add_data_func ("/last-calls/of-a-thread/private", GUINT_TO_POINTER (PRIVATE),
                        test_end_of_thread);

  for (guint i = 0; i < G_N_ELEMENTS (endings); i++)
    g_test_add_data_func (endings[i].path, &endings[i], test_end_of_process);

  return g_test_run ();
}
