/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Requests for a block that are answered in a main context. */

#include "fsmm-test.h"

#include <gio/gio.h>

static FsmmPool *
new_full_pool (gpointer *block)
{
  FsmmPool *pool = fsmm_pool_new_full ("jobs", 64, 0, 1024, 1, NULL);

  *block = fsmm_test_alloc (pool);

  return pool;
}

/* --- A request --- */

typedef struct {
  FsmmPool *pool;
  GThread *thread; /* that was called back */
  FsmmBlock *block;
  GError *error;
  guint turn; /* when that was, counted over all */
  gboolean leaves_it;
} Request;

static guint n_answers;

static void
note_answer (GObject *source, GAsyncResult *result, gpointer data)
{
  Request *self = data;

  self->thread = g_thread_self ();
  self->turn = ++n_answers;
  if (!self->leaves_it)
    self->block = fsmm_pool_acquire_finish (FSMM_POOL (source), result, &self->error);
}

static void
request (Request *self, FsmmPool *pool, int priority, GCancellable *cancellable)
{
  self->pool = pool;
  fsmm_pool_acquire_async (pool, priority, cancellable, note_answer, self);
}

static void
iterate_until_answered (const Request *self)
{
  while (self->turn == 0)
    g_main_context_iteration (g_main_context_get_thread_default (), TRUE);
}

