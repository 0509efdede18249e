/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A function of the user that does not return costs the block that it was called for, and nothing
 * else: its pool, other pools and the thread go on. How everything is dropped is in
 * test-no-return-drops.c. */

#include "no-return-scene.h"

/* --- What is called --- */

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
  gsize n_lost;       /* blocks that cannot be freed one by one any more */
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

/* --- One call --- */

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

/* The last reference to a box is dropped while a function that sets it is away: should that return
 * after all, the instance goes, and what it was set to. */
static void
test_box_goes_while_set (gconstpointer data)
{
  gboolean resumes;

  way = data;
  resumes = way->resume != NULL;
  setup ();
  leave ("copy", do_set_value);
  g_clear_pointer (&box, fsmm_box_unref);
  g_assert_cmpuint (n_cleared, ==, 1);
  if (resumes)
    way->resume ();

  g_assert_cmpuint (n_cleared, ==, resumes ? 2 : 1);
  fsmm_test_assert_live (pool, resumes ? N_ITEMS : N_ITEMS + 1);
  assert_others_go_on ();
  assert_can_be_emptied ();
  assert_gone ((gpointer *) &pool);
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
    g_assert_cmpuint (fsmm_test_resident_bytes (), <, before + 16 * 1024 * 1024);
}

static void
add_tests (const NoReturnWay *of)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/no-return/%s/%s", of->name, cases[i].name);
      TestData *data = g_new (TestData, 1);

      *data = (TestData) { of, &cases[i] };
      g_test_add_data_func_full (path, data, test_call, g_free);
    }
  add_test (of, "pool-after-box", test_pool_after_box);
  add_test (of, "box-goes-while-set", test_box_goes_while_set);
  add_test (of, "walks-keep-nothing", test_walks_keep_nothing);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; ways[i] != NULL; i++)
    add_tests (ways[i]);

  return g_test_run ();
}
