/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "debug/fsmm-report.h"

#include "base/fsmm-text.h"

void
fsmm_report_init (FsmmReport *self, const FsmmSubject *subject)
{
  self->description = subject->describe (subject->owner);
  self->pool = subject->name != NULL ? fsmm_text_escape (subject->name)
                                     : g_strdup_printf ("%p", subject->owner);
  self->type = subject->type;
}

void
fsmm_report_clear (FsmmReport *self)
{
  g_clear_pointer (&self->description, g_free);
  g_clear_pointer (&self->pool, g_free);
}

/* Logs a message with the fields that are documented in doc/debugging.md. No lock may be held: who
 * handles messages may use the pool. */
void
fsmm_report_log (const FsmmReport *self,
                 GLogLevelFlags level,
                 const char *fault,
                 gconstpointer address,
                 const char *message)
{
  char in_hexadecimal[32];
  GLogField fields[8] = {
    { "MESSAGE", message, -1 },
    { "PRIORITY", level == G_LOG_LEVEL_CRITICAL ? "4" : "5", -1 },
    { "GLIB_DOMAIN", G_LOG_DOMAIN, -1 },
    { "FSMM_FAULT", fault, -1 },
  };
  gsize n_fields = 4;

  if (self->pool != NULL)
    fields[n_fields++] = (GLogField) { "FSMM_POOL", self->pool, -1 };
  if (self->type != NULL)
    fields[n_fields++] = (GLogField) { "FSMM_TYPE", self->type, -1 };
  if (address != NULL)
    {
      g_snprintf (in_hexadecimal, sizeof in_hexadecimal, "%p", address);
      fields[n_fields++] = (GLogField) { "FSMM_ADDRESS", in_hexadecimal, -1 };
    }

  g_log_structured_array (level, fields, n_fields);
}
