/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A child process has the pools of its parent as they were, and one thread: whatever the others
 * were doing at that moment, it can use them at once. */

#include "fsmm-test.h"

#include "fsmm-glib/engine/heap/fsmm-heap.h"

#include <sys/wait.h>
#include <unistd.h>

static guint
rounds (guint n)
{
  return fsmm_test_is_slow_environment () ? n / 20 : n;
}

/* Asserts that a child process comes to the end of @in_child, and that this returns 0. */
static void
run_in_child (int (*in_child) (gpointer data), gpointer data)
{
  int status;
  pid_t child = fsmm_test_fork ();

  if (child == 0)
    _exit (in_child (data));

  g_assert_cmpint (child, >, 0);
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_cmpint (status, ==, 0);
}

/* --- While others are at work --- */

typedef struct {
  FsmmPool *pool;
  FsmmTypedPool *typed;
  gpointer block;    /* that was taken before */
  gpointer instance; /* the same */
  FsmmBlock *handle;
  gint stop; /* (atomic) */
} Crowd;

/* An instance counts itself: making one needs no memory but the pool's. */
typedef struct {
  gpointer self;
} Member;

static gint n_made, n_cleared; /* (atomic) */
static void (*on_init) (void);
static void (*on_clear) (void);

static void
member_init (Member *self)
{
  if (on_init != NULL)
    on_init ();
  self->self = self;
  g_atomic_int_inc (&n_made);
}

static void
member_clear (Member *self)
{
  if (on_clear != NULL)
    on_clear ();
  if (self->self != self)
    abort ();
  g_atomic_int_inc (&n_cleared);
}

GType member_get_type (void);
FSMM_DEFINE_BOXED_TYPE_EXTENDED (Member, member, member_init, NULL, member_clear, NULL, {})

static void
crowd_init (Crowd *self, gsize max_blocks)
{
  n_made = n_cleared = 0;
  on_init = on_clear = NULL;
  *self = (Crowd) { .pool = fsmm_pool_new_full ("test", 64, 0, 1024, max_blocks, NULL) };
  self->typed = fsmm_typed_pool_new (member_get_type (), 1024, NULL);
  self->block = fsmm_test_alloc (self->pool);
  self->instance = fsmm_test_construct (self->typed);
  self->handle = fsmm_pool_acquire (self->pool, NULL);
}

static void
crowd_clear (Crowd *self)
{
  fsmm_test_free (self->pool, self->block);
  fsmm_test_destroy (self->typed, self->instance);
  fsmm_block_unref (self->handle);
  fsmm_test_assert_counts (self->pool, 0, fsmm_pool_get_n_chunks (self->pool));
  fsmm_test_assert_live (self->typed, 0);
  g_assert_cmpint (n_made, ==, n_cleared);
  g_object_unref (self->pool);
  g_object_unref (self->typed);
}

/* GObject has locks of its own that fork () leaves locked, so that a child must not make or drop
 * objects while other threads do: pools are used here, and stores made and dropped. */
static gboolean
store_works (void)
{
  FsmmGeometry geometry;
  FsmmStore store;
  FsmmTakeResult result;
  gsize epoch;
  gpointer block;
  gboolean works;

  fsmm_geometry_init (&geometry, 64, 0, 0, NULL);
  fsmm_store_init (&store, &geometry, G_MAXSIZE, fsmm_debug_get_flags ("test"),
                   &(FsmmSubject) { NULL, NULL, NULL, NULL });
  block = fsmm_store_take (&store, FSMM_STATE_LIVE, (FsmmFill) { .n_bytes = 64 }, &epoch,
                           &result).block;
  works = block != NULL && fsmm_store_give (&store, block, FSMM_STATE_LIVE) == FSMM_ADDRESS_LIVE;
  fsmm_store_clear (&store);

  return works;
}

static void
use_stores (Crowd *crowd)
{
  g_assert_true (store_works ());
}

static void
use_blocks (Crowd *crowd)
{
  fsmm_test_free (crowd->pool, fsmm_test_alloc (crowd->pool));
}

static void
use_many (Crowd *crowd)
{
  gpointer blocks[40];

  g_assert_true (fsmm_pool_alloc_many (crowd->pool, 40, blocks, NULL));
  g_assert_true (fsmm_pool_free_many (crowd->pool, 40, blocks, NULL));
}

