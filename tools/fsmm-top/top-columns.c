/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "top-columns.h"

#include "top-text.h"

#define AT(member) G_STRUCT_OFFSET (TopPool, member)

/* clang-format off */
const TopColumn top_columns[TOP_N_COLUMNS] = {
  { "name", "NAME", TOP_VALUE_TEXT, AT (name), 16, 0 },
  { "kind", "KIND", TOP_VALUE_TEXT, AT (kind), 7, 9 },
  { "type", "TYPE", TOP_VALUE_TEXT, AT (type), 14, 12 },
  { "size", "SIZE", TOP_VALUE_COUNT, AT (alloc_size), 8, 11 },
  { "live", "LIVE", TOP_VALUE_COUNT, AT (n_live), 8, 1 },
  { "peak", "PEAK", TOP_VALUE_COUNT, AT (peak_live), 8, 7 },
  { "limit", "LIMIT", TOP_VALUE_COUNT, AT (limit), 8, 3 },
  { "wait", "WAIT", TOP_VALUE_COUNT, AT (n_waiting), 5, 6 },
  { "state", "STATE", TOP_VALUE_TEXT, AT (state), 6, 2 },
  { "rate", "RATE/s", TOP_VALUE_RATE, AT (rate), 8, 4 },
  { "live-bytes", "LIVE-BYTES", TOP_VALUE_BYTES, AT (live_bytes), 11, 8 },
  { "reserved", "RESERVED", TOP_VALUE_BYTES, AT (reserved_bytes), 10, 5 },
  { "resident", "RESIDENT", TOP_VALUE_BYTES, AT (resident_bytes), 10, 10 },
};
/* clang-format on */

gboolean
top_column_find (const char *nick, TopColumnId *id)
{
  for (guint i = 0; i < TOP_N_COLUMNS; i++)
    if (g_ascii_strcasecmp (nick, top_columns[i].nick) == 0)
      {
        *id = (TopColumnId) i;
        return TRUE;
      }

  return FALSE;
}

static const char *
get_text (const TopColumn *self, const TopPool *pool)
{
  return G_STRUCT_MEMBER (const char *, pool, self->offset);
}

static guint64
get_number (const TopColumn *self, const TopPool *pool)
{
  return G_STRUCT_MEMBER (guint64, pool, self->offset);
}

char *
top_column_describe (const TopColumn *self, const TopPool *pool)
{
  switch (self->value)
    {
    case TOP_VALUE_COUNT:
      return top_text_from_count (get_number (self, pool));
    case TOP_VALUE_BYTES:
      return top_text_from_bytes (get_number (self, pool));
    case TOP_VALUE_RATE:
      return top_text_from_count (pool->rate < 0 ? TOP_NONE : (guint64) (pool->rate + 0.5));
    case TOP_VALUE_TEXT:
    default:
      return g_strdup (get_text (self, pool));
    }
}

static char *
print_rate (double rate)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  return g_strdup (rate < 0 ? "-" : g_ascii_formatd (buffer, sizeof buffer, "%.1f", rate));
}

static char *
print_number (guint64 number)
{
  return number == TOP_NONE ? g_strdup ("-") : g_strdup_printf ("%" G_GUINT64_FORMAT, number);
}

char *
top_column_print (const TopColumn *self, const TopPool *pool)
{
  switch (self->value)
    {
    case TOP_VALUE_COUNT:
    case TOP_VALUE_BYTES:
      return print_number (get_number (self, pool));
    case TOP_VALUE_RATE:
      return print_rate (pool->rate);
    case TOP_VALUE_TEXT:
    default:
      return g_strdup (get_text (self, pool));
    }
}

/* --- Order --- */

/* A number that there is none of counts as the least. */
static int
compare_values (const TopColumn *column, const TopPool *a, const TopPool *b)
{
  guint64 one, other;

  if (column->value == TOP_VALUE_TEXT)
    return g_utf8_collate (get_text (column, a), get_text (column, b));
  if (column->value == TOP_VALUE_RATE)
    return (a->rate > b->rate) - (a->rate < b->rate);

  one = get_number (column, a) + 1;
  other = get_number (column, b) + 1;

  return (one > other) - (one < other);
}

/* What is equal stays in the order in which it was made, so that rows do not jump. */
static int
compare_pools (gconstpointer a, gconstpointer b, gpointer order)
{
  const TopPool *one = *(const TopPool *const *) a;
  const TopPool *other = *(const TopPool *const *) b;
  const TopOrder *self = order;
  int result = compare_values (&top_columns[self->column], one, other);

  if (result == 0)
    return (one->id > other->id) - (one->id < other->id);

  return top_order_is_falling (self) ? -result : result;
}

gboolean
top_order_is_falling (const TopOrder *self)
{
  return (top_columns[self->column].value == TOP_VALUE_TEXT) == self->is_reversed;
}

void
top_order_apply (const TopOrder *self, TopReport *report)
{
  g_ptr_array_sort_with_data (report->pools, compare_pools, (gpointer) self);
}
