/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "watch/fsmm-record-text.h"

#include <string.h>
#include <unistd.h>

#include "base/fsmm-text.h"
#include "fsmm-version.h"
#include "watch/fsmm-program-name.h"

static const char record_columns[] =
    "seconds,event,id,name,kind,item-type,alloc-size,n-allocated,peak-allocated,max-blocks,n-waiting,"
    "reserved-bytes,resident-bytes,n-taken\n";

/* The name of the program comes last, since there may be anything in it. */
void
fsmm_record_add_head (GString *text)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *start = g_date_time_format_iso8601 (now);
  g_autofree char *name = fsmm_program_dup_name ();
  g_autofree char *program = fsmm_text_escape (name);

  g_string_append_printf (text, "# record of fsmm-glib %s, started %s, process %d, program %s\n",
                          FSMM_VERSION_S, start, (int) getpid (), program);
  g_string_append (text, record_columns);
}

static void
add_field (GString *text, const char *field)
{
  g_autofree char *valid = g_utf8_make_valid (field, -1);

  if (strpbrk (valid, "\",\r\n") == NULL)
    {
      g_string_append (text, valid);
      return;
    }

  g_string_append_c (text, '"');
  for (const char *c = valid; *c != '\0'; c++)
    {
      if (*c == '"')
        g_string_append_c (text, '"');
      g_string_append_c (text, *c);
    }
  g_string_append_c (text, '"');
}

void
fsmm_record_add_row (GString *text, gint64 age, const char *event, const FsmmFigures *figures)
{
  gint64 milliseconds = age / 1000;

  g_string_append_printf (text, "%" G_GINT64_FORMAT ".%03d,%s,%" G_GUINT64_FORMAT ",",
                          milliseconds / 1000, (int) (milliseconds % 1000), event, figures->id);
  if (figures->name != NULL)
    add_field (text, figures->name);
  g_string_append_printf (text, ",%s,", fsmm_figures_get_nick (figures));
  if (figures->type != NULL)
    add_field (text, figures->type);
  g_string_append_printf (text, ",%zu,%zu,%zu,%zu,%u,%zu,%zu,%" G_GUINT64_FORMAT "\n",
                          figures->alloc_size, figures->n_live, figures->peak_live, figures->max_blocks,
                          figures->n_waiting, figures->reserved_bytes, figures->resident_bytes,
                          figures->n_taken);
}
