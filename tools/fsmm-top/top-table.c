/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "top-table.h"

#include "top-screen.h"
#include "top-text.h"

#define GAP 1

/* Which columns there is room for, and how wide the name is, which gets what the others leave. */
typedef struct {
  gboolean is_shown[TOP_N_COLUMNS];
  int name_width;
} Layout;

/* --- Which pool --- */

static void
select_row (TopTable *self, const TopReport *report, guint row)
{
  const TopPool *pool;

  if (report->pools->len == 0)
    return;

  self->selected = MIN (row, report->pools->len - 1);
  pool = g_ptr_array_index (report->pools, self->selected);
  self->selected_id = pool->id;
}

/* FALSE: it is gone, or there was none. */
static gboolean
find_row (const TopTable *self, const TopReport *report, guint *row)
{
  for (guint i = 0; i < report->pools->len; i++)
    if (((const TopPool *) g_ptr_array_index (report->pools, i))->id == self->selected_id)
      {
        *row = i;
        return TRUE;
      }

  return FALSE;
}

void
top_table_follow (TopTable *self, const TopReport *report, guint n_visible)
{
  guint n_rows = report->pools->len;
  guint row = self->selected;

  find_row (self, report, &row);
  select_row (self, report, row);
  n_visible = MAX (n_visible, 1);
  self->first = MIN (self->first, n_rows > n_visible ? n_rows - n_visible : 0);
  if (self->selected < self->first)
    self->first = self->selected;
  if (self->selected >= self->first + n_visible)
    self->first = self->selected - n_visible + 1;
}

void
top_table_move (TopTable *self, const TopReport *report, int n_rows)
{
  gint64 row = (gint64) self->selected + n_rows;

  select_row (self, report, (guint) MAX (row, 0));
}

const TopPool *
top_table_get_pool (const TopTable *self, const TopReport *report)
{
  guint row;

  return find_row (self, report, &row) ? g_ptr_array_index (report->pools, row) : NULL;
}

/* --- Where --- */

static int
measure (const Layout *layout)
{
  int width = 0;

  for (guint i = 0; i < TOP_N_COLUMNS; i++)
    if (layout->is_shown[i])
      width += (int) top_columns[i].width + GAP;

  return width - GAP;
}

/* The column that can be spared most, but not the one that the order is by. */
static guint
find_least_wanted (const Layout *layout, TopColumnId kept)
{
  guint found = TOP_COLUMN_NAME;

  for (guint i = 0; i < TOP_N_COLUMNS; i++)
    if (layout->is_shown[i] && i != kept && top_columns[i].rank > top_columns[found].rank)
      found = i;

  return found;
}

static Layout
lay_out (TopColumnId kept)
{
  Layout layout = { .name_width = 0 };
  guint spared;

  for (guint i = 0; i < TOP_N_COLUMNS; i++)
    layout.is_shown[i] = TRUE;
  while (measure (&layout) > top_screen_get_width () &&
         (spared = find_least_wanted (&layout, kept)) != TOP_COLUMN_NAME)
    layout.is_shown[spared] = FALSE;
  layout.name_width = MAX (
      (int) top_columns[TOP_COLUMN_NAME].width + top_screen_get_width () - measure (&layout), 1);

  return layout;
}

/* --- Drawing --- */

static int
put_cell (const Layout *layout, TopColumnId id, int row, int column, const char *text, TopStyle style)
{
  int width = id == TOP_COLUMN_NAME ? layout->name_width : (int) top_columns[id].width;

  if (top_columns[id].value == TOP_VALUE_TEXT)
    top_screen_put (row, column, width, text, style);
  else
    top_screen_put_right (row, column, width, text, style);

  return column + width + GAP;
}

static void
draw_titles (const Layout *layout, const TopOrder *order, int row)
{
  TopSign direction = top_order_is_falling (order) ? TOP_SIGN_FALLING : TOP_SIGN_RISING;
  int column = 0;

  top_screen_put_row (row, "", TOP_STYLE_TITLE);
  for (guint i = 0; i < TOP_N_COLUMNS; i++)
    if (layout->is_shown[i])
      {
        gboolean is_order = i == order->column;
        g_autofree char *title =
            g_strconcat (top_columns[i].title, is_order ? top_screen_get_sign (direction) : NULL, NULL);

        column = put_cell (layout, (TopColumnId) i, row, column, title,
                           is_order ? TOP_STYLE_SELECTED : TOP_STYLE_TITLE);
      }
}

static TopStyle
get_style (const TopTable *self, const TopPool *pool)
{
  if (pool->id == self->selected_id)
    return TOP_STYLE_SELECTED;

  return pool->n_waiting > 0 || top_pool_is_full (pool) ? TOP_STYLE_WARNING : TOP_STYLE_PLAIN;
}

static void
draw_pool (const Layout *layout, const TopPool *pool, int row, TopStyle style)
{
  int column = 0;

  top_screen_put_row (row, "", style);
  for (guint i = 0; i < TOP_N_COLUMNS; i++)
    if (layout->is_shown[i])
      {
        g_autofree char *text = top_column_describe (&top_columns[i], pool);

        column = put_cell (layout, (TopColumnId) i, row, column, text, style);
      }
}

void
top_table_draw (TopTable *self, const TopReport *report, const TopOrder *order, int top, int n_lines)
{
  Layout layout = lay_out (order->column);

  top_table_follow (self, report, (guint) MAX (n_lines - 1, 1));
  draw_titles (&layout, order, top);
  for (guint i = self->first; i < report->pools->len && (int) (i - self->first) < n_lines - 1; i++)
    {
      const TopPool *pool = g_ptr_array_index (report->pools, i);

      draw_pool (&layout, pool, top + 1 + (int) (i - self->first), get_style (self, pool));
    }
}
