/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fsmm-test.h"
#include "no-return.h"

#include "fsmm-glib/engine/heap/fsmm-heap.h"

/* A function of the user that does not return costs the block that it was called for, and nothing
 * else: its pool, other pools and the thread go on. */

#define N_ITEMS 30
#define LIMIT 40

static const NoReturnWay *way;
static const char *leaves_from; /* (nullable): which function is left when it is next called */
static guint n_cleared;

static void
may_leave (const char *function)
{
  if (g_strcmp0 (leaves_from, function) != 0)
    return;

  leaves_from = NULL;
  way->leave ();
}

/* --- A type with functions that can be left --- */

typedef struct {
  gpointer data; /* (owned): in its own pool, so that what is cleared twice is noticed */
} Item;

static FsmmPool *data_pool;

static void
item_init (Item *self)
{
  may_leave ("init");
  self->data = fsmm_test_alloc (data_pool);
}

static void
item_copy (const Item *source, Item *destination)
{
  may_leave ("copy");
  destination->data = fsmm_test_alloc (data_pool);
}

static void
item_clear (Item *self)
{
  may_leave ("clear");
  fsmm_test_free (data_pool, self->data);
  n_cleared++;
}

static char *
item_to_string (const Item *self)
{
  may_leave ("to-string");

  return g_strdup ("an item");
}

GType item_get_type (void);
FSMM_DEFINE_BOXED_TYPE_EXTENDED (Item,
                                 item,
                                 item_init,
                                 item_copy,
                                 item_clear,
                                 item_to_string,
                                 {})

/* --- What is called --- */

static FsmmTypedPool *pool;
static Item *items[N_ITEMS];
static FsmmBox *box;

static void
do_construct (void)
{
  fsmm_typed_pool_construct (pool, NULL);
}

static void
do_construct_copy (void)
{
  fsmm_typed_pool_construct_copy (pool, items[0], NULL);
}

static void
do_destroy (void)
{
  fsmm_typed_pool_destroy (pool, g_steal_pointer (&items[0]), NULL);
}

static void
do_free (void)
{
  fsmm_free (g_steal_pointer (&items[0]));
}

static void
do_boxed_free (void)
{
  g_boxed_free (item_get_type (), g_steal_pointer (&items[0]));
}

static void
do_alloc (void)
{
  g_autoptr (FsmmBox) made = fsmm_typed_pool_alloc (pool, NULL);
}

static void
do_alloc_value (void)
{
  g_autoptr (FsmmBox) made = NULL;
  GValue value = G_VALUE_INIT;

  g_value_init (&value, item_get_type ());
  g_value_set_static_boxed (&value, items[0]);
  made = fsmm_typed_pool_alloc_value (pool, &value, NULL);
}

static void
do_drop (void)
{
  fsmm_box_drop (box);
}

static void
do_unref (void)
{
  fsmm_box_unref (g_steal_pointer (&box));
}

static void
do_set_value (void)
{
  GValue value = G_VALUE_INIT;

  g_value_init (&value, item_get_type ());
  g_value_set_static_boxed (&value, items[0]);
  fsmm_box_set_value (box, &value, NULL);
}

static void
do_to_string (void)
{
  g_free (fsmm_box_to_string (box));
}

static void
visit (gpointer block, gpointer user_data)
{
  may_leave ("foreach");
}

static void
do_foreach (void)
{
  fsmm_typed_pool_foreach (pool, visit, NULL);
}

static void
do_free_all (void)
{
  fsmm_typed_pool_free_all (pool);
}

static void
handle_report (const char *message, gpointer user_data)
{
  may_leave ("handler");
}

static void
do_misuse (void)
{
  fsmm_test_watch_reports (handle_report, NULL);
  fsmm_typed_pool_destroy (pool, &pool, NULL);
}

typedef struct {
  const char *name;
  const char *function;
  void (*call) (void);
  gsize n_lost;       /* blocks that nobody can give back one by one any more */
  gsize n_undone;     /* items that are cleared no more */
  gboolean by_handle; /* the box is empty afterwards */
  gboolean stays;     /* the box has the block still */
} Case;

