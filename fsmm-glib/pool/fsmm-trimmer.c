/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "pool/fsmm-trimmer-private.h"

#include "base/fsmm-weak-source.h"
#include "engine/heap/fsmm-heap.h"

/* A look costs each pool a lock, and not more often than this. With a budget alone, it is this often. */
#define LEAST_INTERVAL_MS 100
#define BUDGET_INTERVAL_MS 1000

/**
 * FsmmTrimmer:
 *
 * Gives memory back to the system that the pools of this process do not need.
 *
 * As long as there is a trimmer, it looks at all pools now and then: also those of libraries, those
 * of types, and the memory of handles. What a pool has not needed for [property@Fsmm.Trimmer:decay]
 * milliseconds goes back, while the program is idle as well. So does all that is free when the
 * system warns that memory gets scarce.
 *
 * ```c
 * g_autoptr (FsmmTrimmer) trimmer = fsmm_trimmer_new ();
 *
 * fsmm_trimmer_set_decay (trimmer, 5000);
 * fsmm_trimmer_set_budget_bytes (trimmer, 200 * 1024 * 1024);
 * ```
 *
 * It belongs in programs, which keep one for as long as they run, and not in libraries. It works in the
 * main context that was the thread's default when it was made, which has to run, and needs no thread of
 * its own. What it does costs the pools nothing while nobody looks.
 *
 * Looking stops no thread, but trimming stops those that use the pool, for some microseconds and for as
 * long as it takes to give its pages back. A pool is trimmed at most once for each look, of which there
 * are two in the time of decay, and less and less often if what it gives back is soon needed again.
 *
 * All functions can be called from any thread. Signals are emitted in the main context; but what
 * [method@Fsmm.Trimmer.trim] gives back is signalled in the thread that calls it, and what a warning does
 * in the one in which the monitor emits that.
 *
 * Since: 1.2
 */
struct _FsmmTrimmer {
  GObject parent_instance;

  GMainContext *context; /* (owned): in which it looks */

  /* Protects all below. No other function is called with it held. */
  GMutex lock;
  guint decay; /* in milliseconds */
  guint64 budget_bytes;
  GMemoryMonitor *memory_monitor; /* (owned) (nullable) */
  gulong warning_id;
  GSource *source;         /* (owned) (nullable) */
  gboolean is_over_budget; /* and that has been said */
};

typedef enum {
  PROP_DECAY = 1,
  PROP_BUDGET_BYTES,
  PROP_MEMORY_MONITOR,
} FsmmTrimmerProperty;

static GParamSpec *trimmer_properties[PROP_MEMORY_MONITOR + 1];

enum { TRIMMED, OVER_BUDGET, N_SIGNALS };

static guint trimmer_signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (FsmmTrimmer, fsmm_trimmer, G_TYPE_OBJECT)

static void (*trim_other) (GMemoryMonitorWarningLevel level); /* (atomic) (nullable) */

void
fsmm_trimmer_set_other (void (*trim) (GMemoryMonitorWarningLevel level))
{
  g_atomic_pointer_set (&trim_other, trim);
}

/* --- Looking --- */

static void
emit_trimmed (FsmmTrimmer *self, guint64 n_bytes)
{
  if (n_bytes > 0)
    g_signal_emit (self, trimmer_signals[TRIMMED], 0, n_bytes);
}

/* Once for each time that the budget is exceeded. */
static void
check_budget (FsmmTrimmer *self, guint64 budget_bytes, guint64 reserved)
{
  gboolean is_over = reserved > budget_bytes;
  gboolean was_over;

  g_mutex_lock (&self->lock);
  was_over = self->is_over_budget;
  self->is_over_budget = is_over;
  g_mutex_unlock (&self->lock);

  if (is_over && !was_over)
    g_signal_emit (self, trimmer_signals[OVER_BUDGET], 0, reserved - budget_bytes);
}

static void
look (gpointer data)
{
  FsmmTrimmer *self = data;
  guint64 budget_bytes = fsmm_trimmer_get_budget_bytes (self);
  guint64 reserved = 0, n_bytes = 0;

  if (fsmm_trimmer_get_decay (self) > 0)
    n_bytes = fsmm_heap_decay_all ();
  if (budget_bytes > 0)
    reserved = fsmm_heap_count_reserved_all ();

  if (reserved > budget_bytes)
    {
      n_bytes += fsmm_heap_trim_all ();
      reserved = fsmm_heap_count_reserved_all ();
    }

  emit_trimmed (self, n_bytes);
  if (budget_bytes > 0)
    check_budget (self, budget_bytes, reserved);
}

static GSource *
new_source (FsmmTrimmer *self, guint interval_ms)
{
  GSource *source = interval_ms % 1000 == 0 ? g_timeout_source_new_seconds (interval_ms / 1000)
                                            : g_timeout_source_new (interval_ms);

  g_source_set_static_name (source, "[fsmm-glib] FsmmTrimmer");
  fsmm_weak_source_set_callback (source, self, look);

  return source;
}

