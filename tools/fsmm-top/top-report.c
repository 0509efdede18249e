/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "top-report.h"

#include "base/fsmm-text.h"
#include "top-client.h"
#include "top-text.h"

/* More than fit into what is taken for an answer, unless nothing is said of them. */
#define MAX_POOLS 1000000

static void
pool_free (gpointer pool)
{
  TopPool *self = pool;

  g_free (self->name);
  g_free (self->kind);
  g_free (self->type);
  g_free (self);
}

void
top_report_free (TopReport *self)
{
  g_free (self->program);
  g_free (self->version);
  g_ptr_array_unref (self->pools);
  g_free (self);
}

/* Returns: (transfer full): what is there, made harmless, or else @fallback */
static char *
read_text (GVariant *dictionary, const char *key, const char *fallback)
{
  const char *text = NULL;

  g_variant_lookup (dictionary, key, "&s", &text);

  return text != NULL && *text != '\0' ? fsmm_text_escape (text) : g_strdup (fallback);
}

static guint64
read_number (GVariant *dictionary, const char *key, guint64 fallback)
{
  guint64 number = fallback;

  g_variant_lookup (dictionary, key, "t", &number);

  return number;
}

gboolean
top_pool_is_full (const TopPool *self)
{
  return self->limit != TOP_NONE && self->n_live >= self->limit;
}

static const char *
describe_state (const TopPool *self)
{
  if (self->n_waiting > 0)
    return "waits";

  return top_pool_is_full (self) ? "full" : "-";
}

static void
read_figures (TopPool *self, GVariant *dictionary)
{
  guint32 n_waiting = 0;

  self->id = read_number (dictionary, "id", 0);
  self->n_live = read_number (dictionary, "n-allocated", 0);
  self->peak_live = read_number (dictionary, "peak-allocated", 0);
  self->n_taken = read_number (dictionary, "n-taken", 0);
  self->limit = read_number (dictionary, "max-blocks", 0);
  if (self->limit == 0)
    self->limit = TOP_NONE;
  g_variant_lookup (dictionary, "n-waiting", "u", &n_waiting);
  self->n_waiting = n_waiting;
}

/* A pool of objects has no memory of its own. */
static void
read_memory (TopPool *self, GVariant *dictionary)
{
  self->resident_bytes = read_number (dictionary, "resident-bytes", TOP_NONE);
  if (self->resident_bytes == TOP_NONE)
    {
      self->alloc_size = self->live_bytes = self->reserved_bytes = TOP_NONE;
      return;
    }

  self->alloc_size = read_number (dictionary, "alloc-size", 0);
  self->live_bytes = top_product (self->n_live, self->alloc_size);
  self->reserved_bytes = read_number (dictionary, "reserved-bytes", 0);
}

static TopPool *
pool_new (GVariant *dictionary)
{
  TopPool *self = g_new0 (TopPool, 1);

  self->name = read_text (dictionary, "name", "(unnamed)");
  self->kind = read_text (dictionary, "kind", "-");
  self->type = read_text (dictionary, "item-type", "-");
  read_figures (self, dictionary);
  read_memory (self, dictionary);
  self->state = describe_state (self);
  self->rate = -1;

  return self;
}

static void
add_up (guint64 *total, guint64 number)
{
  if (number != TOP_NONE)
    *total = top_sum (*total, number);
}

static void
add_pools (TopReport *self, GVariant *pools)
{
  GVariantIter iter;
  GVariant *dictionary;

  g_variant_iter_init (&iter, pools);
  while ((dictionary = g_variant_iter_next_value (&iter)) != NULL)
    {
      TopPool *pool = pool_new (dictionary);

      g_ptr_array_add (self->pools, pool);
      add_up (&self->live_bytes, pool->live_bytes);
      add_up (&self->reserved_bytes, pool->reserved_bytes);
      add_up (&self->resident_bytes, pool->resident_bytes);
      g_variant_unref (dictionary);
    }
}

/* Returns: (transfer full) (nullable) */
static GVariant *
find_pools (GVariant *figures, const char *label, GError **error)
{
  g_autoptr (GVariant) pools = g_variant_lookup_value (figures, "pools", G_VARIANT_TYPE ("aa{sv}"));

  if (pools == NULL)
    g_set_error (error, TOP_ERROR, TOP_ERROR_RUBBISH, "PID %s does not say which pools it has", label);
  else if (g_variant_n_children (pools) > MAX_POOLS)
    g_set_error (error, TOP_ERROR, TOP_ERROR_RUBBISH, "PID %s cannot have %" G_GSIZE_FORMAT " pools",
                 label, g_variant_n_children (pools));
  else
    return g_steal_pointer (&pools);

  return NULL;
}

TopReport *
top_report_new (GVariant *figures, const char *label, GError **error)
{
  g_autoptr (GVariant) pools = find_pools (figures, label, error);
  TopReport *self;

  if (pools == NULL)
    return NULL;

  self = g_new0 (TopReport, 1);
  self->program = read_text (figures, "program", "(no name)");
  self->version = read_text (figures, "version", "?");
  g_variant_lookup (figures, "time", "x", &self->time);
  self->pools = g_ptr_array_new_with_free_func (pool_free);
  add_pools (self, pools);

  return self;
}

char *
top_report_count_pools (const TopReport *self)
{
  return g_strdup_printf ("%u %s", self->pools->len, self->pools->len == 1 ? "pool" : "pools");
}

/* --- Rates --- */

static GHashTable *
find_taken_before (const TopReport *before)
{
  GHashTable *taken = g_hash_table_new (g_int64_hash, g_int64_equal);

  for (guint i = 0; i < before->pools->len; i++)
    {
      TopPool *pool = g_ptr_array_index (before->pools, i);

      g_hash_table_insert (taken, &pool->id, &pool->n_taken);
    }

  return taken;
}

/* All that a new pool has ever handed out, it has since then. A thread counts a few at a time, so that
 * a number can be a little less than it was. */
void
top_report_set_rates (TopReport *self, const TopReport *before)
{
  g_autoptr (GHashTable) taken = find_taken_before (before);
  double seconds = ((double) self->time - (double) before->time) / G_USEC_PER_SEC;

  if (seconds <= 0)
    return;

  for (guint i = 0; i < self->pools->len; i++)
    {
      TopPool *pool = g_ptr_array_index (self->pools, i);
      const guint64 *n_before = g_hash_table_lookup (taken, &pool->id);
      guint64 start = n_before != NULL ? *n_before : 0;

      pool->rate = pool->n_taken > start ? (double) (pool->n_taken - start) / seconds : 0;
    }
}
