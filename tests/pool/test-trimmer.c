/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Memory goes back while a program does nothing but run its main loop. */

#include "fsmm-test.h"

#include <string.h>

#define CHUNK ((gsize) 64 * 1024)
#define MANY 50000

/* --- A monitor that warns when it is told to --- */

typedef struct
{
  GObject parent_instance;
} FakeMonitor;

typedef GObjectClass FakeMonitorClass;

static GType fake_monitor_get_type (void);

static void
fake_monitor_no_iface_init (gpointer iface, gpointer data)
{
}

static gboolean
fake_initable_init (GInitable *initable, GCancellable *cancellable, GError **error)
{
  return TRUE;
}

static void
fake_initable_iface_init (GInitableIface *iface)
{
  iface->init = fake_initable_init;
}

G_DEFINE_TYPE_WITH_CODE (FakeMonitor, fake_monitor, G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (G_TYPE_INITABLE, fake_initable_iface_init)
                         G_IMPLEMENT_INTERFACE (G_TYPE_MEMORY_MONITOR, fake_monitor_no_iface_init))

static void
fake_monitor_init (FakeMonitor *self)
{
}

static void
fake_monitor_class_init (FakeMonitorClass *klass)
{
}

static GMemoryMonitor *
fake_monitor_new (void)
{
  return g_object_new (fake_monitor_get_type (), NULL);
}

/* --- Scenes --- */

static FsmmTrimmer *
trimmer_new (guint decay, guint64 budget_bytes)
{
  FsmmTrimmer *self = g_object_new (FSMM_TYPE_TRIMMER, "decay", decay, "budget-bytes", budget_bytes,
                                    NULL);

  fsmm_trim_all ();
  return self;
}

static void
fill (FsmmPool *pool, gpointer *blocks)
{
  for (guint i = 0; i < MANY; i++)
    blocks[i] = memset (fsmm_test_alloc (pool), 1, 64);
}

static void
free_each (FsmmPool *pool, gpointer *blocks)
{
  for (guint i = 0; i < MANY; i++)
    fsmm_test_free (pool, blocks[i]);
}

static gboolean
set_flag (gpointer flag)
{
  *(gboolean *) flag = TRUE;
  return G_SOURCE_REMOVE;
}

/* Runs the main loop for so long, without doing anything else. */
static void
idle_for (guint ms)
{
  gboolean is_over = FALSE;

  g_timeout_add (ms, set_flag, &is_over);
  while (!is_over)
    g_main_context_iteration (NULL, TRUE);
}

static void
add_bytes (FsmmTrimmer *trimmer, guint64 n_bytes, guint64 *sum)
{
  *sum += n_bytes;
}

static void
test_defaults (void)
{
  g_autoptr (FsmmTrimmer) trimmer = fsmm_trimmer_new ();
  g_autoptr (GMemoryMonitor) monitor = g_memory_monitor_dup_default ();

  g_assert_cmpuint (fsmm_trimmer_get_decay (trimmer), ==, 10000);
  g_assert_cmpuint (fsmm_trimmer_get_budget_bytes (trimmer), ==, 0);
  g_assert_true (fsmm_trimmer_get_memory_monitor (trimmer) == monitor);
}

static void
test_nobody_warns (void)
{
  g_autoptr (FsmmTrimmer) trimmer = trimmer_new (0, 0);

  g_assert_null (fsmm_trimmer_get_memory_monitor (trimmer));
}

/* Within the time of decay and a second. */
static void
test_a_burst_goes_back (void)
{
  g_autoptr (FsmmTrimmer) trimmer = trimmer_new (400, 0);
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  g_autofree gpointer *blocks = g_new (gpointer, MANY);
  guint64 n_trimmed = 0;

  g_signal_connect (trimmer, "trimmed", G_CALLBACK (add_bytes), &n_trimmed);
  fill (pool, blocks);
  free_each (pool, blocks);
  g_assert_cmpuint (fsmm_pool_get_reserved_bytes (pool), >, 64 * MANY);
  idle_for (1400);
  g_assert_cmpuint (fsmm_pool_get_reserved_bytes (pool), ==, 0);
  g_assert_cmpuint (n_trimmed, >, 64 * MANY);
}