/* What is idle was so in the time between two looks: that is seen after two of them at the latest. */
static guint
get_interval (guint decay, guint64 budget_bytes)
{
  if (decay > 0)
    return MAX (decay / 2, LEAST_INTERVAL_MS);

  return budget_bytes > 0 ? BUDGET_INTERVAL_MS : 0;
}

/* Called with the lock held. Returns what there was before, to be destroyed without it. */
static GSource *
change_source (FsmmTrimmer *self)
{
  GSource *old = g_steal_pointer (&self->source);
  guint interval = get_interval (self->decay, self->budget_bytes);

  if (interval > 0)
    {
      self->source = new_source (self, interval);
      g_source_attach (self->source, self->context);
    }

  return old;
}

static void
on_warning (GMemoryMonitor *monitor, GMemoryMonitorWarningLevel level, FsmmTrimmer *self)
{
  fsmm_trimmer_trim (self, level);
}

/* Returns FALSE if it is the one that there was. */
static gboolean
follow (FsmmTrimmer *self, GMemoryMonitor *memory_monitor)
{
  g_autoptr (GMemoryMonitor) old = NULL;
  gulong new_id = 0, old_id;

  /* With an object that is being finalized, no signal can be connected: but then there is none. */
  if (memory_monitor != NULL)
    new_id = g_signal_connect_object (memory_monitor, "low-memory-warning", G_CALLBACK (on_warning),
                                      self, 0);

  g_mutex_lock (&self->lock);
  old = g_steal_pointer (&self->memory_monitor);
  old_id = self->warning_id;
  if (memory_monitor != NULL)
    self->memory_monitor = g_object_ref (memory_monitor);
  self->warning_id = new_id;
  g_mutex_unlock (&self->lock);

  if (old != NULL)
    g_signal_handler_disconnect (old, old_id);

  return old != memory_monitor;
}

/* --- The object --- */

static void
fsmm_trimmer_init (FsmmTrimmer *self)
{
  g_mutex_init (&self->lock);
  self->context = g_main_context_ref_thread_default ();
  self->decay = 10000;
}

static void
fsmm_trimmer_constructed (GObject *object)
{
  FsmmTrimmer *self = FSMM_TRIMMER (object);

  G_OBJECT_CLASS (fsmm_trimmer_parent_class)->constructed (object);

  (void) change_source (self);
}

/* Nobody is notified, who could have it look again. */
static void
fsmm_trimmer_dispose (GObject *object)
{
  FsmmTrimmer *self = FSMM_TRIMMER (object);
  GSource *source;

  g_mutex_lock (&self->lock);
  source = g_steal_pointer (&self->source);
  g_mutex_unlock (&self->lock);

  fsmm_weak_source_end (source);
  follow (self, NULL);

  G_OBJECT_CLASS (fsmm_trimmer_parent_class)->dispose (object);
}

static void
fsmm_trimmer_finalize (GObject *object)
{
  FsmmTrimmer *self = FSMM_TRIMMER (object);

  g_main_context_unref (self->context);
  g_mutex_clear (&self->lock);

  G_OBJECT_CLASS (fsmm_trimmer_parent_class)->finalize (object);
}

