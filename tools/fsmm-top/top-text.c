/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "top-text.h"

/* From here on a count is rounded, so that it fits into its column. */
#define MAX_EXACT 10000000

static guint
get_char_width (gunichar c)
{
  if (g_unichar_iszerowidth (c))
    return 0;

  return g_unichar_iswide (c) ? 2 : 1;
}

guint
top_text_get_width (const char *text)
{
  guint width = 0;

  for (; *text != '\0'; text = g_utf8_next_char (text))
    width += get_char_width (g_utf8_get_char (text));

  return width;
}

char *
top_text_fit (const char *text, guint width, const char *ellipsis)
{
  const char *end = text;
  guint used = 1;

  if (top_text_get_width (text) <= width)
    return g_strdup (text);
  if (width == 0)
    return g_strdup ("");

  while (used + get_char_width (g_utf8_get_char (end)) <= width)
    {
      used += get_char_width (g_utf8_get_char (end));
      end = g_utf8_next_char (end);
    }

  return g_strdup_printf ("%.*s%s", (int) (end - text), text, ellipsis);
}

char *
top_text_from_count (guint64 count)
{
  static const char suffixes[] = "kMGTPE";
  double rounded = (double) count / 1000;
  guint i = 0;

  if (count == TOP_NONE)
    return g_strdup ("-");
  if (count < MAX_EXACT)
    return g_strdup_printf ("%" G_GUINT64_FORMAT, count);

  while (rounded >= 1000)
    {
      rounded /= 1000;
      i++;
    }

  return g_strdup_printf ("%.1f%c", rounded, suffixes[i]);
}

char *
top_text_from_bytes (guint64 n_bytes)
{
  return n_bytes == TOP_NONE ? g_strdup ("-") : g_format_size_full (n_bytes, G_FORMAT_SIZE_IEC_UNITS);
}

guint64
top_sum (guint64 a, guint64 b)
{
  guint64 sum;

  return g_uint64_checked_add (&sum, a, b) ? sum : TOP_NONE;
}

guint64
top_product (guint64 a, guint64 b)
{
  guint64 product;

  return g_uint64_checked_mul (&product, a, b) ? product : TOP_NONE;
}