static const Case cases[] = {
  { "construct", "init", do_construct, .n_lost = 1 },
  { "construct-copy", "copy", do_construct_copy, .n_lost = 1 },
  { "destroy", "clear", do_destroy, .n_lost = 1, .n_undone = 1 },
  { "free", "clear", do_free, .n_lost = 1, .n_undone = 1 },
  { "boxed-free", "clear", do_boxed_free, .n_lost = 1, .n_undone = 1 },
  { "alloc", "init", do_alloc, .n_lost = 1 },
  { "alloc-value", "copy", do_alloc_value, .n_lost = 1 },
  { "box-drop", "clear", do_drop, .n_lost = 1, .n_undone = 1, .by_handle = TRUE },
  { "box-unref", "clear", do_unref, .n_lost = 1, .n_undone = 1, .by_handle = TRUE },
  { "box-set-value-clear", "clear", do_set_value, .n_undone = 1, .stays = TRUE },
  { "box-set-value-copy", "copy", do_set_value, .stays = TRUE },
  { "box-to-string", "to-string", do_to_string, .n_lost = 0 },
  { "foreach", "foreach", do_foreach, .n_lost = 0 },
  { "report", "handler", do_misuse, .n_lost = 0 },
};

/* --- What must hold before and after --- */

static gboolean
has_box (void)
{
  return box != NULL && fsmm_box_is_live (box);
}

static void
setup (void)
{
  data_pool = fsmm_test_pool_new (16, 0);
  pool = fsmm_typed_pool_new_full ("left", item_get_type (), 1024, LIMIT, NULL);
  for (guint i = 0; i < N_ITEMS; i++)
    items[i] = fsmm_test_construct (pool);
  box = fsmm_typed_pool_alloc (pool, NULL);
  n_cleared = 0;
}

static void
leave (const char *function, void (*call) (void))
{
  leaves_from = function;
  way->run (call);
  g_assert_null (leaves_from);
  fsmm_test_watch_reports (NULL, NULL);
}

static void
assert_gone (gpointer *object)
{
  g_object_add_weak_pointer (*object, object);
  g_object_unref (*object);
  g_assert_null (*object);
}

/* Pools that have nothing to do with it. */
static void
assert_others_go_on (void)
{
  FsmmTypedPool *typed = fsmm_typed_pool_new (item_get_type (), 0, NULL);
  FsmmPool *raw = fsmm_test_pool_new (64, 0);

  for (guint i = 0; i < 100; i++)
    {
      fsmm_test_construct (typed);
      fsmm_test_alloc (raw);
    }
  n_cleared -= (guint) fsmm_typed_pool_free_all (typed);
  fsmm_test_construct (typed);
  n_cleared--;
  assert_gone ((gpointer *) &typed);
  g_assert_cmpuint (fsmm_pool_free_all (raw), ==, 100);
  assert_gone ((gpointer *) &raw);
}

