/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The list of all pools: what it says of them, and how it follows them. */

#include "fsmm-test.h"

#include <string.h>

/* --- A copy of the list, which is made from what it says of its changes --- */

typedef struct {
  GListModel *model;
  GPtrArray *rows; /* (element-type FsmmPoolInfo) */
  guint n_changes;
} Mirror;

static void
assert_equal (Mirror *self)
{
  g_assert_cmpuint (g_list_model_get_n_items (self->model), ==, self->rows->len);
  for (guint i = 0; i < self->rows->len; i++)
    {
      g_autoptr (FsmmPoolInfo) row = g_list_model_get_item (self->model, i);

      g_assert_true (row == self->rows->pdata[i]);
      if (i > 0)
        g_assert_cmpuint (fsmm_pool_info_get_id (self->rows->pdata[i - 1]), <,
                          fsmm_pool_info_get_id (row));
    }
}

static void
follow (GListModel *model, guint position, guint n_removed, guint n_added, gpointer data)
{
  Mirror *self = data;

  self->n_changes++;
  g_assert_cmpuint (n_removed + n_added, >, 0);
  if (n_removed > 0)
    g_ptr_array_remove_range (self->rows, position, n_removed);
  for (guint i = 0; i < n_added; i++)
    g_ptr_array_insert (self->rows, (gint) (position + i), g_list_model_get_item (model, position + i));
  assert_equal (self);
}

static void
mirror_init (Mirror *self, FsmmMonitor *monitor)
{
  *self = (Mirror) { G_LIST_MODEL (monitor), g_ptr_array_new_with_free_func (g_object_unref), 0 };
  for (guint i = 0; i < g_list_model_get_n_items (self->model); i++)
    g_ptr_array_add (self->rows, g_list_model_get_item (self->model, i));
  g_signal_connect (monitor, "items-changed", G_CALLBACK (follow), self);
}

static void
mirror_clear (Mirror *self)
{
  g_signal_handlers_disconnect_by_data (self->model, self);
  g_ptr_array_unref (self->rows);
}

/* Returns: (transfer none) (nullable) */
static FsmmPoolInfo *
find_row (FsmmMonitor *monitor, const char *name)
{
  GListModel *model = G_LIST_MODEL (monitor);

  for (guint i = 0; i < g_list_model_get_n_items (model); i++)
    {
      g_autoptr (FsmmPoolInfo) row = g_list_model_get_item (model, i);

      if (g_strcmp0 (fsmm_pool_info_get_name (row), name) == 0)
        return row;
    }

  return NULL;
}

/* --- What it says --- */

static void
test_blocks (void)
{
  g_autoptr (FsmmMonitor) monitor = fsmm_monitor_new (0);
  g_autoptr (FsmmPool) pool = fsmm_pool_new_full ("packets", 64, 0, 0, 1000, NULL);
  g_autoptr (FsmmPool) found = NULL;
  gpointer blocks[10];
  FsmmPoolInfo *row;

  for (guint i = 0; i < 10; i++)
    blocks[i] = fsmm_test_alloc (pool);
  for (guint i = 0; i < 3; i++)
    fsmm_test_free (pool, blocks[i]);

  g_assert_null (find_row (monitor, "packets"));
  fsmm_monitor_refresh (monitor);
  row = find_row (monitor, "packets");
  g_assert_nonnull (row);
  g_assert_cmpint (fsmm_pool_info_get_kind (row), ==, FSMM_POOL_KIND_RAW);
  g_assert_true (fsmm_pool_info_get_item_type (row) == G_TYPE_NONE);
  g_assert_cmpuint (fsmm_pool_info_get_alloc_size (row), ==, 64);
  g_assert_cmpuint (fsmm_pool_info_get_n_allocated (row), ==, 7);
  g_assert_cmpuint (fsmm_pool_info_get_peak_allocated (row), ==, 10);
  g_assert_cmpuint (fsmm_pool_info_get_max_blocks (row), ==, 1000);
  g_assert_cmpuint (fsmm_pool_info_get_n_waiting (row), ==, 0);
  g_assert_cmpuint (fsmm_pool_info_get_reserved_bytes (row), ==, fsmm_pool_get_reserved_bytes (pool));
  g_assert_cmpfloat (fsmm_pool_info_get_alloc_rate (row), ==, 0);
  found = fsmm_pool_info_dup_pool (row);
  g_assert_true (found == pool);

  for (guint i = 3; i < 10; i++)
    fsmm_test_free (pool, blocks[i]);
}

