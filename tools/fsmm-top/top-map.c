/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "top-map.h"

#include <string.h>

#include "base/fsmm-text.h"
#include "top-screen.h"
#include "top-text.h"

static const struct {
  char character;
  TopStyle style;
  const char *meaning;
} signs[] = {
  { '#', TOP_STYLE_LIVE, "all live" },
  { '+', TOP_STYLE_PARTLY, "some live" },
  { '.', TOP_STYLE_FREE, "free" },
  { '_', TOP_STYLE_UNUSED, "never handed out" },
};

static TopStyle
get_style (char character)
{
  for (guint i = 0; i < G_N_ELEMENTS (signs); i++)
    if (signs[i].character == character)
      return signs[i].style;

  return TOP_STYLE_PLAIN;
}

static void
draw_legend (int row)
{
  int column = 0;

  for (guint i = 0; i < G_N_ELEMENTS (signs); i++)
    {
      const char sign[] = { signs[i].character, '\0' };
      int width = (int) strlen (signs[i].meaning);

      top_screen_put (row, column, 1, sign, signs[i].style);
      top_screen_put (row, column + 2, width, signs[i].meaning, TOP_STYLE_PLAIN);
      column += width + 5;
    }
}

static void
draw_title (const TopPool *pool, int row)
{
  g_autofree char *live = top_text_from_count (pool->n_live);
  g_autofree char *limit = top_text_from_count (pool->limit);
  g_autofree char *title = pool->limit == TOP_NONE
                               ? g_strdup_printf ("%s: %s live", pool->name, live)
                               : g_strdup_printf ("%s: %s live of %s", pool->name, live, limit);

  top_screen_put_row (row, title, TOP_STYLE_TITLE);
}

/* Runs of one sign, so that a line does not take a call for each cell. */
static void
draw_signs (int row, int column, const char *text)
{
  while (*text != '\0')
    {
      const char run[] = { *text, '\0' };
      gsize length = strspn (text, run);
      g_autofree char *part = g_strndup (text, length);

      top_screen_put (row, column, (int) length, part, get_style (*text));
      column += (int) length;
      text += length;
    }
}

/* Where the signs of a chunk begin, or NULL in a line of words. */
static const char *
find_signs (const char *line)
{
  const char *space = strrchr (line, ' ');

  if (space == NULL || space[1] == '\0' || strspn (space + 1, "#+._") < strlen (space + 1))
    return NULL;

  return space + 1;
}

/* A narrow screen has no room for the address. */
static void
draw_line (int row, const char *line)
{
  const char *start = g_strchug ((char *) line);
  const char *signs_of_chunk = find_signs (start);
  g_autofree char *words = NULL;

  if (signs_of_chunk == NULL)
    {
      top_screen_put_row (row, start, TOP_STYLE_PLAIN);
      return;
    }

  if ((int) strlen (start) > top_screen_get_width () && strchr (start, ' ') < signs_of_chunk - 1)
    start = strchr (start, ' ') + 1;
  words = g_strndup (start, (gsize) (signs_of_chunk - start));
  top_screen_put_row (row, words, TOP_STYLE_PLAIN);
  draw_signs (row, (int) top_text_get_width (words), signs_of_chunk);
}

static void
draw_chunks (const char *map, guint *first, int top, int n_lines)
{
  g_auto (GStrv) lines = g_strsplit (map, "\n", -1);
  guint n = g_strv_length (lines);

  *first = MIN (*first, n > (guint) n_lines ? n - (guint) n_lines : 0);
  for (guint i = *first; i < n && (int) (i - *first) < n_lines; i++)
    {
      g_autofree char *line = fsmm_text_escape (lines[i]);

      draw_line (top + (int) (i - *first), line);
    }
}

void
top_map_draw (const char *map, const TopPool *pool, guint *first, int top, int n_lines)
{
  if (pool == NULL)
    {
      top_screen_put_row (top, "That pool is gone.", TOP_STYLE_TITLE);
      return;
    }

  draw_title (pool, top);
  draw_legend (top + 1);
  if (map == NULL)
    top_screen_put_row (top + 2, "Waiting for its map", TOP_STYLE_PLAIN);
  else if (*map == '\0')
    top_screen_put_row (top + 2, "There is no chunk in it.", TOP_STYLE_PLAIN);
  else
    draw_chunks (map, first, top + 2, MAX (n_lines - 2, 1));
}
