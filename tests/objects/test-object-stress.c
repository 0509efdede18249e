/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Six threads borrow few objects. They keep references to some of them for a while, run the dispose
 * functions of some, discard some, and wait in different ways: nobody ever gets an object that somebody
 * else still has, and everybody gets one. */

#include "thing.h"

#include "fsmm-glib/base/fsmm-lock.h"
#include "fsmm-glib/objects/fsmm-pooled-object.h"

#define N_THREADS 6
#define N_OBJECTS 3
#define N_BORROWS 500000

/* References that are held beyond the lease, for another thread to drop. It is no GAsyncQueue, whose
 * lock ThreadSanitizer does not see. */
typedef struct {
  GMutex lock;
  GCond is_pushed;
  GQueue things;
} Kept;

typedef struct {
  FsmmObjectPool *pool;
  guint seed;
  guint n_rounds;
  Kept *kept;
  gint *n_shared;    /* (atomic) */
} Borrower;

/* xorshift, by George Marsaglia. */
static guint
roll (Borrower *self, guint n)
{
  self->seed ^= self->seed << 13;
  self->seed ^= self->seed >> 17;
  self->seed ^= self->seed << 5;

  return self->seed % n;
}

static void
push (Kept *self, gpointer thing)
{
  fsmm_lock (&self->lock);
  g_queue_push_head (&self->things, thing);
  g_cond_signal (&self->is_pushed);
  fsmm_unlock (&self->lock);
}

static gpointer
pop (Kept *self)
{
  gpointer thing;

  fsmm_lock (&self->lock);
  while (self->things.length == 0)
    fsmm_wait (&self->is_pushed, &self->lock);
  thing = g_queue_pop_tail (&self->things);
  fsmm_unlock (&self->lock);

  return thing;
}

/* --- Borrowing --- */

static void
store_lease (GObject *source, GAsyncResult *result, gpointer lease)
{
  g_autoptr (GError) error = NULL;

  *(FsmmLease **) lease = fsmm_object_pool_borrow_finish (FSMM_OBJECT_POOL (source), result, &error);
  g_assert_no_error (error);
}

static FsmmLease *
borrow_async (FsmmObjectPool *pool)
{
  GMainContext *context = g_main_context_get_thread_default ();
  FsmmLease *lease = NULL;

  fsmm_object_pool_borrow_async (pool, G_PRIORITY_DEFAULT, NULL, store_lease, &lease);
  while (lease == NULL)
    g_main_context_iteration (context, TRUE);

  return lease;
}

static FsmmLease *
borrow (Borrower *self)
{
  g_autoptr (GError) error = NULL;
  FsmmLease *lease;

  if (roll (self, 8) == 0)
    return borrow_async (self->pool);

  /* It is not to be sure of that: the objects that are kept come back when they do. */
  lease = fsmm_object_pool_borrow_wait (self->pool, roll (self, 16) == 0 ? 10 : -1, NULL, &error);
  if (lease == NULL)
    g_assert_error (error, FSMM_ERROR, FSMM_ERROR_TIMED_OUT);

  return lease;
}

/* --- Giving back --- */

static void
start_to_use (Borrower *self, Thing *thing)
{
  if (g_atomic_int_add (&thing->n_users, 1) != 0)
    g_atomic_int_inc (self->n_shared);
}

static void
stop_using (Thing *thing)
{
  g_atomic_int_add (&thing->n_users, -1);
}

static void
end_lease (Borrower *self, FsmmLease *lease)
{
  if (roll (self, 3) > 0)
    g_assert_true (fsmm_lease_release (lease, NULL));
  fsmm_lease_unref (lease);
}