static void
test_without_decay_nothing_goes (void)
{
  g_autoptr (FsmmTrimmer) trimmer = trimmer_new (0, 0);
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  g_autofree gpointer *blocks = g_new (gpointer, MANY);

  fill (pool, blocks);
  free_each (pool, blocks);
  idle_for (500);
  g_assert_cmpuint (fsmm_pool_get_reserved_bytes (pool), >, 64 * MANY);

  /* It can be asked for later. */
  fsmm_trimmer_set_decay (trimmer, 200);
  idle_for (900);
  g_assert_cmpuint (fsmm_pool_get_reserved_bytes (pool), ==, 0);
}

/* Its source goes with it. */
static void
test_it_ends (void)
{
  FsmmTrimmer *trimmer = trimmer_new (200, 0);
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  g_autofree gpointer *blocks = g_new (gpointer, MANY);

  fill (pool, blocks);
  free_each (pool, blocks);
  g_assert_finalize_object (trimmer);
  idle_for (500);
  g_assert_cmpuint (fsmm_pool_get_reserved_bytes (pool), >, 64 * MANY);
}

static void
count_emission (FsmmTrimmer *trimmer, guint64 n_bytes, gpointer data)
{
  guint64 *counts = data;

  counts[0]++;
  counts[1] = n_bytes;
}

static void
test_budget (void)
{
  const guint64 budget = 20 * CHUNK;
  g_autoptr (FsmmTrimmer) trimmer = trimmer_new (200, budget);
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  g_autofree gpointer *blocks = g_new (gpointer, MANY);
  guint64 over[2] = { 0, 0 };

  g_signal_connect (trimmer, "over-budget", G_CALLBACK (count_emission), over);
  idle_for (500);
  g_assert_cmpuint (over[0], ==, 0);

  /* Once, while nothing changes. */
  fill (pool, blocks);
  idle_for (700);
  g_assert_cmpuint (over[0], ==, 1);
  g_assert_cmpuint (over[1], >=, fsmm_pool_get_reserved_bytes (pool) - budget);

  /* What is free goes at once, however short ago it was used. */
  free_each (pool, blocks);
  idle_for (150);
  g_assert_cmpuint (fsmm_pool_get_reserved_bytes (pool), <, budget);
  idle_for (300);
  fill (pool, blocks);
  idle_for (300);
  g_assert_cmpuint (over[0], ==, 2);

  /* Nobody minds. */
  fsmm_trimmer_set_budget_bytes (trimmer, 0);
  idle_for (300);
  g_assert_cmpuint (over[0], ==, 2);
}

static void
test_budget_alone (void)
{
  g_autoptr (FsmmTrimmer) trimmer G_GNUC_UNUSED = trimmer_new (0, CHUNK);
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  g_autofree gpointer *blocks = g_new (gpointer, MANY);

  fill (pool, blocks);
  free_each (pool, blocks);
  idle_for (2200);
  g_assert_cmpuint (fsmm_pool_get_reserved_bytes (pool), ==, 0);
}