/* Memory comes and goes, and the registry changes. */
static void
use_room (Crowd *crowd)
{
  g_assert_true (fsmm_pool_reserve (crowd->pool, 40, NULL));
  fsmm_pool_trim (crowd->pool);
}

static void
use_handles (Crowd *crowd)
{
  FsmmBlock *block = fsmm_pool_acquire (crowd->pool, NULL);

  g_assert_true (fsmm_block_write (block, 0, (const guint8 *) "text", 4, NULL));
  fsmm_block_unref (block);
}

static void
use_instances (Crowd *crowd)
{
  fsmm_test_destroy (crowd->typed, fsmm_test_construct (crowd->typed));
}

static void
use_boxes (Crowd *crowd)
{
  FsmmBox *box = fsmm_typed_pool_alloc (crowd->typed, NULL);

  g_assert_nonnull (fsmm_box_peek (box, NULL));
  fsmm_box_unref (box);
}

/* Two threads do one thing each. */
typedef struct {
  void (*one) (Crowd *crowd);
  void (*two) (Crowd *crowd);
} Pair;

static const Pair pairs[] = {
  { use_blocks, use_stores },
  { use_many, use_room },
  { use_handles, use_room },
  { use_instances, use_boxes },
  { use_room, use_room },
};

typedef struct {
  Crowd *crowd;
  void (*use) (Crowd *crowd);
} Worker;

static gpointer
work_until_told (gpointer data)
{
  const Worker *worker = data;

  while (!g_atomic_int_get (&worker->crowd->stop))
    worker->use (worker->crowd);

  return NULL;
}

/* In the child there is one thread, and nobody who could unlock anything. */
static int
use_all_in_child (gpointer data)
{
  Crowd *crowd = data;

  for (guint i = 0; i < 50; i++)
    {
      use_blocks (crowd);
      use_many (crowd);
      use_room (crowd);
      use_handles (crowd);
      use_instances (crowd);
      use_boxes (crowd);
      if (fsmm_test_can_malloc_in_child () && !store_works ())
        return 1;
    }

  if (!fsmm_pool_free (crowd->pool, crowd->block, NULL))
    return 2;
  if (fsmm_test_can_malloc_in_child () && fsmm_test_try_free (crowd->pool, crowd->block))
    return 3;
  if (!fsmm_block_release (crowd->handle, NULL))
    return 4;
  if (!fsmm_typed_pool_destroy (crowd->typed, crowd->instance, NULL))
    return 5;

  fsmm_pool_free_all (crowd->pool);
  fsmm_typed_pool_free_all (crowd->typed);
  if (fsmm_pool_get_n_allocated (crowd->pool) != 0 || fsmm_pool_get_n_chunks (crowd->pool) != 0)
    return 6;

  return fsmm_store_find_fault (&crowd->pool->store) == NULL &&
             fsmm_store_find_fault (&fsmm_typed_pool_get_pool (crowd->typed)->store) == NULL
           ? 0
           : 7;
}

