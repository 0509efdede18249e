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
                 FsmmFault fault,
                 gconstpointer address,
                 const char *message)
{
  char in_hexadecimal[32];
  GLogField fields[8] = {
    { "MESSAGE", message, -1 },
    { "PRIORITY", level == G_LOG_LEVEL_MESSAGE ? "5" : "4", -1 },
    { "GLIB_DOMAIN", G_LOG_DOMAIN, -1 },
    { "FSMM_FAULT", fsmm_fault_get_word (fault), -1 },
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

/* --- What was found out --- */

void
fsmm_late_double_frees_log (FsmmLateDoubleFrees *self)
{
  g_autoptr (GString) blocks = NULL;
  g_autofree char *message = NULL;

  if (self->n_blocks == 0)
    return;

  blocks = g_string_new (NULL);
  for (gsize i = 0; i < MIN (self->n_blocks, G_N_ELEMENTS (self->blocks)); i++)
    g_string_append_printf (blocks, "%s%p", i > 0 ? ", " : "", self->blocks[i]);
  if (self->n_blocks > G_N_ELEMENTS (self->blocks))
    g_string_append (blocks, ", ...");

  message = g_strdup_printf (
    "%s: %" G_GSIZE_FORMAT " double free%s found: two threads freed %s at the same time; "
    "the second free was undone, look for the code that does not own what it frees",
    self->report.description, self->n_blocks, self->n_blocks > 1 ? "s" : "", blocks->str);
  fsmm_report_log (&self->report, G_LOG_LEVEL_CRITICAL, FSMM_FAULT_DOUBLE_FREE, self->blocks[0],
                   message);

  fsmm_report_clear (&self->report);
}

/* Nobody is to know. */
void
fsmm_late_double_frees_clear (FsmmLateDoubleFrees *self)
{
  if (self->n_blocks > 0)
    fsmm_report_clear (&self->report);
  self->n_blocks = 0;
}

static char *
describe_bytes (FsmmDamageReport *self)
{
  const FsmmDamage *damage = &self->damage;

  if (damage->n_bytes == 1)
    return g_strdup_printf ("0x%02x instead of 0x%02x", damage->found, damage->expected);

  return g_strdup_printf ("0x%02x instead of 0x%02x, the first of %" G_GSIZE_FORMAT " such bytes",
                          damage->found, damage->expected, damage->n_bytes);
}

static char *
describe_write_after_free (FsmmDamageReport *self)
{
  g_autofree char *bytes = describe_bytes (self);

  return g_strdup_printf ("it was written to after it was freed, at offset %" G_GSIZE_FORMAT
                          ": %s; look for a pointer that is used when its block is gone",
                          self->damage.offset, bytes);
}

static char *
describe_overrun (FsmmDamageReport *self)
{
  g_autofree char *bytes = describe_bytes (self);

  return g_strdup_printf ("something was written behind its end, at offset %" G_GSIZE_FORMAT
                          " of %" G_GSIZE_FORMAT
                          ": %s; look for code that writes more than it asked for",
                          self->damage.offset, self->alloc_size, bytes);
}

/* Tells about it, and forgets it. */
void
fsmm_damage_report_log (FsmmDamageReport *self)
{
  gboolean is_overrun = self->fault == FSMM_FAULT_OVERRUN;
  g_autofree char *what = is_overrun ? describe_overrun (self) : describe_write_after_free (self);
  g_autofree char *history = fsmm_history_describe (&self->history);
  g_autofree char *message = NULL;

  message = g_strdup_printf ("%s: block %p (number %" G_GSIZE_FORMAT " of the chunk at %p): %s%s%s",
                             self->report.description, self->block, self->index, self->chunk, what,
                             self->is_traced ? "" : " (FSMM_DEBUG=trace shows who had it)", history);
  fsmm_report_log (&self->report, G_LOG_LEVEL_CRITICAL, self->fault, self->block, message);

  fsmm_report_clear (&self->report);
  g_free (self);
}