static void
test_other_kinds (void)
{
  g_autoptr (FsmmMonitor) monitor = NULL;
  g_autoptr (FsmmTypedPool) typed = fsmm_typed_pool_new (G_TYPE_DATE, 0, NULL);
  g_autoptr (FsmmObjectPool) objects = g_object_new (FSMM_TYPE_OBJECT_POOL, "name", "clients", "item-type",
                                                     G_TYPE_SOCKET_CLIENT, "max-objects", 4, NULL);
  FsmmLease *leases[] = { fsmm_object_pool_borrow (objects, NULL), fsmm_object_pool_borrow (objects, NULL) };
  gpointer date = fsmm_test_construct (typed);
  g_autoptr (FsmmPool) found = NULL;
  FsmmPoolInfo *row;

  fsmm_lease_unref (leases[1]);
  monitor = fsmm_monitor_new (0);

  row = find_row (monitor, "GDate");
  g_assert_nonnull (row);
  g_assert_cmpint (fsmm_pool_info_get_kind (row), ==, FSMM_POOL_KIND_TYPED);
  g_assert_true (fsmm_pool_info_get_item_type (row) == G_TYPE_DATE);
  g_assert_cmpuint (fsmm_pool_info_get_n_allocated (row), ==, 1);
  found = fsmm_pool_info_dup_pool (row);
  g_assert_true (found == fsmm_typed_pool_get_pool (typed));

  row = find_row (monitor, "clients");
  g_assert_nonnull (row);
  g_assert_cmpint (fsmm_pool_info_get_kind (row), ==, FSMM_POOL_KIND_OBJECTS);
  g_assert_true (fsmm_pool_info_get_item_type (row) == G_TYPE_SOCKET_CLIENT);
  g_assert_cmpuint (fsmm_pool_info_get_n_allocated (row), ==, 1);
  g_assert_cmpuint (fsmm_pool_info_get_peak_allocated (row), ==, 2);
  g_assert_cmpuint (fsmm_pool_info_get_max_blocks (row), ==, 4);
  g_assert_null (fsmm_pool_info_dup_pool (row));

  row = find_row (monitor, "handles");
  g_assert_nonnull (row);
  g_assert_cmpint (fsmm_pool_info_get_kind (row), ==, FSMM_POOL_KIND_HANDLES);
  g_assert_null (fsmm_pool_info_dup_pool (row));

  fsmm_lease_unref (leases[0]);
  fsmm_test_destroy (typed, date);
}

static void
count_notify (GObject *row, GParamSpec *pspec, gpointer n_notified)
{
  (*(guint *) n_notified)++;
}

/* Whatever it is told of first. */
static void
see_whole_row (FsmmPoolInfo *row, GParamSpec *pspec, FsmmPool *pool)
{
  if (fsmm_pool_info_get_n_allocated (row) == 0)
    return;

  g_assert_cmpuint (fsmm_pool_info_get_n_allocated (row), ==, 1000);
  g_assert_cmpuint (fsmm_pool_info_get_peak_allocated (row), ==, 1000);
  g_assert_cmpuint (fsmm_pool_info_get_reserved_bytes (row), ==, fsmm_pool_get_reserved_bytes (pool));
  g_object_set_data (G_OBJECT (row), pspec->name, row);
}