static void
test_warnings (void)
{
  g_autoptr (FsmmTrimmer) trimmer = trimmer_new (0, 0);
  g_autoptr (GMemoryMonitor) monitor = fake_monitor_new ();
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  guint64 n_trimmed = 0;

  g_signal_connect (trimmer, "trimmed", G_CALLBACK (add_bytes), &n_trimmed);
  fsmm_trimmer_set_memory_monitor (trimmer, monitor);
  g_assert_true (fsmm_trimmer_get_memory_monitor (trimmer) == monitor);

  fsmm_test_free (pool, fsmm_test_alloc (pool));
  g_signal_emit_by_name (monitor, "low-memory-warning", G_MEMORY_MONITOR_WARNING_LEVEL_LOW);
  g_assert_cmpuint (n_trimmed, ==, CHUNK);

  /* Another one, and none. */
  fsmm_trimmer_set_memory_monitor (trimmer, NULL);
  fsmm_test_free (pool, fsmm_test_alloc (pool));
  g_signal_emit_by_name (monitor, "low-memory-warning", G_MEMORY_MONITOR_WARNING_LEVEL_CRITICAL);
  g_assert_cmpuint (n_trimmed, ==, CHUNK);
  g_assert_cmpuint (fsmm_trimmer_trim (trimmer, G_MEMORY_MONITOR_WARNING_LEVEL_CRITICAL), ==, CHUNK);
  g_assert_cmpuint (n_trimmed, ==, 2 * CHUNK);
  g_assert_cmpuint (fsmm_trimmer_trim (trimmer, G_MEMORY_MONITOR_WARNING_LEVEL_LOW), ==, 0);

  fsmm_trimmer_set_memory_monitor (trimmer, monitor);
  g_assert_finalize_object (g_steal_pointer (&trimmer));
  g_signal_emit_by_name (monitor, "low-memory-warning", G_MEMORY_MONITOR_WARNING_LEVEL_LOW);
}

static void
count_notify (gpointer trimmer, GParamSpec *pspec, guint *n_notified)
{
  ++*n_notified;
}

static void
test_properties (void)
{
  g_autoptr (FsmmTrimmer) trimmer = trimmer_new (0, 0);
  g_autoptr (GMemoryMonitor) monitor = fake_monitor_new ();
  g_autoptr (GMemoryMonitor) found = NULL;
  guint n_notified = 0, decay = 0;
  guint64 budget = 0;

  g_signal_connect (trimmer, "notify", G_CALLBACK (count_notify), &n_notified);
  for (guint i = 0; i < 2; i++)
    g_object_set (trimmer, "decay", 777u, "budget-bytes", (guint64) 888, "memory-monitor", monitor,
                  NULL);
  g_object_get (trimmer, "decay", &decay, "budget-bytes", &budget, "memory-monitor", &found, NULL);
  g_assert_cmpuint (decay, ==, 777);
  g_assert_cmpuint (budget, ==, 888);
  g_assert_true (found == monitor);
  g_assert_cmpuint (n_notified, ==, 3);
}

/* In the context of the thread that made it, whichever thread drops it. */
static gpointer
run_with_context (gpointer data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  g_autofree gpointer *blocks = g_new (gpointer, MANY);
  FsmmTrimmer *trimmer;
  gint64 end;

  g_main_context_push_thread_default (context);
  trimmer = trimmer_new (200, 0);
  fill (pool, blocks);
  free_each (pool, blocks);
  end = g_get_monotonic_time () + 2 * G_USEC_PER_SEC;
  while (fsmm_pool_get_reserved_bytes (pool) > 0 && g_get_monotonic_time () < end)
    g_main_context_iteration (context, TRUE);
  g_assert_cmpuint (fsmm_pool_get_reserved_bytes (pool), ==, 0);
  g_main_context_pop_thread_default (context);

  return trimmer;
}

static void
test_contexts (void)
{
  FsmmTrimmer *trimmer = g_thread_join (g_thread_new ("context", run_with_context, NULL));

  g_assert_finalize_object (trimmer);
}

/* In how many milliseconds at most it has something to do, or -1. */
static int
get_timeout (GMainContext *context)
{
  GPollFD fds[8];
  int priority, timeout;

  g_assert_true (g_main_context_acquire (context));
  g_main_context_prepare (context, &priority);
  g_main_context_query (context, priority, &timeout, fds, G_N_ELEMENTS (fds));
  g_main_context_release (context);

  return timeout;
}

