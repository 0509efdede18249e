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

/* Whether this is a virtual machine, whose memory the host may have to provide at first touch. */
static gboolean
is_virtual (void)
{
  g_autofree char *text = NULL;
  g_autofree char *flags = NULL;

  if (g_file_get_contents ("/proc/cpuinfo", &text, NULL, NULL))
    flags = find_line (text, "flags");

  return flags != NULL && strstr (flags, " hypervisor") != NULL;
}

/* When the system uses huge pages: "always", "madvise" or "never", or "unknown". */
static char *
get_huge_pages (void)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) parts = NULL;

  if (!g_file_get_contents ("/sys/kernel/mm/transparent_hugepage/enabled", &text, NULL, NULL))
    return g_strdup ("unknown");

  parts = g_strsplit_set (text, "[]", 3);

  return g_strdup (g_strv_length (parts) == 3 ? parts[1] : "unknown");
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
  g_autofree char *huge_pages = get_huge_pages ();

  uname (&system);
  cpu = get_cpu (&system);

  return g_strdup_printf ("%s, %u cores%s, %.1f GiB, huge pages %s, %s %s, GLib %u.%u.%u, load %.1f",
                          cpu, g_get_num_processors (), is_virtual () ? " (virtual)" : "",
                          (double) bench_machine_memory () / (1 << 30), huge_pages, system.sysname,
                          system.release, glib_major_version, glib_minor_version,
                          glib_micro_version, get_load ());
}

void
bench_machine_append (GString *json)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *date = g_date_time_format_iso8601 (now);
  g_autofree char *cpu = NULL;
  g_autofree char *huge_pages = get_huge_pages ();
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
  g_string_append_printf (json, ",\n    \"virtual\": %s", is_virtual () ? "true" : "false");
  g_string_append_printf (json, ",\n    \"memory-mib\": %" G_GSIZE_FORMAT,
                          bench_machine_memory () >> 20);
  g_string_append (json, ",\n    \"huge-pages\": ");
  bench_json_append (json, huge_pages);
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

/* What a container is allowed to use besides what it does, or G_MAXUINT64. */
static guint64
get_allowance (void)
{
  g_autofree char *most = NULL;
  g_autofree char *used = NULL;
  guint64 limit;

  if (!g_file_get_contents ("/sys/fs/cgroup/memory.max", &most, NULL, NULL)
      || !g_file_get_contents ("/sys/fs/cgroup/memory.current", &used, NULL, NULL)
      || !g_ascii_isdigit (*most))
    return G_MAXUINT64;

  limit = g_ascii_strtoull (most, NULL, 10);

  return limit - MIN (limit, g_ascii_strtoull (used, NULL, 10));
}

gsize
bench_machine_available (void)
{
  g_autofree char *text = NULL;
  g_autofree char *available = NULL;

  guint64 n_bytes = get_allowance ();

  if (g_file_get_contents ("/proc/meminfo", &text, NULL, NULL))
    available = find_line (text, "MemAvailable");
  if (available != NULL)
    n_bytes = MIN (n_bytes, g_ascii_strtoull (available, NULL, 10) * 1024);

  /* A process of 32 bits cannot have all of it. */
  return (gsize) MIN (n_bytes, G_MAXSIZE);
}