static void
test_changes (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new_named ("changing", 64, 0);
  g_autoptr (FsmmMonitor) monitor = fsmm_monitor_new (0);
  FsmmPoolInfo *row = find_row (monitor, "changing");
  guint n_notified = 0, n_other = 0;
  gpointer blocks[1000];

  g_signal_connect (row, "notify::n-allocated", G_CALLBACK (count_notify), &n_notified);
  g_signal_connect (row, "notify::n-waiting", G_CALLBACK (count_notify), &n_other);
  g_signal_connect (row, "notify", G_CALLBACK (see_whole_row), pool);
  fsmm_monitor_refresh (monitor);
  g_assert_cmpuint (n_notified, ==, 0);

  for (guint i = 0; i < 1000; i++)
    blocks[i] = fsmm_test_alloc (pool);
  g_usleep (10000);
  fsmm_monitor_refresh (monitor);
  g_assert_cmpuint (n_notified, ==, 1);
  g_assert_cmpuint (n_other, ==, 0);
  g_assert_cmpuint (fsmm_pool_info_get_n_allocated (row), ==, 1000);
  g_assert_nonnull (g_object_get_data (G_OBJECT (row), "n-allocated"));
  g_assert_nonnull (g_object_get_data (G_OBJECT (row), "reserved-bytes"));
  /* A thousand in ten milliseconds, or in a little longer. */
  g_assert_cmpfloat (fsmm_pool_info_get_alloc_rate (row), >, 100);
  g_assert_cmpfloat (fsmm_pool_info_get_alloc_rate (row), <=, 100000);
  g_usleep (1000);
  fsmm_monitor_refresh (monitor);
  g_assert_cmpfloat (fsmm_pool_info_get_alloc_rate (row), ==, 0);

  for (guint i = 0; i < 1000; i++)
    fsmm_test_free (pool, blocks[i]);
}

static void
test_stats (void)
{
  g_autoptr (FsmmPool) pool = fsmm_pool_new_full ("figures", 48, 0, 0, 5, NULL);
  g_autoptr (FsmmMonitor) monitor = fsmm_monitor_new (0);
  g_autoptr (GVariant) stats = fsmm_monitor_get_stats (monitor);
  gboolean is_found = FALSE;

  g_assert_false (g_variant_is_floating (stats));
  g_assert_true (g_variant_is_of_type (stats, G_VARIANT_TYPE ("aa{sv}")));
  g_assert_cmpuint (g_variant_n_children (stats), ==, g_list_model_get_n_items (G_LIST_MODEL (monitor)));
  for (gsize i = 0; i < g_variant_n_children (stats); i++)
    {
      g_autoptr (GVariant) row = g_variant_get_child_value (stats, i);
      const char *name = NULL, *kind;
      guint64 alloc_size, max_blocks;

      g_variant_lookup (row, "name", "&s", &name);
      if (g_strcmp0 (name, "figures") != 0)
        continue;
      is_found = TRUE;
      g_assert_true (g_variant_lookup (row, "kind", "&s", &kind));
      g_assert_cmpstr (kind, ==, "raw");
      g_assert_true (g_variant_lookup (row, "alloc-size", "t", &alloc_size));
      g_assert_true (g_variant_lookup (row, "max-blocks", "t", &max_blocks));
      g_assert_cmpuint (alloc_size, ==, 48);
      g_assert_cmpuint (max_blocks, ==, 5);
    }
  g_assert_true (is_found);
}

/* --- Trimming by a row --- */

static void
test_trim_blocks (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new_named ("to-be-trimmed", 64, 0);
  g_autoptr (FsmmPool) other = fsmm_test_pool_new_named ("another", 64, 0);
  g_autoptr (FsmmMonitor) monitor = fsmm_monitor_new (0);
  g_autoptr (FsmmPoolInfo) row = g_object_ref (find_row (monitor, "to-be-trimmed"));
  gsize reserved, other_reserved;

  fsmm_pool_free (pool, fsmm_test_alloc (pool), NULL);
  fsmm_pool_free (other, fsmm_test_alloc (other), NULL);
  reserved = fsmm_pool_get_reserved_bytes (pool);
  other_reserved = fsmm_pool_get_reserved_bytes (other);
  g_assert_cmpuint (reserved, >, 0);

  g_assert_cmpuint (fsmm_pool_info_trim (row), ==, reserved);
  g_assert_cmpuint (fsmm_pool_get_reserved_bytes (pool), ==, 0);
  g_assert_cmpuint (fsmm_pool_get_reserved_bytes (other), ==, other_reserved);

  g_clear_object (&pool);
  g_assert_cmpuint (fsmm_pool_info_trim (row), ==, 0);
}

