/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "rows-record.h"

FSMM_DEFINE_BOXED_TYPE (Record, record, NULL, NULL)

static const struct {
  guint level;
  const char *before, *after; /* the number */
} kinds[] = {
  { 0, "Connection from 10.0.3.", "" },
  { 0, "Request answered in ", " ms" },
  { 1, "The disk is full to ", " per cent" },
  { 0, "Session ", " has ended" },
  { 2, "Worker ", " does not answer" },
  { 0, "Messages delivered: ", "" },
  { 0, "Cache renewed in ", " ms" },
};

/* What a line of a real journal would be read from. */
void
record_fill_in (Record *self, guint number)
{
  guint kind = number % G_N_ELEMENTS (kinds);

  self->number = number;
  self->level = kinds[kind].level;
  self->time = 8 * 3600 + number / 3;
  g_snprintf (self->text, sizeof self->text, "%s%u%s", kinds[kind].before, 60 + number * 7 % 40,
              kinds[kind].after);
}

char *
record_describe (const Record *self)
{
  return g_strdup_printf ("%02u:%02u:%02u  %s", (guint) (self->time / 3600 % 24),
                          (guint) (self->time / 60 % 60), (guint) (self->time % 60), self->text);
}
