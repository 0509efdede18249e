/* SPDX-License-Identifier: LGPL-2.1-or-later */

#define _DEFAULT_SOURCE

#include "bench-warm.h"

#include "bench-machine.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MIB ((gsize) 1 << 20)
#define HUGE_PAGE (2 * MIB) /* or what is as good where huge pages have another size */

/* How much of this process is in huge pages; 0 if the system does not tell. */
static gsize
get_huge_bytes (void)
{
  g_autofree char *text = NULL;
  const char *line;
  unsigned long kibibytes = 0;

  if (!g_file_get_contents ("/proc/self/smaps_rollup", &text, NULL, NULL))
    return 0;

  line = strstr (text, "AnonHugePages:");
  if (line != NULL)
    sscanf (line, "AnonHugePages: %lu kB", &kibibytes);

  return (gsize) kibibytes * 1024;
}

/* Returns how many bytes were touched: none if the system has not got them. */
static gsize
touch (gsize n_bytes, int advice, gsize *got_huge)
{
  gsize n_mapped = n_bytes + HUGE_PAGE;
  gsize huge_before = get_huge_bytes ();
  long page = sysconf (_SC_PAGESIZE);
  char *memory = mmap (NULL, n_mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  volatile char *aligned;

  if (memory == MAP_FAILED)
    return 0;

  aligned = memory + (HUGE_PAGE - (gsize) memory % HUGE_PAGE);
  /* Advice is not needed where there are no huge pages. */
  (void) madvise ((char *) aligned, n_bytes, advice);
  for (gsize at = 0; at < n_bytes; at += (gsize) page)
    aligned[at] = 1;
  *got_huge = get_huge_bytes () - huge_before;
  munmap (memory, n_mapped);

  return n_bytes;
}

BenchWarmth
bench_warm (gsize n_bytes)
{
  gsize most = MIN (n_bytes, bench_machine_available () / 2) / HUGE_PAGE * HUGE_PAGE;
  BenchWarmth self = { 0 };
  gsize unwanted;

  self.ordinary = touch (most, MADV_NOHUGEPAGE, &unwanted);
  self.huge = touch (most, MADV_HUGEPAGE, &self.got_huge);

  return self;
}

char *
bench_warmth_describe (const BenchWarmth *self)
{
  return g_strdup_printf ("%" G_GSIZE_FORMAT " MiB of ordinary pages and %" G_GSIZE_FORMAT
                          " MiB of huge ones (%" G_GSIZE_FORMAT " came as such)",
                          self->ordinary / MIB, self->huge / MIB, self->got_huge / MIB);
}

void
bench_warmth_append (const BenchWarmth *self, GString *json)
{
  g_string_append_printf (json,
                          "  \"warmed\": {\"ordinary-mib\": %" G_GSIZE_FORMAT
                          ", \"huge-mib\": %" G_GSIZE_FORMAT ", \"got-huge-mib\": %" G_GSIZE_FORMAT
                          "},\n",
                          self->ordinary / MIB, self->huge / MIB, self->got_huge / MIB);
}