static void
iterate_all (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
assert_served (Request *self)
{
  g_assert_no_error (self->error);
  g_assert_nonnull (self->block);
  g_assert_true (self->thread == g_thread_self ());
  for (guint i = 0; i < 64; i++)
    g_assert_cmphex (((guint8 *) fsmm_block_get_address (self->block))[i], ==, 0);
}

static void
assert_refused (Request *self, GQuark domain, gint code)
{
  g_assert_null (self->block);
  g_assert_error (self->error, domain, code);
  g_clear_error (&self->error);
}

/* --- Served --- */

/* Not before the call returns, either. */
static void
test_room (void)
{
  g_autoptr (FsmmPool) pool = fsmm_pool_new_full ("jobs", 64, 0, 1024, 1, NULL);
  Request one = { 0 };

  request (&one, pool, G_PRIORITY_DEFAULT, NULL);
  g_assert_cmpuint (one.turn, ==, 0);
  iterate_until_answered (&one);
  assert_served (&one);
  fsmm_block_unref (one.block);
  fsmm_test_assert_counts (pool, 0, 1);
}

/* Who frees a block calls nobody back. */
static void
test_free (void)
{
  gpointer block;
  g_autoptr (FsmmPool) pool = new_full_pool (&block);
  Request one = { 0 };

  memset (block, 0xff, 64);
  request (&one, pool, G_PRIORITY_DEFAULT, NULL);
  iterate_all ();
  g_assert_cmpuint (one.turn, ==, 0);
  g_assert_cmpuint (fsmm_pool_get_n_waiting (pool), ==, 1);

  fsmm_test_free (pool, block);
  g_assert_cmpuint (one.turn, ==, 0);
  g_assert_cmpuint (fsmm_pool_get_n_waiting (pool), ==, 0);
  g_assert_cmpuint (fsmm_pool_get_n_allocated (pool), ==, 1);

  iterate_until_answered (&one);
  assert_served (&one);
  fsmm_block_unref (one.block);
  fsmm_test_assert_counts (pool, 0, 1);
}

/* By priority, and then by arrival. */
static void
test_order (void)
{
  const int priorities[] = { G_PRIORITY_LOW, G_PRIORITY_DEFAULT, G_PRIORITY_DEFAULT, G_PRIORITY_HIGH };
  const guint turns[] = { 4, 2, 3, 1 };
  gpointer block;
  g_autoptr (FsmmPool) pool = new_full_pool (&block);
  Request requests[4] = { 0 };

  n_answers = 0;
  for (guint i = 0; i < 4; i++)
    request (&requests[i], pool, priorities[i], NULL);

  fsmm_test_free (pool, block);
  for (guint turn = 1; turn <= 4; turn++)
    for (guint i = 0; i < 4; i++)
      if (turns[i] == turn)
        {
          iterate_until_answered (&requests[i]);
          assert_served (&requests[i]);
          g_assert_cmpuint (requests[i].turn, ==, turn);
          fsmm_block_unref (requests[i].block);
        }
}

static gpointer
free_in_thread (gpointer data)
{
  gpointer *arguments = data;

  g_usleep (5000);
  fsmm_test_free (arguments[0], arguments[1]);

  return NULL;
}

/* The main loop sleeps until another thread makes room. */
static void
test_freed_by_another_thread (void)
{
  gpointer block;
  g_autoptr (FsmmPool) pool = new_full_pool (&block);
  gpointer arguments[] = { pool, block };
  Request one = { 0 };
  GThread *thread;

  request (&one, pool, G_PRIORITY_DEFAULT, NULL);
  thread = g_thread_new ("free", free_in_thread, arguments);
  iterate_until_answered (&one);
  assert_served (&one);
  g_thread_join (thread);
  fsmm_block_unref (one.block);
}

/* --- Ended --- */

static void
test_cancelled (void)
{
  gpointer block;
  g_autoptr (FsmmPool) pool = new_full_pool (&block);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Request one = { 0 }, next = { 0 };

  request (&one, pool, G_PRIORITY_DEFAULT, cancellable);
  request (&next, pool, G_PRIORITY_DEFAULT, NULL);
  g_cancellable_cancel (cancellable);
  iterate_until_answered (&one);
  assert_refused (&one, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (next.turn, ==, 0);

  fsmm_test_free (pool, block);
  iterate_until_answered (&next);
  assert_served (&next);
  fsmm_block_unref (next.block);

  /* Before it began. */
  one = (Request) { 0 };
  request (&one, pool, G_PRIORITY_DEFAULT, cancellable);
  iterate_until_answered (&one);
  assert_refused (&one, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  fsmm_test_assert_counts (pool, 0, 1);
}

/* The block that it has been handed already goes to the next one. */
static void
test_cancelled_when_served (void)
{
  gpointer block;
  g_autoptr (FsmmPool) pool = new_full_pool (&block);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Request one = { 0 }, next = { 0 };

  request (&one, pool, G_PRIORITY_DEFAULT, cancellable);
  request (&next, pool, G_PRIORITY_DEFAULT, NULL);
  fsmm_test_free (pool, block);
  g_cancellable_cancel (cancellable);
  iterate_until_answered (&next);
  iterate_until_answered (&one);
  assert_refused (&one, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_served (&next);
  fsmm_block_unref (next.block);
  fsmm_test_assert_counts (pool, 0, 1);
}

static void
cancel (GCancellable *by_signal, gpointer data)
{
  g_cancellable_cancel (data);
}

/* In the middle of what another one does when it is cancelled. */
static void
test_cancelled_by_another (void)
{
  gpointer block;
  g_autoptr (FsmmPool) pool = new_full_pool (&block);
  g_autoptr (GCancellable) first = g_cancellable_new ();
  g_autoptr (GCancellable) second = g_cancellable_new ();
  Request requests[2] = { 0 };

  g_cancellable_connect (first, G_CALLBACK (cancel), second, NULL);
  request (&requests[0], pool, G_PRIORITY_DEFAULT, first);
  request (&requests[1], pool, G_PRIORITY_DEFAULT, second);
  g_cancellable_cancel (first);
  for (guint i = 0; i < 2; i++)
    {
      iterate_until_answered (&requests[i]);
      assert_refused (&requests[i], G_IO_ERROR, G_IO_ERROR_CANCELLED);
    }
  g_assert_cmpuint (fsmm_pool_get_n_waiting (pool), ==, 0);
  fsmm_test_free (pool, block);
}

static void
test_flushing (void)
{
  gpointer block;
  g_autoptr (FsmmPool) pool = new_full_pool (&block);
  Request waiting = { 0 }, later = { 0 };

  request (&waiting, pool, G_PRIORITY_DEFAULT, NULL);
  fsmm_pool_set_flushing (pool, TRUE);
  g_assert_cmpuint (waiting.turn, ==, 0);
  iterate_until_answered (&waiting);
  assert_refused (&waiting, FSMM_ERROR, FSMM_ERROR_CLOSED);

  request (&later, pool, G_PRIORITY_DEFAULT, NULL);
  iterate_until_answered (&later);
  assert_refused (&later, FSMM_ERROR, FSMM_ERROR_CLOSED);
  fsmm_test_free (pool, block);
}

/* What it has been handed is dropped with all else, which makes room for the next one. It waits on, and
 * is served before who came later. */
static void
test_dropped_when_served (void)
{
  const guint order[] = { 1, 0, 2 };
  gpointer block;
  g_autoptr (FsmmPool) pool = new_full_pool (&block);
  Request requests[3] = { 0 };

  n_answers = 0;
  for (guint i = 0; i < 3; i++)
    request (&requests[i], pool, G_PRIORITY_DEFAULT, NULL);
  fsmm_test_free (pool, block);
  fsmm_pool_free_all (pool);

  for (guint turn = 0; turn < 3; turn++)
    {
      Request *served = &requests[order[turn]];

      iterate_until_answered (served);
      assert_served (served);
      g_assert_cmpuint (served->turn, ==, turn + 1);
      fsmm_block_unref (served->block);
    }
  fsmm_test_assert_sound (pool);
  g_assert_cmpuint (fsmm_pool_get_n_allocated (pool), ==, 0);
  /* Nor does the dropped block keep its chunk. */
  g_assert_cmpuint (pool->store.all.length, ==, fsmm_pool_get_n_chunks (pool));
}

/* --- Left alone --- */

/* Nobody asks for the result: the block goes back. */
static void
test_never_finished (void)
{
  gpointer block;
  g_autoptr (FsmmPool) pool = new_full_pool (&block);
  Request one = { .leaves_it = TRUE }, next = { 0 };

  request (&one, pool, G_PRIORITY_DEFAULT, NULL);
  request (&next, pool, G_PRIORITY_DEFAULT, NULL);
  fsmm_test_free (pool, block);
  iterate_until_answered (&one);
  iterate_until_answered (&next);
  assert_served (&next);
  fsmm_block_unref (next.block);

  /* No callback at all. */
  fsmm_pool_acquire_async (pool, G_PRIORITY_DEFAULT, NULL, NULL, NULL);
  iterate_all ();
  fsmm_test_assert_counts (pool, 0, 1);
}

static gpointer
request_in_own_context (gpointer data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  Request *one = data;

  g_main_context_push_thread_default (context);
  request (one, one->pool, G_PRIORITY_DEFAULT, NULL);
  g_main_context_pop_thread_default (context);
  if (one->leaves_it)
    fsmm_pool_free_all (one->pool);

  return NULL;
}

/* A context that ends takes its requests along, those that have been served too. */
static void
test_context_ends_first (gconstpointer is_served)
{
  gpointer block;
  FsmmPool *pool = new_full_pool (&block);
  Request lost = { .pool = pool, .leaves_it = is_served != NULL }, next = { 0 };

  g_thread_join (g_thread_new ("own context", request_in_own_context, &lost));
  g_assert_cmpuint (fsmm_pool_get_n_waiting (pool), ==, 0);
  if (is_served == NULL)
    fsmm_test_free (pool, block);

  request (&next, pool, G_PRIORITY_DEFAULT, NULL);
  iterate_until_answered (&next);
  assert_served (&next);
  g_assert_cmpuint (lost.turn, ==, 0);
  fsmm_block_unref (next.block);
  g_assert_cmpuint (fsmm_pool_get_n_allocated (pool), ==, 0);
  fsmm_test_assert_sound (pool);
  g_assert_finalize_object (pool);
}

/* ThreadSanitizer cannot see what GLib locks. */
#ifndef FSMM_THREAD_SANITIZER
typedef struct {
  FsmmPool *pool;
  gpointer block; /* (atomic) */
  gint is_over;   /* (atomic) */
} Other;

static gpointer
free_whatever_comes (gpointer data)
{
  Other *self = data;

  while (!g_atomic_int_get (&self->is_over))
    {
      gpointer block = fsmm_test_swap (&self->block, NULL);

      if (block != NULL)
        fsmm_test_free (self->pool, block);
      else
        g_thread_yield ();
    }

  return NULL;
}

/* A context for each request, which ends once that is answered: what another thread does to answer it must
 * be over by then. */
static void
test_context_ends_when_answered (void)
{
  Other other = { .pool = fsmm_pool_new_full ("jobs", 64, 0, 1024, 1, NULL) };
  GThread *thread = g_thread_new ("other", free_whatever_comes, &other);

  for (guint i = fsmm_test_rounds (2000); i > 0; i--)
    {
      GMainContext *context = g_main_context_new ();
      gpointer block = fsmm_test_alloc (other.pool);
      Request one = { 0 };

      g_main_context_push_thread_default (context);
      request (&one, other.pool, G_PRIORITY_DEFAULT, NULL);
      fsmm_test_swap (&other.block, block);
      while (one.turn == 0)
        g_main_context_iteration (context, TRUE);
      fsmm_block_unref (one.block);
      g_main_context_pop_thread_default (context);
      g_main_context_unref (context);
    }

  g_atomic_int_set (&other.is_over, TRUE);
  g_thread_join (thread);
  fsmm_test_assert_counts (other.pool, 0, 1);
  g_object_unref (other.pool);
}

static gint n_late; /* (atomic) */

static void
count_late (GObject *source, GAsyncResult *result, gpointer data)
{
  FsmmBlock *block = fsmm_pool_acquire_finish (FSMM_POOL (source), result, NULL);

  if (block != NULL)
    fsmm_block_unref (block);
  g_atomic_int_inc (&n_late);
}

static gpointer
ask_and_cancel (gpointer data)
{
  for (guint i = fsmm_test_rounds (2000); i > 0; i--)
    {
      GCancellable *cancellable = g_cancellable_new ();

      fsmm_pool_acquire_async (data, G_PRIORITY_DEFAULT, cancellable, count_late, NULL);
      g_cancellable_cancel (cancellable);
      g_object_unref (cancellable);
    }

  return NULL;
}

/* Who asks may be another thread than the one that runs its context, which answers while it still asks. */
static void
test_answered_while_it_asks (void)
{
  gpointer block;
  g_autoptr (FsmmPool) pool = new_full_pool (&block);
  GThread *thread = g_thread_new ("ask", ask_and_cancel, pool);

  while (g_atomic_int_get (&n_late) < (gint) fsmm_test_rounds (2000))
    g_main_context_iteration (NULL, TRUE);
  g_thread_join (thread);
  fsmm_test_free (pool, block);
  g_assert_cmpuint (fsmm_pool_get_n_waiting (pool), ==, 0);
  fsmm_test_assert_counts (pool, 0, 1);
}
#endif

/* A request keeps the pool alive. */
static void
test_keeps_the_pool (void)
{
  gpointer block;
  FsmmPool *pool = new_full_pool (&block);
  Request one = { 0 };

  g_object_add_weak_pointer (G_OBJECT (pool), (gpointer *) &pool);
  request (&one, pool, G_PRIORITY_DEFAULT, NULL);
  g_object_unref (pool);
  g_assert_nonnull (pool);
  fsmm_pool_set_max_blocks (pool, 2);
  iterate_until_answered (&one);
  assert_served (&one);
  iterate_all ();
  fsmm_block_unref (one.block);
  g_assert_null (pool);
}

/* The callback may ask again. */
static void
ask_again (GObject *source, GAsyncResult *result, gpointer data)
{
  guint *n_left = data;
  FsmmBlock *block = fsmm_pool_acquire_finish (FSMM_POOL (source), result, NULL);

  g_assert_nonnull (block);
  if (--*n_left > 0)
    fsmm_pool_acquire_async (FSMM_POOL (source), G_PRIORITY_DEFAULT, NULL, ask_again, data);
  fsmm_block_unref (block);
}

static void
test_asks_again (void)
{
  g_autoptr (FsmmPool) pool = fsmm_pool_new_full ("jobs", 64, 0, 1024, 1, NULL);
  guint n_left = 1000;

  fsmm_pool_acquire_async (pool, G_PRIORITY_DEFAULT, NULL, ask_again, &n_left);
  while (n_left > 0)
    g_main_context_iteration (NULL, TRUE);
  iterate_all ();
  fsmm_test_assert_counts (pool, 0, 1);
}

static void
test_broken (void)
{
  FsmmPool *broken = g_object_new (FSMM_TYPE_POOL, "alloc-size", (guint64) 0, NULL);
  Request one = { 0 };

  request (&one, broken, G_PRIORITY_DEFAULT, NULL);
  iterate_until_answered (&one);
  assert_refused (&one, FSMM_ERROR, FSMM_ERROR_INVALID_ARGUMENT);
  g_object_unref (broken);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/wait-async/room", test_room);
  g_test_add_func ("/wait-async/free", test_free);
  g_test_add_func ("/wait-async/order", test_order);
  g_test_add_func ("/wait-async/freed-by-another-thread", test_freed_by_another_thread);
  g_test_add_func ("/wait-async/cancelled", test_cancelled);
  g_test_add_func ("/wait-async/cancelled-when-served", test_cancelled_when_served);
  g_test_add_func ("/wait-async/cancelled-by-another", test_cancelled_by_another);
  g_test_add_func ("/wait-async/flushing", test_flushing);
  g_test_add_func ("/wait-async/dropped-when-served", test_dropped_when_served);
  g_test_add_func ("/wait-async/never-finished", test_never_finished);
  g_test_add_data_func ("/wait-async/context-ends-first", NULL, test_context_ends_first);
  g_test_add_data_func ("/wait-async/context-of-a-served-one-ends", "", test_context_ends_first);
#ifndef FSMM_THREAD_SANITIZER
  g_test_add_func ("/wait-async/context-ends-when-answered", test_context_ends_when_answered);
  g_test_add_func ("/wait-async/answered-while-it-asks", test_answered_while_it_asks);
#endif
  g_test_add_func ("/wait-async/keeps-the-pool", test_keeps_the_pool);
  g_test_add_func ("/wait-async/asks-again", test_asks_again);
  g_test_add_func ("/wait-async/broken", test_broken);

  return g_test_run ();
}
