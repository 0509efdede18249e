/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reads a JSON document again and again, for bench-port.py. It is built with the library of
 * examples/jot as it was, and as it is with pools. */

#include "jot.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define MAX_RECORD_BYTES 150

/* Ten values a record, in about 110 bytes. The text does not grow: no allocator is to have memory left
 * from that. */
static char *
make_document (guint n_records)
{
  GString *text = g_string_sized_new ((gsize) n_records * MAX_RECORD_BYTES);

  g_string_append_c (text, '[');

  for (guint i = 0; i < n_records; i++)
    g_string_append_printf (text,
                            "%s{\"id\": %u, \"name\": \"item %u\", \"tags\": [\"a%u\", \"b%u\"], "
                            "\"at\": {\"x\": %u.5, \"y\": -%u}, \"live\": %s}\n",
                            i > 0 ? ", " : "", i, i, i % 7, i % 5, i % 1000, i % 800,
                            i % 3 == 0 ? "true" : "false");

  g_string_append_c (text, ']');
  return g_string_free (text, FALSE);
}

/* Processor time of the process, which others on the machine do not lengthen much. */
static double
spent_seconds (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return (double) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         1e-6 * (double) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static gsize
resident_bytes (void)
{
  gsize n_pages = 0;
  FILE *file = fopen ("/proc/self/statm", "r");

  if (file == NULL || fscanf (file, "%*s %zu", &n_pages) != 1)
    g_error ("/proc/self/statm cannot be read");
  fclose (file);

  return n_pages * (gsize) sysconf (_SC_PAGESIZE);
}

static gsize
read_and_drop (const char *text, gsize *resident)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JotValue) value = jot_parse (text, &error);
  gsize counts[JOT_N_KINDS] = { 0 }, sum = 0;

  if (value == NULL)
    g_error ("%s", error->message);

  if (resident != NULL)
    *resident = resident_bytes ();
  jot_value_count (value, counts);
  for (guint i = 0; i < JOT_N_KINDS; i++)
    sum += counts[i];

  return sum;
}

/* Prints the nanoseconds that a value takes the first time, and those that it takes after that, and
 * the bytes of memory that a value is in. */
int
main (int argc, char *argv[])
{
  g_autofree char *text = NULL;
  gsize before, resident, n_values, n_passes = 0;
  double least, first, start;

  if (argc != 3)
    return 2;

  text = make_document ((guint) atoi (argv[1]));
  least = atof (argv[2]);

  before = resident_bytes ();
  start = spent_seconds ();
  n_values = read_and_drop (text, &resident);
  first = spent_seconds () - start;

  start = spent_seconds ();
  do
    {
      read_and_drop (text, NULL);
      n_passes++;
    }
  while (spent_seconds () - start < least);

  printf ("%.2f %.2f %.2f\n", 1e9 * first / (double) n_values,
          1e9 * (spent_seconds () - start) / (double) (n_passes * n_values),
          (double) (resident - before) / (double) n_values);
  return 0;
}