static void
test_while_others_are_inside (gconstpointer data)
{
  const Pair *pair = data;
  Crowd crowd;
  Worker workers[] = { { &crowd, pair->one }, { &crowd, pair->two } };
  GThread *threads[2];

  crowd_init (&crowd, 0);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("work", work_until_told, &workers[i]);

  for (guint i = rounds (60); i > 0; i--)
    run_in_child (use_all_in_child, &crowd);

  g_atomic_int_set (&crowd.stop, TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  crowd_clear (&crowd);
}

static void
count_block (gpointer block, gpointer user_data)
{
  gsize *n_blocks = user_data;

  (*n_blocks)++;
}

/* A block that another thread was just about to put into its cache, or to take out, is nowhere
 * else. */
static int
count_blocks_in_child (gpointer data)
{
  Crowd *crowd = data;
  gsize n_blocks = 0;

  fsmm_pool_foreach (crowd->pool, count_block, &n_blocks);
  if (n_blocks != fsmm_pool_get_n_allocated (crowd->pool))
    return 1;

  return fsmm_store_find_fault (&crowd->pool->store) == NULL ? 0 : 2;
}

static void
test_nothing_is_lost (void)
{
  Crowd crowd;
  Worker worker = { &crowd, use_blocks };
  GThread *threads[2];

  crowd_init (&crowd, 0);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("work", work_until_told, &worker);

  for (guint i = rounds (400); i > 0; i--)
    run_in_child (count_blocks_in_child, &crowd);

  g_atomic_int_set (&crowd.stop, TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  crowd_clear (&crowd);
}

static gpointer
peek_until_told (gpointer data)
{
  Crowd *crowd = data;

  while (!g_atomic_int_get (&crowd->stop))
    use_boxes (crowd);

  return NULL;
}

static int
peek_in_child (gpointer box)
{
  return fsmm_box_peek (box, NULL) != NULL ? 0 : 1;
}

/* The first look into a box takes a lock that is not a pool's. */
static void
test_while_others_peek (void)
{
  Crowd crowd;
  GThread *threads[2];

  crowd_init (&crowd, 0);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("peek", peek_until_told, &crowd);

  for (guint i = rounds (200); i > 0; i--)
    {
      FsmmBox *box = fsmm_typed_pool_alloc (crowd.typed, NULL);

      run_in_child (peek_in_child, box);
      fsmm_box_unref (box);
    }

  g_atomic_int_set (&crowd.stop, TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  crowd_clear (&crowd);
}

/* --- At a certain moment of another thread --- */

static int
drop_all_in_child (gpointer data)
{
  Crowd *crowd = data;

  fsmm_block_unref (crowd->handle);
  fsmm_pool_free_all (crowd->pool);
  fsmm_test_assert_sound (crowd->pool);
  g_object_unref (crowd->pool);

  return 0;
}

/* A thread that reads at the moment of a fork () never comes to the end of that in the child. */
static void
test_while_another_reads (void)
{
  Crowd crowd;
  FsmmChunk *pinned;

  crowd_init (&crowd, 0);
  pinned = fsmm_store_pin (&crowd.pool->store, fsmm_block_get_address (crowd.handle),
                           crowd.pool->store.epoch);
  run_in_child (drop_all_in_child, &crowd);
  fsmm_store_unpin (&crowd.pool->store, pinned);
  crowd_clear (&crowd);
}

static gint is_inside; /* (atomic) */
static gint may_leave; /* (atomic) */

static void
wait_inside (void)
{
  on_init = on_clear = NULL;
  ANNOTATE_HAPPENS_BEFORE (&is_inside);
  g_atomic_int_set (&is_inside, TRUE);
  while (!g_atomic_int_get (&may_leave))
    g_usleep (20);
}

static gpointer
construct_slowly (gpointer data)
{
  Crowd *crowd = data;

  on_init = wait_inside;
  fsmm_test_destroy (crowd->typed, fsmm_test_construct (crowd->typed));

  return NULL;
}

static gpointer
destroy_slowly (gpointer data)
{
  Crowd *crowd = data;
  gpointer instance = fsmm_test_construct (crowd->typed);

  on_clear = wait_inside;
  fsmm_test_destroy (crowd->typed, instance);

  return NULL;
}

/* What it drops is what was there, and so has to be made anew for the end. */
static gpointer
drop_slowly (gpointer data)
{
  Crowd *crowd = data;

  on_clear = wait_inside;
  g_assert_cmpuint (fsmm_typed_pool_free_all (crowd->typed), ==, 1);
  crowd->instance = fsmm_test_construct (crowd->typed);

  return NULL;
}

/* What the other thread was in the middle of stays so for ever, and is in nobody's way. */
static int
use_pool_beside_a_ghost (gpointer data)
{
  Crowd *crowd = data;
  FsmmPool *raw = fsmm_typed_pool_get_pool (crowd->typed);
  gpointer instances[100];

  if (fsmm_store_find_fault (&raw->store) != NULL)
    return 1;
  for (guint i = 0; i < G_N_ELEMENTS (instances); i++)
    instances[i] = fsmm_test_construct (crowd->typed);
  for (guint i = 0; i < G_N_ELEMENTS (instances); i++)
    if (!fsmm_typed_pool_destroy (crowd->typed, instances[i], NULL))
      return 2;

  fsmm_typed_pool_free_all (crowd->typed);
  fsmm_test_construct (crowd->typed);
  if (fsmm_typed_pool_free_all (crowd->typed) != 1)
    return 3;
  fsmm_pool_trim (raw);
  if (fsmm_store_find_fault (&raw->store) != NULL)
    return 4;
  g_object_unref (crowd->typed);

  return 0;
}

static void
test_while_another_is_in_a_user_function (gconstpointer data)
{
  GThreadFunc slowly = (GThreadFunc) data;
  Crowd crowd;
  GThread *thread;

  crowd_init (&crowd, 0);
  is_inside = may_leave = FALSE;
  thread = g_thread_new ("slow", slowly, &crowd);
  while (!g_atomic_int_get (&is_inside))
    g_usleep (20);
  ANNOTATE_HAPPENS_AFTER (&is_inside);

  run_in_child (use_pool_beside_a_ghost, &crowd);

  g_atomic_int_set (&may_leave, TRUE);
  g_thread_join (thread);
  crowd_clear (&crowd);
}

/* --- Who forks, and how often --- */

static int
fork_again (gpointer data)
{
  use_blocks (data);
  run_in_child (use_all_in_child, data);

  return use_all_in_child (data);
}

static void
test_children_of_children (void)
{
  Crowd crowd;

  crowd_init (&crowd, 0);
  run_in_child (fork_again, &crowd);
  crowd_clear (&crowd);
}

static Crowd *forking_crowd;

/* Both processes come out of the function, and go on. */
static void
fork_inside (void)
{
  on_init = on_clear = NULL;
  run_in_child (use_all_in_child, forking_crowd);
}

static void
test_in_a_user_function (void)
{
  Crowd crowd;
  gpointer instance;

  crowd_init (&crowd, 0);
  forking_crowd = &crowd;

  on_init = fork_inside;
  instance = fsmm_test_construct (crowd.typed);
  on_clear = fork_inside;
  fsmm_test_destroy (crowd.typed, instance);
  on_clear = fork_inside;
  g_assert_cmpuint (fsmm_typed_pool_free_all (crowd.typed), ==, 1);

  crowd.instance = fsmm_test_construct (crowd.typed);
  crowd_clear (&crowd);
}

#define LIMIT 100

/* What lies in the cache of a thread that is not there any more can be taken: no block is
 * refused. */
static int
take_up_to_the_limit (gpointer data)
{
  Crowd *crowd = data;

  while (fsmm_pool_get_n_allocated (crowd->pool) < LIMIT)
    if (fsmm_pool_alloc (crowd->pool, NULL) == NULL)
      return 1;
  if (fsmm_pool_alloc (crowd->pool, NULL) != NULL)
    return 2;

  return crowd->pool->store.readers.length == 1 ? 0 : 3;
}

static gpointer
fork_from_thread (gpointer data)
{
  use_blocks (data);
  run_in_child (take_up_to_the_limit, data);
  use_blocks (data);

  return NULL;
}

static void
test_from_another_thread (void)
{
  Crowd crowd;
  gpointer blocks[LIMIT - 10];

  crowd_init (&crowd, LIMIT);
  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    blocks[i] = fsmm_test_alloc (crowd.pool);
  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    fsmm_test_free (crowd.pool, blocks[i]);

  g_thread_join (g_thread_new ("fork", fork_from_thread, &crowd));
  g_assert_cmpint (take_up_to_the_limit (&crowd), ==, 0);
  fsmm_pool_free_all (crowd.pool);
  crowd.block = fsmm_test_alloc (crowd.pool);
  crowd_clear (&crowd);
}

int
main (int argc, char *argv[])
{
  static const char *const paths[G_N_ELEMENTS (pairs)] = {
    "/fork/while-others-take-and-make-stores", "/fork/while-others-take-many-and-trim",
    "/fork/while-others-use-handles-and-trim", "/fork/while-others-make-instances-and-boxes",
    "/fork/while-others-trim",
  };

  gboolean has_caches = fsmm_test_want_caches ();

  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++)
    g_test_add_data_func (paths[i], &pairs[i], test_while_others_are_inside);
  g_test_add_func ("/fork/nothing-is-lost", test_nothing_is_lost);
  g_test_add_func ("/fork/while-others-peek", test_while_others_peek);
  g_test_add_func ("/fork/while-another-reads", test_while_another_reads);
  g_test_add_data_func ("/fork/while-another-constructs", construct_slowly,
                        test_while_another_is_in_a_user_function);
  g_test_add_data_func ("/fork/while-another-destroys", destroy_slowly,
                        test_while_another_is_in_a_user_function);
  g_test_add_data_func ("/fork/while-another-drops-all", drop_slowly,
                        test_while_another_is_in_a_user_function);
  g_test_add_func ("/fork/children-of-children", test_children_of_children);
  g_test_add_func ("/fork/in-a-user-function", test_in_a_user_function);
  if (has_caches)
    g_test_add_func ("/fork/from-another-thread", test_from_another_thread);

  return g_test_run ();
}
