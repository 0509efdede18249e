/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "bench-result.h"

#include "bench-machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
bench_result_add (BenchResult *self, double round)
{
  g_assert (self->n_rounds < BENCH_MAX_ROUNDS);
  self->rounds[self->n_rounds++] = round;
}

static int
compare_doubles (gconstpointer a, gconstpointer b)
{
  double first = *(const double *) a;
  double second = *(const double *) b;

  return first < second ? -1 : first > second;
}

void
bench_result_summarize (BenchResult *self)
{
  int n = self->n_rounds;

  if (n == 0)
    return;

  qsort (self->rounds, n, sizeof (double), compare_doubles);
  self->minimum = self->rounds[0];
  self->low = self->rounds[n / 4];
  self->median = (self->rounds[(n - 1) / 2] + self->rounds[n / 2]) / 2;
  self->high = self->rounds[n - 1 - n / 4];
}

void
bench_json_append (GString *json, const char *string)
{
  g_string_append_c (json, '"');
  for (; *string != '\0'; string++)
    {
      if (*string == '"' || *string == '\\')
        g_string_append_c (json, '\\');
      if ((guchar) *string < ' ')
        g_string_append_printf (json, "\\u%04x", (guint8) *string);
      else
        g_string_append_c (json, *string);
    }
  g_string_append_c (json, '"');
}

/* Whatever the locale's decimal point. */
static void
append_number (GString *json, const char *name, double number)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append_printf (json, ", \"%s\": %s", name,
                          g_ascii_formatd (text, sizeof text, "%.3f", number));
}

static void
append_result (GString *json, const BenchResult *result)
{
  g_string_append (json, "    {\"group\": ");
  bench_json_append (json, result->group);
  g_string_append (json, ", \"name\": ");
  bench_json_append (json, result->name);
  g_string_append (json, ", \"unit\": ");
  bench_json_append (json, result->unit);
  if (result->size > 0)
    g_string_append_printf (json, ", \"size\": %" G_GSIZE_FORMAT, result->size);
  g_string_append_printf (json, ", \"rounds\": %d", result->n_rounds);
  append_number (json, "minimum", result->minimum);
  append_number (json, "median", result->median);
  append_number (json, "low", result->low);
  append_number (json, "high", result->high);
  g_string_append_c (json, '}');
}

gboolean
bench_results_write (const char *file,
                     const char *title,
                     const char *more,
                     const BenchResult *results,
                     gsize n_results,
                     GError **error)
{
  g_autoptr (GString) json = g_string_new ("{\n  \"title\": ");
  const char *separator = "\n";

  bench_json_append (json, title);
  g_string_append (json, ",\n  \"machine\": ");
  bench_machine_append (json);
  g_string_append_printf (json, ",\n%s  \"cases\": [", more != NULL ? more : "");
  for (gsize i = 0; i < n_results; i++)
    {
      if (results[i].n_rounds == 0)
        continue;
      g_string_append (json, separator);
      append_result (json, &results[i]);
      separator = ",\n";
    }
  g_string_append (json, "\n  ]\n}\n");

  return g_file_set_contents (file, json->str, (gssize) json->len, error);
}

static const BenchResult *
find_reference (const BenchResult *results, gsize index)
{
  const BenchResult *reference = &results[index];

  while (reference > results && strcmp (reference[-1].group, reference->group) == 0)
    reference--;

  return reference;
}

static void
print_table (const char *title, const BenchResult *results, gsize n_results)
{
  printf ("%s\n\n  %-44s %10s %10s %17s %7s\n", title, "ns", "minimum", "median", "middle half",
          "ratio");

  for (gsize i = 0; i < n_results; i++)
    {
      const BenchResult *result = &results[i];
      const BenchResult *reference = find_reference (results, i);

      if (reference == result)
        printf ("%s\n", result->group);
      printf ("  %-44s %10.2f %10.2f %8.2f–%-8.2f %7.2f\n", result->name, result->minimum,
              result->median, result->low, result->high, result->median / reference->median);
    }
}

gboolean
bench_results_report (const char *title, const BenchResult *results, gsize n_results, const char *json)
{
  g_autoptr (GError) error = NULL;

  print_table (title, results, n_results);
  if (json == NULL || bench_results_write (json, title, NULL, results, n_results, &error))
    return TRUE;

  fprintf (stderr, "%s: %s\n", g_get_prgname (), error->message);

  return FALSE;
}
