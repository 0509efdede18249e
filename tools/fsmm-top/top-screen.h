/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The terminal, as a screen of cells, and what is typed. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
  TOP_STYLE_PLAIN,
  TOP_STYLE_BOLD,
  TOP_STYLE_TITLE,
  TOP_STYLE_SELECTED,
  TOP_STYLE_WARNING,
  /* Of blocks in a map. */
  TOP_STYLE_LIVE,
  TOP_STYLE_PARTLY,
  TOP_STYLE_FREE,
  TOP_STYLE_UNUSED,
} TopStyle;

typedef enum {
  TOP_SIGN_ELLIPSIS,
  TOP_SIGN_DOT,
  TOP_SIGN_RISING,
  TOP_SIGN_FALLING,
} TopSign;

/* What is on the screen. */
typedef struct {
  void (*draw) (gpointer data);
  /* @key is one of curses. FALSE: that was the last one. */
  gboolean (*press) (gpointer data, int key);
} TopScene;

/* Takes the terminal over, or says why it cannot be. */
gboolean top_screen_start (GError **error);
/* Leaves it as it was. */
void top_screen_stop (void);

/* Shows a scene until it ends, while the main context runs. Returns: the signal that ended it, or 0 */
int top_screen_run (const TopScene *scene, gpointer data);
/* What the scene shows has changed. */
void top_screen_redraw (void);

int top_screen_get_width (void);
int top_screen_get_height (void);
/* A sign that the terminal has, one cell wide. */
const char *top_screen_get_sign (TopSign sign);

/* Writes @text into @width cells at most, which it fills, and where it is cut it says so. What is not on
 * the screen is left out. */
void top_screen_put (int row, int column, int width, const char *text, TopStyle style);
void top_screen_put_right (int row, int column, int width, const char *text, TopStyle style);
/* Writes to the whole row. */
void top_screen_put_row (int row, const char *text, TopStyle style);

G_END_DECLS
