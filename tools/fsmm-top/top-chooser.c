/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "top-chooser.h"

#include <curses.h>

#include "top-screen.h"

typedef struct {
  GPtrArray *programs; /* (not owned) */
  guint selected;
  gboolean is_chosen;
} Chooser;

static void
draw_row (int row, const char *label, const char *n_pools, const char *name, const char *command,
          TopStyle style)
{
  top_screen_put_row (row, "", style);
  top_screen_put_right (row, 0, 10, label, style);
  top_screen_put_right (row, 11, 6, n_pools, style);
  top_screen_put (row, 19, 20, name, style);
  top_screen_put (row, 40, top_screen_get_width (), command, style);
}

static void
draw_program (const TopProgram *program, int row, gboolean is_selected)
{
  g_autofree char *n_pools = top_program_count_pools (program);
  g_autofree char *command = top_program_get_command (program);

  draw_row (row, program->label, n_pools, top_program_get_name (program), command,
            is_selected ? TOP_STYLE_SELECTED : TOP_STYLE_PLAIN);
}

static void
draw_chooser (gpointer data)
{
  const Chooser *self = data;
  int n_lines = MAX (top_screen_get_height () - 3, 1);
  guint first = self->selected >= (guint) n_lines ? self->selected - (guint) n_lines + 1 : 0;

  top_screen_put_row (0, "Which program?", TOP_STYLE_BOLD);
  draw_row (1, "PID", "POOLS", "PROGRAM", "COMMAND", TOP_STYLE_TITLE);
  for (guint i = first; i < self->programs->len && (int) (i - first) < n_lines; i++)
    draw_program (g_ptr_array_index (self->programs, i), 2 + (int) (i - first), i == self->selected);
  top_screen_put_row (top_screen_get_height () - 1, "Enter shows its pools, q quits", TOP_STYLE_BOLD);
}

static gboolean
press_in_chooser (gpointer data, int key)
{
  Chooser *self = data;

  switch (key)
    {
    case KEY_UP:
    case 'k':
      self->selected -= self->selected > 0;
      return TRUE;
    case KEY_DOWN:
    case 'j':
      self->selected += self->selected + 1 < self->programs->len;
      return TRUE;
    case '\r':
    case '\n':
    case KEY_ENTER:
      self->is_chosen = TRUE;
      return FALSE;
    case 'q':
      return FALSE;
    default:
      return TRUE;
    }
}

TopProgram *
top_chooser_run (GPtrArray *programs, int *number)
{
  static const TopScene scene = { draw_chooser, press_in_chooser };
  Chooser self = { programs, 0, FALSE };

  *number = top_screen_run (&scene, &self);

  return self.is_chosen ? g_ptr_array_index (programs, self.selected) : NULL;
}
