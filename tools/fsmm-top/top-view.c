/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "top-view.h"

#include <curses.h>

#include "top-map.h"
#include "top-screen.h"
#include "top-table.h"
#include "top-text.h"

/* The lines above the table, and the one below. */
#define HEAD_LINES 3
#define FOOT_LINES 1

typedef struct {
  TopProgram *program; /* (not owned) */
  TopReport *report;   /* (owned) */
  TopOrder order;
  TopTable table;
  gboolean is_map; /* of the pool that is selected */
  char *map;       /* (owned) (nullable): not known yet */
  guint64 map_id;  /* of the pool that was asked for */
  guint map_first; /* the line at the top */
  gboolean is_help;
  gboolean is_paused;
  gboolean is_over;
  GError *error;          /* (owned) (nullable): what came of the last question */
  struct _Question *open; /* (not owned) (nullable): one that is not answered yet */
} View;

/* Its answer may come after the view has ended. */
typedef struct _Question {
  View *view; /* (nullable): who wants it, if anybody still does */
} Question;

/* For 80 columns. */
static const char *const help[] = {
  "Up, Down, k, j       select a pool",
  "Page Up, Page Down,  move further",
  "Home, End",
  "Left, Right, <, >    sort by the column before or after",
  "r                    sort the other way round",
  "Enter, m             the map of the chunks of the selected pool, and back",
  "p, Space             pause, or go on",
  "h, ?                 this help; any key leaves it",
  "q                    quit",
  "",
  "full: as many blocks are live as there can be; waits: somebody waits for one",
};

/* --- Asking --- */

static void
ask (View *self, FsmmAskKind kind, guint64 id, GAsyncReadyCallback callback)
{
  self->open = g_new0 (Question, 1);
  self->open->view = self;
  top_client_ask_async (self->program->client, kind, id, callback, self->open);
}

/* Takes the question. Returns: (nullable): the view that it is of */
static View *
close_question (Question *question)
{
  View *view = question->view;

  if (view != NULL)
    view->open = NULL;
  g_free (question);

  return view;
}

/* Takes the error. */
static void
show (View *self, GError *error)
{
  g_clear_error (&self->error);
  self->error = error;
  self->is_over = g_error_matches (error, TOP_ERROR, TOP_ERROR_ENDED);
  top_screen_redraw ();
}

static void
on_map (GObject *source, GAsyncResult *result, gpointer question)
{
  View *self = close_question (question);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer = top_client_ask_finish (result, &error);

  if (self == NULL)
    return;

  if (answer != NULL && self->map_id == self->table.selected_id)
    {
      g_free (self->map);
      self->map = g_variant_dup_string (answer, NULL);
    }
  show (self, g_steal_pointer (&error));
}

static void
ask_for_map (View *self)
{
  self->map_id = self->table.selected_id;
  ask (self, FSMM_ASK_MAP, self->map_id, on_map);
}

static void
take_report (View *self, TopReport *report)
{
  top_report_set_rates (report, self->report);
  top_order_apply (&self->order, report);
  top_report_free (self->report);
  self->report = report;
}

static void
on_figures (GObject *source, GAsyncResult *result, gpointer question)
{
  View *self = close_question (question);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer = top_client_ask_finish (result, &error);
  TopReport *report = NULL;

  if (self == NULL)
    return;

  if (answer != NULL)
    report = top_report_new (answer, self->program->label, &error);
  if (report != NULL)
    take_report (self, report);
  if (report != NULL && self->is_map)
    ask_for_map (self);
  show (self, g_steal_pointer (&error));
}

static gboolean
on_tick (gpointer view)
{
  View *self = view;

  if (self->open == NULL && !self->is_paused && !self->is_over)
    ask (self, FSMM_ASK_FIGURES, 0, on_figures);

  return G_SOURCE_CONTINUE;
}

/* --- Drawing --- */

static void
draw_head (const View *self)
{
  const TopReport *report = self->report;
  const char *dot = top_screen_get_sign (TOP_SIGN_DOT);
  g_autofree char *n_pools = top_report_count_pools (report);
  g_autofree char *live = top_text_from_bytes (report->live_bytes);
  g_autofree char *reserved = top_text_from_bytes (report->reserved_bytes);
  g_autofree char *resident = top_text_from_bytes (report->resident_bytes);
  g_autofree char *title = g_strdup_printf ("%s  %s  PID %s  %s  fsmm-glib %s", report->program, dot,
                                            self->program->label, dot, report->version);
  g_autofree char *totals =
      g_strdup_printf ("%s  %s  %s live  %s  %s reserved  %s  %s resident", n_pools, dot, live, dot,
                       reserved, dot, resident);

  top_screen_put_row (0, title, TOP_STYLE_BOLD);
  top_screen_put_row (1, totals, TOP_STYLE_PLAIN);
}

