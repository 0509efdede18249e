/* SPDX-License-Identifier: LGPL-2.1-or-later */

#define _DEFAULT_SOURCE

#include "bench-machine.h"

#include "bench-result.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

/* What comes after the colon on the first line that starts with @key. */
static char *
find_line (const char *text, const char *key)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (char **line = lines; *line != NULL; line++)
    if (g_str_has_prefix (*line, key) && strchr (*line, ':') != NULL)
      return g_strstrip (g_strdup (strchr (*line, ':') + 1));

  return NULL;
}

static char *
get_cpu (const struct utsname *system)
{
  g_autofree char *text = NULL;
  char *model = NULL;

  if (g_file_get_contents ("/proc/cpuinfo", &text, NULL, NULL))
    model = find_line (text, "model name");

  return model != NULL ? model : g_strdup (system->machine);
}

static double
get_load (void)
{
  double load = -1;

  return getloadavg (&load, 1) == 1 ? load : -1;
}

/* The load tells whether somebody else was at work: then figures are worth less. */
char *
bench_machine_describe (void)
{
  struct utsname system;
  g_autofree char *cpu = NULL;

  uname (&system);
  cpu = get_cpu (&system);

  return g_strdup_printf ("%s, %u cores, %s %s, GLib %u.%u.%u, load %.1f", cpu,
                          g_get_num_processors (), system.sysname, system.release,
                          glib_major_version, glib_minor_version, glib_micro_version, get_load ());
}

void
bench_machine_append (GString *json)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *date = g_date_time_format_iso8601 (now);
  g_autofree char *cpu = NULL;
  struct utsname system;

  uname (&system);
  cpu = get_cpu (&system);

  g_string_append (json, "{\n    \"cpu\": ");
  bench_json_append (json, cpu);
  g_string_append_printf (json, ",\n    \"cores\": %u,\n    \"kernel\": ", g_get_num_processors ());
  bench_json_append (json, system.release);
  g_string_append_printf (json, ",\n    \"glib\": \"%u.%u.%u\"", glib_major_version,
                          glib_minor_version, glib_micro_version);
#ifdef __GLIBC__
  g_string_append_printf (json, ",\n    \"glibc\": \"%s\"", gnu_get_libc_version ());
#endif
  g_string_append_printf (json, ",\n    \"load-percent\": %d", (int) (get_load () * 100));
  g_string_append (json, ",\n    \"date\": ");
  bench_json_append (json, date);
  g_string_append (json, "\n  }");
}

static double
get_seconds (int who)
{
  struct rusage usage;

  getrusage (who, &usage);

  return (double) usage.ru_utime.tv_sec + (double) usage.ru_stime.tv_sec
         + (double) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

double
bench_machine_others_seconds (void)
{
  g_autofree char *text = NULL;
  unsigned long long user, nice_user, kernel;

  if (!g_file_get_contents ("/proc/stat", &text, NULL, NULL)
      || sscanf (text, "cpu %llu %llu %llu", &user, &nice_user, &kernel) != 3)
    return 0;

  return (double) (user + nice_user + kernel) / (double) sysconf (_SC_CLK_TCK)
         - get_seconds (RUSAGE_SELF) - get_seconds (RUSAGE_CHILDREN);
}

gsize
bench_machine_memory (void)
{
#ifdef _SC_PHYS_PAGES
  long n_pages = sysconf (_SC_PHYS_PAGES);

  if (n_pages > 0)
    return (gsize) n_pages * (gsize) sysconf (_SC_PAGESIZE);
#endif

  return G_MAXSIZE;
}
