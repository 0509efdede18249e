/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "top-screen.h"

#include <curses.h>
#include <glib-unix.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "top-text.h"

/* How long, in milliseconds, Escape may be the beginning of what another key sends. */
#define ESCAPE_DELAY 50

static SCREEN *terminal; /* (nullable) */
static gboolean has_signs;
static const TopScene *current_scene;
static gpointer current_data;
static GMainLoop *loop; /* (nullable): while a scene is shown */
static int last_signal;

/* --- Start and stop --- */

/* Where there are no colours, or none are wanted, other attributes say the same. */
static const struct {
  attr_t attributes;
  short color;
  short background;
} styles[] = {
  [TOP_STYLE_PLAIN] = { A_NORMAL, -1, -1 },
  [TOP_STYLE_BOLD] = { A_BOLD, -1, -1 },
  [TOP_STYLE_TITLE] = { A_REVERSE, -1, -1 },
  [TOP_STYLE_SELECTED] = { A_REVERSE | A_BOLD, -1, -1 },
  [TOP_STYLE_WARNING] = { A_BOLD, COLOR_RED, -1 },
  [TOP_STYLE_LIVE] = { A_BOLD, COLOR_BLUE, -1 },
  [TOP_STYLE_PARTLY] = { A_NORMAL, COLOR_CYAN, -1 },
  [TOP_STYLE_FREE] = { A_NORMAL, COLOR_GREEN, -1 },
  [TOP_STYLE_UNUSED] = { A_DIM, -1, -1 },
};

static gboolean
wants_colors (void)
{
  const char *no_color = g_getenv ("NO_COLOR");

  return has_colors () && (no_color == NULL || *no_color == '\0');
}

static void
start_colors (void)
{
  start_color ();
  use_default_colors ();
  for (guint i = 0; i < G_N_ELEMENTS (styles); i++)
    if (styles[i].color >= 0)
      init_pair ((short) i, styles[i].color, styles[i].background);
}

gboolean
top_screen_start (GError **error)
{
  terminal = newterm (NULL, stdout, stdin);
  if (terminal == NULL)
    {
      const char *type = g_getenv ("TERM");

      g_set_error (error, G_UNIX_ERROR, 0,
                   "TERM is \"%s\", which is no terminal that can be drawn on; --once prints a table",
                   type != NULL ? type : "");
      return FALSE;
    }

  has_signs = g_get_charset (NULL);
  cbreak ();
  noecho ();
  nonl ();
  keypad (stdscr, TRUE);
  nodelay (stdscr, TRUE);
  set_escdelay (ESCAPE_DELAY);
  curs_set (0);
  if (wants_colors ())
    start_colors ();

  return TRUE;
}

void
top_screen_stop (void)
{
  if (terminal == NULL)
    return;

  endwin ();
  delscreen (terminal);
  terminal = NULL;
}

/* --- Running --- */

void
top_screen_redraw (void)
{
  if (loop == NULL)
    return;

  erase ();
  current_scene->draw (current_data);
  refresh ();
}

static void
leave (void)
{
  if (loop != NULL)
    g_main_loop_quit (loop);
}

static gboolean
on_input (int fd, GIOCondition condition, gpointer data)
{
  int key;

  while ((key = getch ()) != ERR)
    if (key != KEY_RESIZE && !current_scene->press (current_data, key))
      {
        leave ();
        return G_SOURCE_CONTINUE;
      }

  top_screen_redraw ();
  if (condition & (G_IO_HUP | G_IO_ERR))
    {
      last_signal = SIGHUP;
      leave ();
    }

  return G_SOURCE_CONTINUE;
}

static gboolean
on_signal (gpointer number)
{
  last_signal = GPOINTER_TO_INT (number);
  leave ();

  return G_SOURCE_CONTINUE;
}

static gboolean
on_resized (gpointer data)
{
  struct winsize size;

  if (ioctl (STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
    resizeterm (size.ws_row, size.ws_col);
  top_screen_redraw ();

  return G_SOURCE_CONTINUE;
}

int
top_screen_run (const TopScene *scene, gpointer data)
{
  const guint sources[] = {
    g_unix_fd_add (STDIN_FILENO, G_IO_IN | G_IO_HUP | G_IO_ERR, on_input, NULL),
    g_unix_signal_add (SIGINT, on_signal, GINT_TO_POINTER (SIGINT)),
    g_unix_signal_add (SIGTERM, on_signal, GINT_TO_POINTER (SIGTERM)),
    g_unix_signal_add (SIGHUP, on_signal, GINT_TO_POINTER (SIGHUP)),
    g_unix_signal_add (SIGWINCH, on_resized, NULL),
  };

  current_scene = scene;
  current_data = data;
  loop = g_main_loop_new (NULL, FALSE);
  on_resized (NULL);
  g_main_loop_run (loop);
  g_clear_pointer (&loop, g_main_loop_unref);
  for (guint i = 0; i < G_N_ELEMENTS (sources); i++)
    g_source_remove (sources[i]);

  return last_signal;
}

/* --- Drawing --- */

int
top_screen_get_width (void)
{
  return COLS;
}

int
top_screen_get_height (void)
{
  return LINES;
}

const char *
top_screen_get_sign (TopSign sign)
{
  static const char *const signs[] = { "…", "·", "▴", "▾" };
  static const char *const plain_signs[] = { "~", "-", "^", "v" };

  return (has_signs ? signs : plain_signs)[sign];
}

static attr_t
get_attributes (TopStyle style)
{
  gboolean is_colored = styles[style].color >= 0 && wants_colors ();

  return styles[style].attributes | (is_colored ? (attr_t) COLOR_PAIR (style) : 0);
}

/* Returns: (transfer full): @text in the character set of the terminal, with as many cells */
static char *
encode (const char *text)
{
  return has_signs ? g_strdup (text) : g_str_to_ascii (text, "C");
}

/* Each text begins where it should, whatever the terminal makes of the one before it. */
static void
put (int row, int column, int width, const char *text, TopStyle style, gboolean is_right)
{
  g_autofree char *plain = encode (text);
  g_autofree char *fitting = NULL;
  int n_blanks;

  width = MIN (width, COLS - column);
  if (row < 0 || row >= LINES || column < 0 || width <= 0)
    return;

  fitting = top_text_fit (plain, (guint) width, top_screen_get_sign (TOP_SIGN_ELLIPSIS));
  n_blanks = width - (int) top_text_get_width (fitting);
  attrset ((int) get_attributes (style));
  mvhline (row, column, ' ' | get_attributes (style), width);
  mvaddstr (row, column + (is_right ? n_blanks : 0), fitting);
  attrset (A_NORMAL);
}

void
top_screen_put (int row, int column, int width, const char *text, TopStyle style)
{
  put (row, column, width, text, style, FALSE);
}

void
top_screen_put_right (int row, int column, int width, const char *text, TopStyle style)
{
  put (row, column, width, text, style, TRUE);
}

void
top_screen_put_row (int row, const char *text, TopStyle style)
{
  put (row, 0, COLS, text, style, FALSE);
}