static void
draw_foot (const View *self)
{
  int row = top_screen_get_height () - 1;
  g_autofree char *over = NULL;

  if (self->is_over)
    {
      over = g_strdup_printf ("%s. These were its last figures; any key quits", self->error->message);
      top_screen_put_row (row, over, TOP_STYLE_WARNING);
    }
  else if (self->error != NULL)
    top_screen_put_row (row, self->error->message, TOP_STYLE_WARNING);
  else if (self->is_paused)
    top_screen_put_row (row, "Paused: p goes on", TOP_STYLE_WARNING);
  else if (self->is_map)
    top_screen_put_row (row, "q quit   Enter table   p pause   h help", TOP_STYLE_BOLD);
  else
    top_screen_put_row (row, "q quit   < > sort   r reverse   Enter map   p pause   h help",
                        TOP_STYLE_BOLD);
}

static int
count_lines (void)
{
  return MAX (top_screen_get_height () - HEAD_LINES - FOOT_LINES, 1);
}

static void
draw_view (gpointer view)
{
  View *self = view;

  draw_head (self);
  if (self->is_help)
    for (guint i = 0; i < G_N_ELEMENTS (help); i++)
      top_screen_put_row (HEAD_LINES + (int) i, help[i], TOP_STYLE_PLAIN);
  else if (self->is_map)
    top_map_draw (self->map, top_table_get_pool (&self->table, self->report), &self->map_first,
                  HEAD_LINES, count_lines ());
  else
    top_table_draw (&self->table, self->report, &self->order, HEAD_LINES, count_lines ());
  draw_foot (self);
}

/* --- Keys --- */

/* What the table has below its titles. */
static int
count_rows (void)
{
  return MAX (count_lines () - 1, 1);
}

static void
move_by (View *self, int n_lines)
{
  if (self->is_map)
    self->map_first = (guint) CLAMP ((gint64) self->map_first + n_lines, 0, G_MAXINT);
  else
    top_table_move (&self->table, self->report, n_lines);
}

static void
sort_by (View *self, int n_columns)
{
  self->order.column = (TopColumnId) ((self->order.column + TOP_N_COLUMNS + n_columns) % TOP_N_COLUMNS);
  top_order_apply (&self->order, self->report);
}

static void
reverse (View *self)
{
  self->order.is_reversed = !self->order.is_reversed;
  top_order_apply (&self->order, self->report);
}

/* The map is asked for at once, also where the figures are paused: it is another question. */
static void
turn_to_map (View *self)
{
  self->is_map = !self->is_map;
  self->map_first = 0;
  g_clear_pointer (&self->map, g_free);
  if (self->is_map && self->open == NULL && !self->is_over)
    ask_for_map (self);
}

static gboolean
press_to_move (View *self, int key)
{
  switch (key)
    {
    case KEY_UP:
    case 'k':
      move_by (self, -1);
      return TRUE;
    case KEY_DOWN:
    case 'j':
      move_by (self, 1);
      return TRUE;
    case KEY_PPAGE:
      move_by (self, -count_rows ());
      return TRUE;
    case KEY_NPAGE:
      move_by (self, count_rows ());
      return TRUE;
    case KEY_HOME:
      move_by (self, -G_MAXINT);
      return TRUE;
    case KEY_END:
      move_by (self, G_MAXINT);
      return TRUE;
    default:
      return FALSE;
    }
}

static gboolean
press_to_sort (View *self, int key)
{
  switch (key)
    {
    case KEY_LEFT:
    case '<':
      sort_by (self, -1);
      return TRUE;
    case KEY_RIGHT:
    case '>':
      sort_by (self, 1);
      return TRUE;
    case 'r':
      reverse (self);
      return TRUE;
    default:
      return FALSE;
    }
}

static void
press_to_turn (View *self, int key)
{
  switch (key)
    {
    case '\r':
    case '\n':
    case KEY_ENTER:
    case 'm':
      turn_to_map (self);
      break;
    case 'p':
    case ' ':
      self->is_paused = !self->is_paused;
      break;
    case 'h':
    case '?':
      self->is_help = TRUE;
      break;
    default:
      break;
    }
}

static gboolean
press_in_view (gpointer view, int key)
{
  View *self = view;

  if (key == 'q' || self->is_over)
    return FALSE;

  if (self->is_help)
    self->is_help = FALSE;
  else if (!press_to_move (self, key) && !press_to_sort (self, key))
    press_to_turn (self, key);

  return TRUE;
}

/* What the program has said before it was chosen is what the first rates are measured from. */
int
top_view_run (TopProgram *program, const TopOptions *options)
{
  static const TopScene scene = { draw_view, press_in_view };
  View self = {
    .program = program,
    .report = g_steal_pointer (&program->report),
    .order = options->order,
  };
  guint tick = g_timeout_add ((guint) (options->interval * 1000), on_tick, &self);
  int number;

  top_order_apply (&self.order, self.report);
  top_table_move (&self.table, self.report, 0);
  number = top_screen_run (&scene, &self);

  g_source_remove (tick);
  if (self.open != NULL)
    self.open->view = NULL;
  top_report_free (self.report);
  g_clear_error (&self.error);
  g_free (self.map);

  return number;
}
