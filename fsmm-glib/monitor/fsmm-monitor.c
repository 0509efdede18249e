/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "fsmm-monitor.h"

#include "base/fsmm-weak-source.h"
#include "monitor/fsmm-pool-info-private.h"
#include "watch/fsmm-server.h"

/**
 * FsmmMonitor:
 *
 * A list of all pools of the process, those of libraries too: an [iface@Gio.ListModel] of
 * [class@Fsmm.PoolInfo], in the order of their ids.
 *
 * It looks at them in an interval, or when it is told to. Pools come and go in any thread; the list
 * changes only in the main context that was the thread's default when the monitor was made. No thread is
 * stopped for a look, no pool is kept alive, and a thousand pools are looked at in less than a
 * millisecond. So figures may be outdated, and those of one pool need not be of the same moment as those
 * of another one.
 *
 * ```c
 * g_autoptr (FsmmMonitor) monitor = fsmm_monitor_new (0);
 *
 * for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (monitor)); i++)
 *   {
 *     g_autoptr (FsmmPoolInfo) info = g_list_model_get_item (G_LIST_MODEL (monitor), i);
 *
 *     g_print ("%s: %zu live\n", fsmm_pool_info_get_name (info), fsmm_pool_info_get_n_allocated (info));
 *   }
 * ```
 *
 * A monitor belongs to the thread that made it.
 *
 * Since: 1.2
 */
struct _FsmmMonitor {
  GObject parent_instance;

  GMainContext *context; /* (owned): in which it looks */
  GSource *source;       /* (owned) (nullable) */
  guint interval_ms;

  GPtrArray *rows;      /* (element-type FsmmPoolInfo) (owned): by their ids */
  GHashTable *known;    /* the same, by pointers to their ids, which are in them */
  gint64 looked_at;     /* 0: never */
  gboolean is_looking;
};

typedef enum {
  MONITOR_PROP_INTERVAL = 1,
  MONITOR_PROP_N_ITEMS,
} FsmmMonitorProperty;

static GParamSpec *monitor_props[MONITOR_PROP_N_ITEMS + 1];

static void fsmm_monitor_list_model_iface_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (FsmmMonitor,
                               fsmm_monitor,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL,
                                                      fsmm_monitor_list_model_iface_init))

/* --- Looking --- */

static void
emit_changed (FsmmMonitor *self, guint position, guint n_removed, guint n_added)
{
  g_list_model_items_changed (G_LIST_MODEL (self), position, n_removed, n_added);
  if (n_removed != n_added)
    g_object_notify_by_pspec (G_OBJECT (self), monitor_props[MONITOR_PROP_N_ITEMS]);
}

static guint64
get_id (FsmmMonitor *self, guint position)
{
  return *fsmm_pool_info_peek_id (self->rows->pdata[position]);
}

/* Handlers may change the model no more than they can change a pool: but they can drop the rows. */
static void
remove_rows (FsmmMonitor *self, guint first, guint n)
{
  for (guint i = first; i < first + n; i++)
    g_hash_table_remove (self->known, fsmm_pool_info_peek_id (self->rows->pdata[i]));
  g_ptr_array_remove_range (self->rows, first, n);
  emit_changed (self, first, n, 0);
}

static void
remove_missing (FsmmMonitor *self, GHashTable *present)
{
  guint end = self->rows->len;

  while (end > 0)
    {
      guint first = end;

      while (first > 0 && !g_hash_table_contains (present, self->rows->pdata[first - 1]))
        first--;
      if (first < end)
        remove_rows (self, first, end - first);
      end = first > 0 ? first - 1 : 0;
    }
}

static void
add_row (FsmmMonitor *self, guint position, FsmmFigures *figures)
{
  FsmmPoolInfo *row = fsmm_pool_info_new (figures);

  g_ptr_array_insert (self->rows, (gint) position, row);
  g_hash_table_insert (self->known, (gpointer) fsmm_pool_info_peek_id (row), row);
}

/* Those without a row, which have their places by their ids: next to each other, most of the time. */
static void
add_new (FsmmMonitor *self, GArray *survey)
{
  guint position = 0;

  for (guint i = 0; i < survey->len;)
    {
      guint first;

      while (i < survey->len && position < self->rows->len &&
             g_array_index (survey, FsmmFigures, i).id == get_id (self, position))
        i++, position++;

      first = position;
      while (i < survey->len && (position == self->rows->len ||
                                 g_array_index (survey, FsmmFigures, i).id < get_id (self, position)))
        add_row (self, position++, &g_array_index (survey, FsmmFigures, i++));
      if (position > first)
        emit_changed (self, first, 0, position - first);
    }
}