/* Everything that the pool is for, with the blocks that are left. */
static void
assert_goes_on (gsize n_lost)
{
  g_autoptr (GError) error = NULL;
  Item *mine[LIMIT];
  gsize n = LIMIT - fsmm_typed_pool_get_n_allocated (pool);

  fsmm_test_assert_sound (fsmm_typed_pool_get_pool (pool));
  for (gsize i = 0; i < n; i++)
    mine[i] = fsmm_test_construct (pool);
  g_assert_null (fsmm_typed_pool_construct (pool, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_EXHAUSTED);

  for (gsize i = 0; i < n; i++)
    fsmm_test_destroy (pool, mine[i]);
  n_cleared -= (guint) n;
  for (guint i = 0; i < N_ITEMS; i++)
    if (items[i] != NULL)
      fsmm_test_destroy (pool, items[i]);
  fsmm_pool_trim (fsmm_typed_pool_get_pool (pool));
  fsmm_test_assert_sound (fsmm_typed_pool_get_pool (pool));

  fsmm_test_assert_live (pool, n_lost + has_box ());
}

/* When everything is dropped, the limit has room for as many as ever. */
static void
assert_can_be_emptied (void)
{
  fsmm_typed_pool_free_all (pool);
  fsmm_test_assert_live (pool, 0);
  fsmm_test_assert_sound (fsmm_typed_pool_get_pool (pool));

  for (guint i = 0; i < LIMIT; i++)
    fsmm_test_construct (pool);
  g_assert_cmpuint (fsmm_typed_pool_free_all (pool), ==, LIMIT);
  n_cleared -= LIMIT;
}

static void
count_store (FsmmStore *store, gpointer n_stores)
{
  ++*(guint *) n_stores;
}

static guint
count_stores (void)
{
  guint n_stores = 0;

  fsmm_thread_for_each_store (count_store, &n_stores);

  return n_stores;
}

/* The one thing that stays is the memory of the block, until the function returns after all. */
static void
teardown (gboolean block_stays)
{
  guint n_stores = count_stores ();

  g_clear_pointer (&box, fsmm_box_unref);
  assert_gone ((gpointer *) &pool);
  g_assert_cmpuint (count_stores (), ==, block_stays ? n_stores : n_stores - 1);
  if (way->resume != NULL)
    {
      way->resume ();
      g_assert_cmpuint (count_stores (), ==, n_stores - 1);
    }

  assert_others_go_on ();
  fsmm_pool_free_all (data_pool);
  assert_gone ((gpointer *) &data_pool);
}

/* Further down the stack than what was left, so that its frames are not where those were. */
static G_GNUC_NO_INLINE gsize
free_all_deeper (void)
{
  volatile char bytes[8192];

  bytes[0] = 0;
  return fsmm_typed_pool_free_all (pool) + (gsize) bytes[0];
}

typedef struct {
  const NoReturnWay *way;
  const Case *call;
} TestData;

static gpointer
run_case (gpointer data)
{
  const TestData *test = data;
  const Case *call = test->call;

  way = test->way;
  setup ();
  if (g_str_equal (call->function, "handler"))
    fsmm_test_expect_report ("*cannot free*");
  leave (call->function, call->call);

  g_assert_cmpint (has_box (), ==, !call->by_handle);
  assert_others_go_on ();
  assert_goes_on (call->n_lost);
  assert_can_be_emptied ();
  g_assert_cmpuint (n_cleared, ==, N_ITEMS + 1 - call->n_undone);
  teardown (call->n_lost > 0 || call->stays);

  return NULL;
}

/* GLib remembers for each thread that it is writing a message, and goes on to do so when its
 * writer has been left. */
static void
test_call (gconstpointer data)
{
  g_thread_join (g_thread_new ("case", run_case, (gpointer) data));
}

/* Nothing else has happened since the last reference to a box was dropped. */
static void
test_pool_after_box (gconstpointer data)
{
  way = data;
  setup ();
  leave ("clear", do_unref);
  assert_gone ((gpointer *) &pool);
  g_assert_cmpuint (n_cleared, ==, N_ITEMS);
  if (way->resume != NULL)
    way->resume ();
  fsmm_pool_free_all (data_pool);
  assert_gone ((gpointer *) &data_pool);
}

/* --- Dropping everything --- */

static void
test_free_all (gconstpointer data)
{
  way = data;
  setup ();
  leave ("clear", do_free_all);
  g_assert_cmpuint (n_cleared, ==, 0);

  /* Whoever drops everything next goes on with the others. */
  g_assert_cmpuint (free_all_deeper (), ==, N_ITEMS);
  assert_others_go_on ();
  g_assert_cmpuint (n_cleared, ==, N_ITEMS);
  g_assert_false (has_box ());
  assert_can_be_emptied ();
  teardown (TRUE);
}

/* The clear function is left each time that it is called: each call gets one further. */
static void
test_free_all_again_and_again (gconstpointer data)
{
  way = data;
  if (way->resume != NULL)
    {
      g_test_message ("one fiber is left at a time");
      return;
    }

  setup ();
  for (guint i = 0; i < N_ITEMS; i++)
    leave ("clear", do_free_all);
  g_assert_cmpuint (n_cleared, ==, 0);
  g_assert_cmpuint (fsmm_typed_pool_free_all (pool), ==, 1);
  g_assert_cmpuint (n_cleared, ==, 1);
  assert_can_be_emptied ();
  teardown (TRUE);
}

/* Instances that were not cleared can be destroyed one by one, too. */
static void
test_destroy_after_free_all (gconstpointer data)
{
  way = data;
  setup ();
  leave ("clear", do_free_all);
  for (guint i = 1; i < N_ITEMS; i++)
    {
      g_assert_true (fsmm_typed_pool_destroy (pool, items[i], NULL));
      /* A fiber may have been left for a while only. */
      g_assert_true (n_cleared == i || way->resume != NULL);
    }
  fsmm_typed_pool_free_all (pool);
  g_assert_cmpuint (n_cleared, ==, N_ITEMS);
  assert_can_be_emptied ();
  teardown (TRUE);
}

/* With the pool that is dropped, those that were not cleared are. */
static void
test_pool_after_free_all (gconstpointer data)
{
  way = data;
  setup ();
  leave ("clear", do_free_all);
  g_clear_pointer (&box, fsmm_box_unref);
  assert_gone ((gpointer *) &pool);
  g_assert_cmpuint (n_cleared, ==, N_ITEMS);
  if (way->resume != NULL)
    way->resume ();
  assert_others_go_on ();
  fsmm_pool_free_all (data_pool);
  assert_gone ((gpointer *) &data_pool);
}

static gint has_left, may_end; /* (atomic) */

static void
wait_for (gint *flag)
{
  while (!g_atomic_int_get (flag))
    g_usleep (1000);
}

static gpointer
leave_and_wait (gpointer data)
{
  leave ("clear", do_free_all);
  g_atomic_int_set (&has_left, TRUE);
  wait_for (&may_end);

  return NULL;
}

/* The thread that left it goes on with something else meanwhile. */
static void
test_pool_after_free_all_elsewhere (gconstpointer data)
{
  GThread *thread;

  way = data;
  setup ();
  g_clear_pointer (&box, fsmm_box_unref);
  thread = g_thread_new ("leave", leave_and_wait, NULL);
  wait_for (&has_left);
  assert_gone ((gpointer *) &pool);
  g_assert_cmpuint (n_cleared, ==, N_ITEMS);

  g_atomic_int_set (&may_end, TRUE);
  g_thread_join (thread);
  fsmm_pool_free_all (data_pool);
  assert_gone ((gpointer *) &data_pool);
}

/* --- Memory --- */

static void
walk_raw_pool (void)
{
  FsmmPool *raw = fsmm_test_pool_new (4096, 0);

  for (guint i = 0; i < 64; i++)
    ((guint8 *) fsmm_test_alloc (raw))[0] = 1;
  items[0] = (gpointer) raw;
  fsmm_pool_foreach (raw, visit, NULL);
}

/* A walk that is left keeps nothing: neither the pool nor a chunk. */
static void
test_walks_keep_nothing (gconstpointer data)
{
  gsize before = 0;

  way = data;
  for (guint i = 0; i < 100; i++)
    {
      FsmmPool *raw;

      if (i == 10)
        before = fsmm_test_resident_bytes ();
      leave ("foreach", walk_raw_pool);
      raw = (gpointer) g_steal_pointer (&items[0]);
      g_assert_cmpuint (fsmm_pool_free_all (raw), ==, 64);
      assert_gone ((gpointer *) &raw);
    }

  /* Each fiber has a stack of its own that is kept. */
  if (way->resume == NULL)
    g_assert_cmpuint (fsmm_test_resident_bytes (), <, before + 8 * 1024 * 1024);
}

/* What a function that does not return would have freed is a leak. */
#ifdef __SANITIZE_ADDRESS__
const char *__asan_default_options (void);

const char *
__asan_default_options (void)
{
  return "detect_leaks=0";
}
#endif

static void
add_tests (const NoReturnWay *of)
{
  static const struct {
    const char *name;
    GTestDataFunc func;
  } tests[] = {
    { "pool-after-box", test_pool_after_box },
    { "free-all", test_free_all },
    { "free-all-again-and-again", test_free_all_again_and_again },
    { "destroy-after-free-all", test_destroy_after_free_all },
    { "pool-after-free-all", test_pool_after_free_all },
    { "walks-keep-nothing", test_walks_keep_nothing },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/no-return/%s/%s", of->name, cases[i].name);
      TestData *data = g_new (TestData, 1);

      *data = (TestData) { of, &cases[i] };
      g_test_add_data_func_full (path, data, test_call, g_free);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *path = g_strdup_printf ("/no-return/%s/%s", of->name, tests[i].name);

      g_test_add_data_func (path, of, tests[i].func);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  add_tests (&no_return_by_longjmp);
  g_test_add_data_func ("/no-return/longjmp/pool-after-free-all-elsewhere", &no_return_by_longjmp,
                        test_pool_after_free_all_elsewhere);
  add_tests (&no_return_by_end_of_thread);
  add_tests (&no_return_by_exception);
  /* The sanitizers know of one stack for each thread. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  add_tests (&no_return_by_fiber);
#endif

  return g_test_run ();
}