static void
note_thread (gpointer dropped_by, GObject *object)
{
  *(GThread **) dropped_by = g_thread_self ();
}

static gpointer
trim_row (gpointer row)
{
  return GSIZE_TO_POINTER (fsmm_pool_info_trim (row));
}

/* Idle objects are dropped where the pool is at home, whoever asks for it. */
static void
test_trim_objects (void)
{
  g_autoptr (FsmmObjectPool) other = g_object_new (FSMM_TYPE_OBJECT_POOL, "item-type", G_TYPE_OBJECT, NULL);
  g_autoptr (FsmmObjectPool) objects = g_object_new (FSMM_TYPE_OBJECT_POOL, "name", "idle", "item-type",
                                                     G_TYPE_OBJECT, "min-idle", 1, NULL);
  FsmmLease *leases[] = { fsmm_object_pool_borrow (objects, NULL), fsmm_object_pool_borrow (objects, NULL) };
  g_autoptr (FsmmMonitor) monitor = fsmm_monitor_new (0);
  g_autoptr (FsmmPoolInfo) row = g_object_ref (find_row (monitor, "idle"));
  GThread *dropped_by[G_N_ELEMENTS (leases)] = { NULL };

  for (guint i = 0; i < G_N_ELEMENTS (leases); i++)
    {
      g_object_weak_ref (fsmm_lease_get_object (leases[i]), note_thread, &dropped_by[i]);
      fsmm_lease_unref (leases[i]);
    }
  g_assert_cmpuint (fsmm_object_pool_get_n_idle (objects), ==, 2);
  fsmm_lease_unref (fsmm_object_pool_borrow (other, NULL));

  /* The context is in use here, so the thread leaves that to us. */
  g_assert_true (g_main_context_acquire (NULL));
  g_assert_null (g_thread_join (g_thread_new ("trims", trim_row, row)));
  g_main_context_release (NULL);
  g_assert_cmpuint (fsmm_object_pool_get_n_idle (objects), ==, 2);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (fsmm_object_pool_get_n_idle (objects), ==, 1);
  g_assert_true (MAX (dropped_by[0], dropped_by[1]) == g_thread_self ());
  g_assert_true (MIN (dropped_by[0], dropped_by[1]) == NULL);
  g_assert_cmpuint (fsmm_object_pool_get_n_idle (other), ==, 1);

  g_clear_object (&objects);
  g_assert_cmpuint (fsmm_pool_info_trim (row), ==, 0);
}

/* --- How it follows --- */

static void
test_come_and_go (void)
{
  g_autoptr (FsmmMonitor) monitor = fsmm_monitor_new (0);
  FsmmPool *pools[10];
  Mirror mirror;

  mirror_init (&mirror, monitor);
  for (guint i = 0; i < 10; i++)
    pools[i] = fsmm_test_pool_new (64, 0);
  fsmm_monitor_refresh (monitor);
  g_assert_cmpuint (mirror.n_changes, ==, 1);
  for (guint i = 0; i < 10; i += 2)
    g_object_unref (pools[i]);
  fsmm_monitor_refresh (monitor);
  g_assert_cmpuint (mirror.n_changes, ==, 6);
  for (guint i = 1; i < 10; i += 2)
    g_object_unref (pools[i]);
  fsmm_monitor_refresh (monitor);
  g_assert_cmpuint (mirror.n_changes, ==, 7);
  fsmm_monitor_refresh (monitor);
  g_assert_cmpuint (mirror.n_changes, ==, 7);
  mirror_clear (&mirror);
}