/* Nothing looks in the place of a trimmer that is told not to, or that is gone. */
static void
test_nothing_stays_in_the_context (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  FsmmTrimmer *trimmer;

  g_main_context_push_thread_default (context);
  trimmer = g_object_new (FSMM_TYPE_TRIMMER, "memory-monitor", NULL, NULL);
  g_main_context_pop_thread_default (context);

  g_assert_cmpint (get_timeout (context), >, 0);
  fsmm_trimmer_set_decay (trimmer, 0);
  g_assert_cmpint (get_timeout (context), ==, -1);
  fsmm_trimmer_set_decay (trimmer, 1000);
  g_assert_cmpint (get_timeout (context), >, 0);
  g_assert_finalize_object (trimmer);
  g_assert_cmpint (get_timeout (context), ==, -1);
}

static void
look_again (FsmmTrimmer *trimmer, GParamSpec *pspec, gpointer data)
{
  fsmm_trimmer_set_decay (trimmer, 2000);
}

/* Nobody can change a trimmer any more that is about to go. */
static void
test_no_notice_at_the_end (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GMemoryMonitor) monitor = fake_monitor_new ();
  FsmmTrimmer *trimmer;

  g_main_context_push_thread_default (context);
  trimmer = g_object_new (FSMM_TYPE_TRIMMER, "memory-monitor", monitor, NULL);
  g_main_context_pop_thread_default (context);

  g_signal_connect (trimmer, "notify::memory-monitor", G_CALLBACK (look_again), NULL);
  g_assert_finalize_object (trimmer);
  g_assert_cmpint (get_timeout (context), ==, -1);
}

/* The source is at work then, and goes with the trimmer. */
static void
drop_it (FsmmTrimmer *trimmer, guint64 n_bytes, FsmmTrimmer **owned)
{
  g_clear_object (owned);
}

static void
test_dropped_by_a_handler (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  FsmmTrimmer *trimmer;
  gpointer watched;

  g_main_context_push_thread_default (context);
  trimmer = trimmer_new (100, 1);
  g_main_context_pop_thread_default (context);

  watched = trimmer;
  g_object_add_weak_pointer (G_OBJECT (trimmer), &watched);
  g_signal_connect (trimmer, "over-budget", G_CALLBACK (drop_it), &trimmer);
  fsmm_test_alloc (pool);
  while (watched != NULL)
    g_main_context_iteration (context, TRUE);
  g_assert_cmpint (get_timeout (context), ==, -1);
}

int
main (int argc, char *argv[])
{
  gboolean has_caches = fsmm_test_want_caches ();

  g_test_init (&argc, &argv, NULL);

  /* GIO connects to the bus then, in a thread, which sanitizers do not understand. */
  if (!fsmm_test_is_slow_environment ())
    g_test_add_func ("/trimmer/defaults", test_defaults);
  g_test_add_func ("/trimmer/nobody-warns", test_nobody_warns);
  g_test_add_func ("/trimmer/properties", test_properties);
  if (has_caches)
    {
      g_test_add_func ("/trimmer/burst", test_a_burst_goes_back);
      g_test_add_func ("/trimmer/without-decay", test_without_decay_nothing_goes);
      g_test_add_func ("/trimmer/ends", test_it_ends);
      g_test_add_func ("/trimmer/budget", test_budget);
      g_test_add_func ("/trimmer/budget-alone", test_budget_alone);
      g_test_add_func ("/trimmer/warnings", test_warnings);
      g_test_add_func ("/trimmer/contexts", test_contexts);
      g_test_add_func ("/trimmer/nothing-stays", test_nothing_stays_in_the_context);
      g_test_add_func ("/trimmer/no-notice", test_no_notice_at_the_end);
      g_test_add_func ("/trimmer/dropped-by-handler", test_dropped_by_a_handler);
    }

  return g_test_run ();
}