static void
update_rows (FsmmMonitor *self, GArray *survey, GHashTable *present, double seconds)
{
  for (guint i = 0; i < survey->len; i++)
    {
      const FsmmFigures *figures = &g_array_index (survey, FsmmFigures, i);
      FsmmPoolInfo *row = g_hash_table_lookup (self->known, &figures->id);

      if (row == NULL)
        continue;
      g_hash_table_add (present, row);
      fsmm_pool_info_update (row, figures, seconds);
    }
}

static void
refresh_rows (gpointer data)
{
  FsmmMonitor *self = data;
  g_autoptr (GArray) survey = NULL;
  g_autoptr (GHashTable) present = g_hash_table_new (NULL, NULL);
  gint64 now = g_get_monotonic_time ();
  double seconds =
      self->looked_at != 0 ? (double) (now - self->looked_at) / G_USEC_PER_SEC : 0;

  /* A handler that asks for another look gets it from the next one. */
  if (self->is_looking)
    return;

  self->is_looking = TRUE;
  self->looked_at = now;
  survey = fsmm_survey_take (self->known);
  update_rows (self, survey, present, seconds);
  remove_missing (self, present);
  add_new (self, survey);
  self->is_looking = FALSE;
}

static void
start_source (FsmmMonitor *self)
{
  if (self->interval_ms == 0)
    return;

  self->source = g_timeout_source_new (self->interval_ms);
  g_source_set_static_name (self->source, "[fsmm-glib] FsmmMonitor");
  fsmm_weak_source_set_callback (self->source, self, refresh_rows);
  g_source_attach (self->source, self->context);
}

/* --- The list --- */

static GType
fsmm_monitor_get_item_type (GListModel *list)
{
  return FSMM_TYPE_POOL_INFO;
}

static guint
fsmm_monitor_get_n_items (GListModel *list)
{
  return FSMM_MONITOR (list)->rows->len;
}

static gpointer
fsmm_monitor_get_item (GListModel *list, guint position)
{
  FsmmMonitor *self = FSMM_MONITOR (list);

  return position < self->rows->len ? g_object_ref (self->rows->pdata[position]) : NULL;
}

static void
fsmm_monitor_list_model_iface_init (GListModelInterface *iface)
{
  iface->get_item_type = fsmm_monitor_get_item_type;
  iface->get_n_items = fsmm_monitor_get_n_items;
  iface->get_item = fsmm_monitor_get_item;
}

/* --- The object --- */

static void
fsmm_monitor_init (FsmmMonitor *self)
{
  self->context = g_main_context_ref_thread_default ();
  self->rows = g_ptr_array_new_with_free_func (g_object_unref);
  self->known = g_hash_table_new (g_int64_hash, g_int64_equal);
}

static void
fsmm_monitor_constructed (GObject *object)
{
  FsmmMonitor *self = FSMM_MONITOR (object);

  G_OBJECT_CLASS (fsmm_monitor_parent_class)->constructed (object);

  refresh_rows (self);
}

static void
fsmm_monitor_dispose (GObject *object)
{
  fsmm_weak_source_end (g_steal_pointer (&FSMM_MONITOR (object)->source));

  G_OBJECT_CLASS (fsmm_monitor_parent_class)->dispose (object);
}

static void
fsmm_monitor_finalize (GObject *object)
{
  FsmmMonitor *self = FSMM_MONITOR (object);

  g_hash_table_unref (self->known);
  g_ptr_array_unref (self->rows);
  g_main_context_unref (self->context);

  G_OBJECT_CLASS (fsmm_monitor_parent_class)->finalize (object);
}