static void
test_keeps_no_pool (void)
{
  FsmmPool *pool = fsmm_test_pool_new_named ("short-lived", 64, 0);
  g_autoptr (FsmmMonitor) monitor = fsmm_monitor_new (0);
  g_autoptr (FsmmPoolInfo) row = g_object_ref (find_row (monitor, "short-lived"));

  g_object_add_weak_pointer (G_OBJECT (pool), (gpointer *) &pool);
  g_object_unref (pool);
  g_assert_null (pool);
  g_assert_null (fsmm_pool_info_dup_pool (row));
  g_assert_cmpstr (fsmm_pool_info_get_name (row), ==, "short-lived");
  fsmm_monitor_refresh (monitor);
  g_assert_null (find_row (monitor, "short-lived"));
}

/* A binding has a toggle reference, and is told when others come and go. */
static void
count_others (gpointer n_others, GObject *pool, gboolean is_last_ref)
{
  *(gint *) n_others += is_last_ref ? -1 : 1;
}

static void
test_tells_bindings (void)
{
  FsmmPool *pool = fsmm_test_pool_new_named ("of-a-script", 64, 0);
  g_autoptr (FsmmMonitor) monitor = fsmm_monitor_new (0);
  FsmmPoolInfo *row = find_row (monitor, "of-a-script");
  gint n_others = 1;

  g_object_add_toggle_ref (G_OBJECT (pool), count_others, &n_others);
  g_object_unref (pool);
  g_assert_cmpint (n_others, ==, 0);
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (FsmmPool) found = fsmm_pool_info_dup_pool (row);

      g_assert_true (found == pool);
      g_assert_cmpint (n_others, ==, 1);
      g_clear_object (&found);
      g_assert_cmpint (n_others, ==, 0);
    }
  g_object_remove_toggle_ref (G_OBJECT (pool), count_others, &n_others);
  g_assert_null (fsmm_pool_info_dup_pool (row));
}

static void
look_for_pool (const char *message, gpointer row)
{
  g_assert_null (fsmm_pool_info_dup_pool (row));
  g_object_set_data (row, "told", GINT_TO_POINTER (TRUE));
}

static void
revive (gpointer found, GObject *pool)
{
  FsmmPool **revived = found;

  *revived = fsmm_pool_info_dup_pool (g_object_get_data (pool, "row"));
}

/* Whoever finds it while it is disposed of has it; but not once its blocks are being dropped. */
static void
test_ends (void)
{
  FsmmPool *pool = fsmm_test_pool_new_named ("leaking", 64, 0);
  g_autoptr (FsmmMonitor) monitor = fsmm_monitor_new (0);
  FsmmPoolInfo *row = find_row (monitor, "leaking");
  FsmmPool *revived = NULL;

  fsmm_test_alloc (pool);
  g_object_set_data (G_OBJECT (pool), "row", row);
  g_object_weak_ref (G_OBJECT (pool), revive, &revived);
  g_object_unref (pool);
  g_assert_true (revived == pool);
  g_assert_cmpuint (fsmm_pool_get_n_allocated (pool), ==, 1);

  fsmm_test_watch_reports (look_for_pool, row);
  g_object_unref (pool);
  g_assert_nonnull (g_object_get_data (G_OBJECT (row), "told"));
  fsmm_test_watch_reports (NULL, NULL);
}

static void
test_interval (void)
{
  g_autoptr (FsmmMonitor) monitor = fsmm_monitor_new (5);
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new_named ("later", 64, 0);
  gint64 end = g_get_monotonic_time () + 10 * G_USEC_PER_SEC;

  g_assert_null (find_row (monitor, "later"));
  while (find_row (monitor, "later") == NULL && g_get_monotonic_time () < end)
    g_main_context_iteration (NULL, TRUE);
  g_assert_nonnull (find_row (monitor, "later"));

  fsmm_monitor_set_interval (monitor, 0);
  g_assert_false (g_main_context_pending (NULL));
  g_usleep (10000);
  g_assert_false (g_main_context_iteration (NULL, FALSE));
}