static void
use (Borrower *self, FsmmLease *lease)
{
  Thing *thing = THING (fsmm_lease_get_object (lease));

  start_to_use (self, thing);
  switch (roll (self, 64))
    {
    case 0:
      g_object_run_dispose (G_OBJECT (thing));
      stop_using (thing);
      end_lease (self, lease);
      break;
    case 1:
      stop_using (thing);
      fsmm_lease_discard (lease);
      fsmm_lease_unref (lease);
      break;
    case 2:
    case 3:
    case 4:
    case 5:
    case 6:
    case 7:
    case 8:
    case 9:
    case 10:
    case 11:
    case 12:
    case 13:
    case 14:
    case 15:
    case 16:
    case 17:
      g_object_ref (thing);
      end_lease (self, lease);
      push (self->kept, thing);
      break;
    default:
      stop_using (thing);
      end_lease (self, lease);
    }
}

static gpointer
borrow_often (gpointer data)
{
  Borrower *self = data;
  g_autoptr (GMainContext) context = g_main_context_new ();

  g_main_context_push_thread_default (context);
  for (guint i = 0; i < self->n_rounds; i++)
    {
      FsmmLease *lease = borrow (self);

      if (lease != NULL)
        use (self, lease);
    }
  g_main_context_pop_thread_default (context);

  return NULL;
}

static gpointer
drop_kept (gpointer kept)
{
  gpointer thing;

  while ((thing = pop (kept)) != kept)
    {
      stop_using (thing);
      g_object_unref (thing);
    }

  return NULL;
}

/* --- The test --- */

static void
assert_nothing_is_lost (FsmmObjectPool *pool)
{
  g_assert_cmpuint (fsmm_object_pool_get_n_lent (pool), ==, 0);
  g_assert_cmpuint (fsmm_object_pool_get_n_waiting (pool), ==, 0);
  for (guint i = 0; i < 3; i++)
    {
      g_assert_true (fsmm_object_pool_reserve (pool, N_OBJECTS, NULL) ||
                     fsmm_object_pool_get_n_lingering (pool) > 0);
      fsmm_lease_unref (fsmm_object_pool_borrow (pool, NULL));
    }
  /* What was given up where nothing may be finalized. */
  thing_run_context ();
  g_assert_cmpuint (fsmm_object_pool_get_n_lingering (pool), ==, 0);
  g_assert_cmpuint (fsmm_object_pool_get_n_idle (pool), ==, N_OBJECTS);
  g_assert_cmpuint (fsmm_object_pool_get_n_created (pool) - fsmm_object_pool_get_n_discarded (pool), ==,
                    N_OBJECTS);
  g_assert_cmpuint (thing_count (), ==, N_OBJECTS);
}

static void
run_stress (guint n_borrows)
{
  FsmmObjectPool *pool = fsmm_object_pool_new (THING_TYPE, N_OBJECTS);
  Kept kept = { .things = G_QUEUE_INIT };
  gint n_shared = 0;
  Borrower borrowers[N_THREADS];
  GThread *threads[N_THREADS];
  GThread *dropper = g_thread_new ("dropper", drop_kept, &kept);

  for (guint i = 0; i < N_THREADS; i++)
    {
      borrowers[i] =
          (Borrower) { pool, i * 7919 + 1, fsmm_test_rounds (n_borrows) / N_THREADS, &kept, &n_shared };
      threads[i] = g_thread_new ("borrower", borrow_often, &borrowers[i]);
    }
  for (guint i = 0; i < N_THREADS; i++)
    g_thread_join (threads[i]);
  push (&kept, &kept);
  g_thread_join (dropper);

  g_assert_cmpint (n_shared, ==, 0);
  assert_nothing_is_lost (pool);
  g_object_unref (pool);
  g_assert_cmpuint (thing_count (), ==, 0);
}

static void
test_threads (void)
{
  run_stress (N_BORROWS);
}

/* As with another GLib, in which the flag that tells of toggle references is something else. */
static void
test_without_flag (void)
{
  g_atomic_int_set (&fsmm_toggle_flag_fails, TRUE);
  run_stress (N_BORROWS / 4);
  g_atomic_int_set (&fsmm_toggle_flag_fails, FALSE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/object-stress/threads", test_threads);
  g_test_add_func ("/object-stress/without-flag", test_without_flag);

  return g_test_run ();
}