static void
fsmm_monitor_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  FsmmMonitor *self = FSMM_MONITOR (object);

  switch ((FsmmMonitorProperty) prop_id)
    {
    case MONITOR_PROP_INTERVAL:
      g_value_set_uint (value, self->interval_ms);
      break;
    case MONITOR_PROP_N_ITEMS:
      g_value_set_uint (value, self->rows->len);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
fsmm_monitor_set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  switch ((FsmmMonitorProperty) prop_id)
    {
    case MONITOR_PROP_INTERVAL:
      fsmm_monitor_set_interval (FSMM_MONITOR (object), g_value_get_uint (value));
      break;
    case MONITOR_PROP_N_ITEMS:
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
fsmm_monitor_class_init (FsmmMonitorClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->constructed = fsmm_monitor_constructed;
  object_class->dispose = fsmm_monitor_dispose;
  object_class->finalize = fsmm_monitor_finalize;
  object_class->get_property = fsmm_monitor_get_property;
  object_class->set_property = fsmm_monitor_set_property;

  /**
   * FsmmMonitor:interval: (getter get_interval) (setter set_interval)
   *
   * After how many milliseconds it looks again, or 0 for only when it is told to.
   *
   * Since: 1.2
   */
  monitor_props[MONITOR_PROP_INTERVAL] =
      g_param_spec_uint ("interval", NULL, NULL, 0, G_MAXUINT, 0,
                         G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * FsmmMonitor:n-items:
   *
   * How many pools the list has.
   *
   * Since: 1.2
   */
  monitor_props[MONITOR_PROP_N_ITEMS] = g_param_spec_uint (
      "n-items", NULL, NULL, 0, G_MAXUINT, 0, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, G_N_ELEMENTS (monitor_props), monitor_props);
}

/**
 * fsmm_monitor_new:
 * @interval_ms: after how many milliseconds it looks again, or 0 for only when it is told to
 *
 * Creates a monitor, which has looked at all pools once.
 *
 * Returns: (transfer full): a new monitor
 *
 * Since: 1.2
 */
FsmmMonitor *
fsmm_monitor_new (guint interval_ms)
{
  return g_object_new (FSMM_TYPE_MONITOR, "interval", interval_ms, NULL);
}

/**
 * fsmm_monitor_export:
 * @error: return location for a [struct@GLib.Error], or %NULL
 *
 * Shows the pools of this process to other programs of the same user, such as `fsmm-top`, until it ends:
 * as if it had been started with `FSMM_DEBUG=monitor`. Nothing can be changed that way.
 *
 * There is a socket for it in the user's runtime folder, and a thread of its own that answers. A child of
 * `fork ()` shows nothing until it calls this itself. Nothing happens if the pools are shown already.
 *
 * It fails if the program may do more than the user who started it, as with a set-user-ID bit, or if
 * there is no folder that is closed to others.
 *
 * It can be called in any thread.
 *
 * Returns: %TRUE if other programs can see the pools; %FALSE if @error is set, to one of
 *   [error@Gio.IOErrorEnum]
 *
 * Since: 1.2
 */
gboolean
fsmm_monitor_export (GError **error)
{
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return fsmm_server_start (error);
}

/**
 * fsmm_monitor_refresh:
 * @self: a monitor
 *
 * Looks at all pools now. Rows whose pools are gone go, and there is one for each new pool.
 *
 * Call it only in the thread to which the monitor belongs.
 *
 * Since: 1.2
 */
void
fsmm_monitor_refresh (FsmmMonitor *self)
{
  g_return_if_fail (FSMM_IS_MONITOR (self));

  g_object_ref (self);
  refresh_rows (self);
  g_object_unref (self);
}

/**
 * fsmm_monitor_get_stats:
 * @self: a monitor
 *
 * Gets the figures of the last look, one dictionary for each row. Their keys are the names of the
 * properties of [class@Fsmm.PoolInfo]; a kind is its nick, a type its name, and what is %NULL is left
 * out.
 *
 * Returns: (transfer full): an array of dictionaries, of the type `aa{sv}`; not floating
 *
 * Since: 1.2
 */
GVariant *
fsmm_monitor_get_stats (FsmmMonitor *self)
{
  GVariantBuilder builder;

  g_return_val_if_fail (FSMM_IS_MONITOR (self), NULL);

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < self->rows->len; i++)
    fsmm_pool_info_add_stats (self->rows->pdata[i], &builder);

  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

/**
 * fsmm_monitor_set_interval: (set-property interval)
 * @self: a monitor
 * @interval_ms: a number of milliseconds, or 0 for never
 *
 * Sets after what time it looks again.
 *
 * Since: 1.2
 */
void
fsmm_monitor_set_interval (FsmmMonitor *self, guint interval_ms)
{
  g_return_if_fail (FSMM_IS_MONITOR (self));

  if (self->interval_ms == interval_ms)
    return;

  fsmm_weak_source_end (g_steal_pointer (&self->source));
  self->interval_ms = interval_ms;
  start_source (self);
  g_object_notify_by_pspec (G_OBJECT (self), monitor_props[MONITOR_PROP_INTERVAL]);
}

/**
 * fsmm_monitor_get_interval: (get-property interval)
 * @self: a monitor
 *
 * Gets after what time it looks again.
 *
 * Returns: a number of milliseconds, or 0 for never
 *
 * Since: 1.2
 */
guint
fsmm_monitor_get_interval (FsmmMonitor *self)
{
  g_return_val_if_fail (FSMM_IS_MONITOR (self), 0);

  return self->interval_ms;
}
