/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "objects/fsmm-object-snapshot.h"

#include "base/fsmm-text.h"
#include "objects/fsmm-object-pool-private.h"

/* Functions of the object's class are called here, to get its properties: so no lock is held. */

struct _FsmmSnapshot {
  GParamSpec **properties; /* (array length=n_properties) */
  GValue *values;          /* (array length=n_properties) */
  guint n_properties;
  GHashTable *handled; /* signals that had a handler when it was made: their ids, which are not 0 */
};

/* --- When it is made --- */

/* Those that a reset can set again. */
static gboolean
can_be_reset (const GParamSpec *pspec)
{
  return (pspec->flags & G_PARAM_READABLE) && (pspec->flags & G_PARAM_WRITABLE) &&
         !(pspec->flags & (G_PARAM_CONSTRUCT_ONLY | G_PARAM_DEPRECATED));
}

static void
get_value (GObject *object, GParamSpec *pspec, GValue *value)
{
  g_value_init (value, G_PARAM_SPEC_VALUE_TYPE (pspec));
  g_object_get_property (object, pspec->name, value);
}

static void
add_signals_of_type (GType type, GArray *ids)
{
  guint n_ids;
  g_autofree guint *of_type = g_signal_list_ids (type, &n_ids);

  g_array_append_vals (ids, of_type, n_ids);
}

/* Returns: (transfer full) (element-type guint) */
static GArray *
list_signals (GObject *object)
{
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (guint));
  guint n_interfaces;
  g_autofree GType *interfaces = g_type_interfaces (G_OBJECT_TYPE (object), &n_interfaces);

  for (GType type = G_OBJECT_TYPE (object); type != G_TYPE_INVALID; type = g_type_parent (type))
    add_signals_of_type (type, ids);
  for (guint i = 0; i < n_interfaces; i++)
    add_signals_of_type (interfaces[i], ids);

  return ids;
}

static gboolean
has_handler (GObject *object, guint signal_id)
{
  return g_signal_handler_find (object, G_SIGNAL_MATCH_ID, signal_id, 0, NULL, NULL, NULL) != 0;
}

FsmmSnapshot *
fsmm_snapshot_new (GObject *object)
{
  FsmmSnapshot *self = g_new0 (FsmmSnapshot, 1);
  guint n_all;
  g_autofree GParamSpec **pspecs =
      g_object_class_list_properties (G_OBJECT_GET_CLASS (object), &n_all);
  g_autoptr (GArray) ids = list_signals (object);

  self->properties = g_new0 (GParamSpec *, n_all);
  self->values = g_new0 (GValue, n_all);
  self->handled = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < n_all; i++)
    if (can_be_reset (pspecs[i]))
      {
        self->properties[self->n_properties] = pspecs[i];
        get_value (object, pspecs[i], &self->values[self->n_properties++]);
      }
  for (guint i = 0; i < ids->len; i++)
    if (has_handler (object, g_array_index (ids, guint, i)))
      g_hash_table_add (self->handled, GUINT_TO_POINTER (g_array_index (ids, guint, i)));

  return self;
}

void
fsmm_snapshot_free (FsmmSnapshot *self)
{
  for (guint i = 0; i < self->n_properties; i++)
    g_value_unset (&self->values[i]);
  g_free (self->values);
  g_free (self->properties);
  g_hash_table_unref (self->handled);
  g_free (self);
}

/* --- When it comes back --- */

/* Returns: (transfer full): what it contains, on one line */
static char *
describe_value (const GValue *value)
{
  g_autofree char *text = g_strdup_value_contents (value);

  return fsmm_text_escape (text);
}

/* GObject compares boxed values by address, and each that it gives is a copy. Of most types it is not
 * known what makes two of them equal. */
static gboolean
are_equal (GParamSpec *pspec, const GValue *before, const GValue *now)
{
  gconstpointer old_boxed, new_boxed;

  if (!G_VALUE_HOLDS_BOXED (before))
    return g_param_values_cmp (pspec, before, now) == 0;

  old_boxed = g_value_get_boxed (before);
  new_boxed = g_value_get_boxed (now);
  if (old_boxed == NULL || new_boxed == NULL)
    return old_boxed == new_boxed;

  return !G_VALUE_HOLDS (before, G_TYPE_STRV) || g_strv_equal (old_boxed, new_boxed);
}

static void
compare_property (GObject *object, GParamSpec *pspec, const GValue *before, GString *text)
{
  g_auto (GValue) now = G_VALUE_INIT;
  g_autofree char *old_text = NULL;
  g_autofree char *new_text = NULL;

  get_value (object, pspec, &now);
  if (are_equal (pspec, before, &now))
    return;

  old_text = describe_value (before);
  new_text = describe_value (&now);
  g_string_append_printf (text, "\n  property %s is %s, and was %s", pspec->name, new_text, old_text);
}

static void
compare_handlers (FsmmSnapshot *self, GObject *object, GString *text)
{
  g_autoptr (GArray) ids = list_signals (object);

  for (guint i = 0; i < ids->len; i++)
    {
      guint id = g_array_index (ids, guint, i);

      if (has_handler (object, id) &&
          !g_hash_table_contains (self->handled, GUINT_TO_POINTER (id)))
        g_string_append_printf (text, "\n  signal %s still has a handler", g_signal_name (id));
    }
}

static void
log_differences (FsmmPooled *pooled, const char *differences)
{
  FsmmObjectStore *store = pooled->store;
  const char *type = G_OBJECT_TYPE_NAME (pooled->object);
  g_autofree char *pool = fsmm_object_store_describe (store);
  g_autoptr (GString) text = g_string_new (NULL);

  g_string_append_printf (text, "%s: the %s at %p came back other than it was made; reset it:%s", pool,
                          type, (gpointer) pooled->object, differences);
  if (pooled->borrowed != NULL)
    g_string_append_printf (text, "\n  borrowed by:\n%s", fsmm_stack_describe (pooled->borrowed));

  fsmm_object_store_log (store, G_LOG_LEVEL_MESSAGE, FSMM_FAULT_DIRTY_OBJECT, type, pooled->object,
                         text->str);
}

/* After it has been reset. */
void
fsmm_snapshot_compare (FsmmSnapshot *self, FsmmPooled *pooled, guint n_known_refs)
{
  g_autoptr (GString) text = g_string_new (NULL);
  guint n_others;

  for (guint i = 0; i < self->n_properties; i++)
    compare_property (pooled->object, self->properties[i], &self->values[i], text);
  compare_handlers (self, pooled->object, text);

  n_others = fsmm_pooled_count_others (pooled, n_known_refs);
  if (n_others > 0)
    g_string_append_printf (text, "\n  %u other reference%s to it %s left", n_others,
                            n_others == 1 ? "" : "s", n_others == 1 ? "is" : "are");

  if (text->len > 0)
    log_differences (pooled, text->str);
}