/* A handler that asks for a look gets none: the list is in the middle of a change. */
static void
look_again (GListModel *model, guint position, guint n_removed, guint n_added, gpointer data)
{
  fsmm_monitor_refresh (FSMM_MONITOR (model));
}

static void
test_reenter (void)
{
  g_autoptr (FsmmMonitor) monitor = fsmm_monitor_new (0);
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new_named ("reentered", 64, 0);

  g_signal_connect (monitor, "items-changed", G_CALLBACK (look_again), NULL);
  fsmm_monitor_refresh (monitor);
  g_assert_nonnull (find_row (monitor, "reentered"));
}

/* --- Threads --- */

static gint goes_on;

static gpointer
make_and_drop (gpointer seed)
{
  FsmmPool *pools[8] = { NULL };
  guint state = GPOINTER_TO_UINT (seed);

  while (g_atomic_int_get (&goes_on))
    {
      guint i = (state = state * 1664525 + 1013904223) >> 24 & 7;

      if (pools[i] != NULL)
        g_clear_object (&pools[i]);
      else
        {
          pools[i] = fsmm_test_pool_new (16 << (i & 3), 0);
          fsmm_test_free (pools[i], fsmm_test_alloc (pools[i]));
        }
    }
  for (guint i = 0; i < 8; i++)
    g_clear_object (&pools[i]);

  return NULL;
}

/* Each row finds its pool, or none, whatever becomes of it meanwhile. */
static void
find_pools (FsmmMonitor *monitor)
{
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (monitor)); i++)
    {
      g_autoptr (FsmmPoolInfo) row = g_list_model_get_item (G_LIST_MODEL (monitor), i);
      g_autoptr (FsmmPool) pool = fsmm_pool_info_dup_pool (row);

      if (pool != NULL)
        g_assert_cmpuint (fsmm_pool_get_alloc_size (pool), ==, fsmm_pool_info_get_alloc_size (row));
    }
}

static void
test_threads (void)
{
  g_autoptr (FsmmMonitor) monitor = fsmm_monitor_new (0);
  GThread *threads[8];
  Mirror mirror;

  mirror_init (&mirror, monitor);
  g_atomic_int_set (&goes_on, TRUE);
  for (guint i = 0; i < 8; i++)
    threads[i] = g_thread_new ("maker", make_and_drop, GUINT_TO_POINTER (i + 1));
  for (guint i = 0; i < fsmm_test_rounds (500); i++)
    {
      fsmm_monitor_refresh (monitor);
      if (i % 8 == 0)
        find_pools (monitor);
    }
  g_atomic_int_set (&goes_on, FALSE);
  for (guint i = 0; i < 8; i++)
    g_thread_join (threads[i]);
  fsmm_monitor_refresh (monitor);
  assert_equal (&mirror);
  mirror_clear (&mirror);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_setenv ("FSMM_DEBUG", "leaking:leaks;*:no-tools", TRUE);

  g_test_add_func ("/monitor/blocks", test_blocks);
  g_test_add_func ("/monitor/other-kinds", test_other_kinds);
  g_test_add_func ("/monitor/changes", test_changes);
  g_test_add_func ("/monitor/stats", test_stats);
  g_test_add_func ("/monitor/trim/blocks", test_trim_blocks);
  g_test_add_func ("/monitor/trim/objects", test_trim_objects);
  g_test_add_func ("/monitor/come-and-go", test_come_and_go);
  g_test_add_func ("/monitor/keeps-no-pool", test_keeps_no_pool);
  g_test_add_func ("/monitor/tells-bindings", test_tells_bindings);
  g_test_add_func ("/monitor/ends", test_ends);
  g_test_add_func ("/monitor/interval", test_interval);
  g_test_add_func ("/monitor/reenter", test_reenter);
  g_test_add_func ("/monitor/threads", test_threads);

  return g_test_run ();
}