static void
fsmm_trimmer_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  FsmmTrimmer *self = FSMM_TRIMMER (object);

  switch ((FsmmTrimmerProperty) prop_id)
    {
    case PROP_DECAY:
      g_value_set_uint (value, fsmm_trimmer_get_decay (self));
      break;
    case PROP_BUDGET_BYTES:
      g_value_set_uint64 (value, fsmm_trimmer_get_budget_bytes (self));
      break;
    case PROP_MEMORY_MONITOR:
      g_value_set_object (value, fsmm_trimmer_get_memory_monitor (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
fsmm_trimmer_set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  FsmmTrimmer *self = FSMM_TRIMMER (object);

  switch ((FsmmTrimmerProperty) prop_id)
    {
    case PROP_DECAY:
      fsmm_trimmer_set_decay (self, g_value_get_uint (value));
      break;
    case PROP_BUDGET_BYTES:
      fsmm_trimmer_set_budget_bytes (self, g_value_get_uint64 (value));
      break;
    case PROP_MEMORY_MONITOR:
      fsmm_trimmer_set_memory_monitor (self, g_value_get_object (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
add_properties (GObjectClass *object_class)
{
  const GParamFlags flags =
      G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  /**
   * FsmmTrimmer:decay: (getter get_decay) (setter set_decay)
   *
   * After how many milliseconds memory that is free goes back, if no pool has needed it meanwhile: 10,000
   * unless you say otherwise, or 0 for never.
   *
   * It is looked for twice in this time, but at most ten times a second. After a burst, what it needed
   * goes back within this time and a second; but after up to 31 more looks if what went back the last
   * few times was soon needed again.
   *
   * Since: 1.2
   */
  trimmer_properties[PROP_DECAY] = g_param_spec_uint ("decay", NULL, NULL, 0, G_MAXUINT, 10000, flags);

  /**
   * FsmmTrimmer:budget-bytes: (getter get_budget_bytes) (setter set_budget_bytes)
   *
   * How many bytes all pools together should hold at most, or 0 for any number.
   *
   * No pool is refused memory because of it. If a look finds that they hold more, everything free goes
   * back; if they still do, [signal@Fsmm.Trimmer::over-budget] is emitted. Without decay, there is one
   * look a second. What counts is [property@Fsmm.Pool:reserved-bytes] of all pools, those of handles
   * included.
   *
   * Since: 1.2
   */
  trimmer_properties[PROP_BUDGET_BYTES] =
      g_param_spec_uint64 ("budget-bytes", NULL, NULL, 0, G_MAXUINT64, 0, flags);

  /**
   * FsmmTrimmer:memory-monitor: (getter get_memory_monitor) (setter set_memory_monitor)
   *
   * Whose warnings the trimmer follows, or %NULL for none: that of the system where
   * [ctor@Fsmm.Trimmer.new] creates the trimmer.
   *
   * Since: 1.2
   */
  trimmer_properties[PROP_MEMORY_MONITOR] =
      g_param_spec_object ("memory-monitor", NULL, NULL, G_TYPE_MEMORY_MONITOR, flags);

  g_object_class_install_properties (object_class, G_N_ELEMENTS (trimmer_properties),
                                     trimmer_properties);
}

static void
fsmm_trimmer_class_init (FsmmTrimmerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->constructed = fsmm_trimmer_constructed;
  object_class->dispose = fsmm_trimmer_dispose;
  object_class->finalize = fsmm_trimmer_finalize;
  object_class->get_property = fsmm_trimmer_get_property;
  object_class->set_property = fsmm_trimmer_set_property;
  add_properties (object_class);

  /**
   * FsmmTrimmer::trimmed:
   * @self: a trimmer
   * @n_bytes: how many bytes
   *
   * Memory has gone back to the system.
   *
   * Since: 1.2
   */
  trimmer_signals[TRIMMED] = g_signal_new ("trimmed", FSMM_TYPE_TRIMMER, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                   NULL, G_TYPE_NONE, 1, G_TYPE_UINT64);

  /**
   * FsmmTrimmer::over-budget:
   * @self: a trimmer
   * @n_bytes: how many bytes too many there are
   *
   * The pools hold more than [property@Fsmm.Trimmer:budget-bytes], and nothing more of it is free: what
   * helps is to free blocks, such as those of a cache.
   *
   * This is emitted once, and not again before they have been found to hold less.
   *
   * Since: 1.2
   */
  trimmer_signals[OVER_BUDGET] = g_signal_new ("over-budget", FSMM_TYPE_TRIMMER, G_SIGNAL_RUN_LAST, 0, NULL,
                                       NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT64);
}

/**
 * fsmm_trimmer_new:
 *
 * Creates a trimmer that gives back what has been free for ten seconds, and follows the warnings of
 * the system.
 *
 * Returns: (transfer full): a new trimmer
 *
 * Since: 1.2
 */
FsmmTrimmer *
fsmm_trimmer_new (void)
{
  g_autoptr (GMemoryMonitor) monitor = g_memory_monitor_dup_default ();

  return g_object_new (FSMM_TYPE_TRIMMER, "memory-monitor", monitor, NULL);
}

/**
 * fsmm_trimmer_trim:
 * @self: a trimmer
 * @level: how scarce memory is
 *
 * Gives memory back at once, as when the system warns that it gets scarce.
 *
 * This is all memory that is free, whatever the level: see [func@Fsmm.trim_all]. With
 * `G_MEMORY_MONITOR_WARNING_LEVEL_MEDIUM`, object pools drop idle objects as well, but for
 * [property@Fsmm.ObjectPool:min-idle], and with `G_MEMORY_MONITOR_WARNING_LEVEL_CRITICAL` all of them:
 * each in the main context in which it was made, so that this may be done a short time later.
 *
 * Returns: how many bytes the system has got
 *
 * Since: 1.2
 */
guint64
fsmm_trimmer_trim (FsmmTrimmer *self, GMemoryMonitorWarningLevel level)
{
  void (*trim) (GMemoryMonitorWarningLevel level) = g_atomic_pointer_get (&trim_other);
  guint64 n_bytes;

  g_return_val_if_fail (FSMM_IS_TRIMMER (self), 0);

  /* First, since objects may have blocks. */
  if (trim != NULL)
    trim (level);
  n_bytes = fsmm_heap_trim_all ();
  g_object_ref (self);
  emit_trimmed (self, n_bytes);
  g_object_unref (self);

  return n_bytes;
}

/* --- Properties --- */

/**
 * fsmm_trimmer_set_decay: (set-property decay)
 * @self: a trimmer
 * @decay: a number of milliseconds, or 0 for never
 *
 * Sets after what time free memory goes back.
 *
 * Since: 1.2
 */
void
fsmm_trimmer_set_decay (FsmmTrimmer *self, guint decay)
{
  GSource *old = NULL;
  gboolean is_changed;

  g_return_if_fail (FSMM_IS_TRIMMER (self));

  g_mutex_lock (&self->lock);
  is_changed = self->decay != decay;
  self->decay = decay;
  if (is_changed)
    old = change_source (self);
  g_mutex_unlock (&self->lock);

  fsmm_weak_source_end (old);
  if (is_changed)
    g_object_notify_by_pspec (G_OBJECT (self), trimmer_properties[PROP_DECAY]);
}

/**
 * fsmm_trimmer_get_decay: (get-property decay)
 * @self: a trimmer
 *
 * Gets after what time free memory goes back.
 *
 * Returns: a number of milliseconds, or 0 for never
 *
 * Since: 1.2
 */
guint
fsmm_trimmer_get_decay (FsmmTrimmer *self)
{
  guint decay;

  g_return_val_if_fail (FSMM_IS_TRIMMER (self), 0);

  g_mutex_lock (&self->lock);
  decay = self->decay;
  g_mutex_unlock (&self->lock);

  return decay;
}

/**
 * fsmm_trimmer_set_budget_bytes: (set-property budget-bytes)
 * @self: a trimmer
 * @budget_bytes: a number of bytes, or 0 for any number
 *
 * Sets how much all pools together should hold at most.
 *
 * Since: 1.2
 */
void
fsmm_trimmer_set_budget_bytes (FsmmTrimmer *self, guint64 budget_bytes)
{
  GSource *old = NULL;
  gboolean is_changed;

  g_return_if_fail (FSMM_IS_TRIMMER (self));

  g_mutex_lock (&self->lock);
  is_changed = self->budget_bytes != budget_bytes;
  self->budget_bytes = budget_bytes;
  self->is_over_budget = self->is_over_budget && !is_changed;
  if (is_changed)
    old = change_source (self);
  g_mutex_unlock (&self->lock);

  fsmm_weak_source_end (old);
  if (is_changed)
    g_object_notify_by_pspec (G_OBJECT (self), trimmer_properties[PROP_BUDGET_BYTES]);
}

/**
 * fsmm_trimmer_get_budget_bytes: (get-property budget-bytes)
 * @self: a trimmer
 *
 * Gets how much all pools together should hold at most.
 *
 * Returns: a number of bytes, or 0 for any number
 *
 * Since: 1.2
 */
guint64
fsmm_trimmer_get_budget_bytes (FsmmTrimmer *self)
{
  guint64 budget_bytes;

  g_return_val_if_fail (FSMM_IS_TRIMMER (self), 0);

  g_mutex_lock (&self->lock);
  budget_bytes = self->budget_bytes;
  g_mutex_unlock (&self->lock);

  return budget_bytes;
}

/**
 * fsmm_trimmer_set_memory_monitor: (set-property memory-monitor)
 * @self: a trimmer
 * @memory_monitor: (nullable): a memory monitor, or %NULL to follow none
 *
 * Sets whose warnings the trimmer follows.
 *
 * Since: 1.2
 */
void
fsmm_trimmer_set_memory_monitor (FsmmTrimmer *self, GMemoryMonitor *memory_monitor)
{
  g_return_if_fail (FSMM_IS_TRIMMER (self));
  g_return_if_fail (memory_monitor == NULL || G_IS_MEMORY_MONITOR (memory_monitor));

  if (follow (self, memory_monitor))
    g_object_notify_by_pspec (G_OBJECT (self), trimmer_properties[PROP_MEMORY_MONITOR]);
}

/**
 * fsmm_trimmer_get_memory_monitor: (get-property memory-monitor)
 * @self: a trimmer
 *
 * Gets whose warnings the trimmer follows.
 *
 * Returns: (transfer none) (nullable): a memory monitor, or %NULL if it follows none
 *
 * Since: 1.2
 */
GMemoryMonitor *
fsmm_trimmer_get_memory_monitor (FsmmTrimmer *self)
{
  GMemoryMonitor *memory_monitor;

  g_return_val_if_fail (FSMM_IS_TRIMMER (self), NULL);

  g_mutex_lock (&self->lock);
  memory_monitor = self->memory_monitor;
  g_mutex_unlock (&self->lock);

  return memory_monitor;
}
