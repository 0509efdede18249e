/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "top-plain.h"

#include <errno.h>
#include <stdio.h>

#include "top-text.h"

/* The name comes last, because it alone may have spaces in it. */
static const TopColumnId columns[] = {
  TOP_COLUMN_KIND,     TOP_COLUMN_TYPE,  TOP_COLUMN_SIZE, TOP_COLUMN_LIVE,       TOP_COLUMN_PEAK,
  TOP_COLUMN_LIMIT,    TOP_COLUMN_WAIT,  TOP_COLUMN_RATE, TOP_COLUMN_LIVE_BYTES, TOP_COLUMN_RESERVED,
  TOP_COLUMN_RESIDENT, TOP_COLUMN_STATE, TOP_COLUMN_NAME,
};

#define N_COLUMNS G_N_ELEMENTS (columns)

/* --- Rows in columns --- */

/* Texts of rows, one after the other. */
typedef struct {
  GPtrArray *cells; /* (element-type utf8) */
  guint n_columns;
  const gboolean *is_right;
} Grid;

static guint
measure_column (const Grid *self, guint column)
{
  guint width = 0;

  for (guint i = column; i < self->cells->len; i += self->n_columns)
    width = MAX (width, top_text_get_width (g_ptr_array_index (self->cells, i)));

  return width;
}

/* The last column has no blanks behind it. */
static void
print_cell (const Grid *self, guint i, guint width)
{
  const char *text = g_ptr_array_index (self->cells, i);
  guint column = i % self->n_columns;
  gboolean is_last = column == self->n_columns - 1;
  int n_blanks = (int) (width - top_text_get_width (text));

  g_print ("%*s%s%*s", self->is_right[column] ? n_blanks : 0, "", text,
           self->is_right[column] || is_last ? 0 : n_blanks, "");
  g_print ("%s", is_last ? "\n" : "  ");
}

static void
print_grid (const Grid *self)
{
  g_autofree guint *widths = g_new (guint, self->n_columns);

  for (guint i = 0; i < self->n_columns; i++)
    widths[i] = measure_column (self, i);
  for (guint i = 0; i < self->cells->len; i++)
    print_cell (self, i, widths[i % self->n_columns]);
}

/* --- Programs --- */

void
top_plain_list (GPtrArray *programs)
{
  static const gboolean is_right[] = { TRUE, TRUE, FALSE, FALSE };
  g_autoptr (GPtrArray) cells = g_ptr_array_new_with_free_func (g_free);
  static const char *const titles[] = { "PID", "POOLS", "PROGRAM", "COMMAND" };

  for (guint i = 0; i < G_N_ELEMENTS (titles); i++)
    g_ptr_array_add (cells, g_strdup (titles[i]));
  for (guint i = 0; i < programs->len; i++)
    {
      const TopProgram *program = g_ptr_array_index (programs, i);

      g_ptr_array_add (cells, g_strdup (program->label));
      g_ptr_array_add (cells, top_program_count_pools (program));
      g_ptr_array_add (cells, g_strdup (top_program_get_name (program)));
      g_ptr_array_add (cells, top_program_get_command (program));
    }

  print_grid (&(Grid) { cells, G_N_ELEMENTS (titles), is_right });
}

/* --- Pools --- */

static void
print_head (const TopProgram *program, const TopReport *report)
{
  g_autofree char *n_pools = top_report_count_pools (report);

  g_print ("%s (PID %s), fsmm-glib %s, %s: %" G_GUINT64_FORMAT " bytes live, %" G_GUINT64_FORMAT
           " reserved, %" G_GUINT64_FORMAT " resident\n",
           report->program, program->label, report->version, n_pools, report->live_bytes,
           report->reserved_bytes, report->resident_bytes);
}

static void
print_pools (const TopReport *report)
{
  g_autoptr (GPtrArray) cells = g_ptr_array_new_with_free_func (g_free);
  gboolean is_right[N_COLUMNS];

  for (guint i = 0; i < N_COLUMNS; i++)
    {
      is_right[i] = top_columns[columns[i]].value != TOP_VALUE_TEXT;
      g_ptr_array_add (cells, g_strdup (top_columns[columns[i]].title));
    }
  for (guint i = 0; i < report->pools->len; i++)
    for (guint j = 0; j < N_COLUMNS; j++)
      g_ptr_array_add (cells, top_column_print (&top_columns[columns[j]],
                                                g_ptr_array_index (report->pools, i)));

  print_grid (&(Grid) { cells, N_COLUMNS, is_right });
}

static gboolean
flush (GError **error)
{
  if (fflush (stdout) == 0 && !ferror (stdout))
    return TRUE;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "cannot write: %s", g_strerror (errno));

  return FALSE;
}

/* What the program said when it was found is what the first rates are measured from. */
gboolean
top_plain_run (TopProgram *program, const TopOptions *options, GError **error)
{
  for (guint i = 0; options->n_reports == TOP_UNLIMITED || i < options->n_reports; i++)
    {
      g_autoptr (TopReport) report = NULL;

      g_usleep ((gulong) (options->interval * G_USEC_PER_SEC));
      report = top_program_look (program, error);
      if (report == NULL)
        return FALSE;

      top_report_set_rates (report, program->report);
      top_order_apply (&options->order, report);
      if (i > 0)
        g_print ("\n");
      print_head (program, report);
      print_pools (report);
      if (!flush (error))
        return FALSE;

      g_clear_pointer (&program->report, top_report_free);
      program->report = g_steal_pointer (&report);
    }

  return TRUE;
}
