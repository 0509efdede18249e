/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "watch/fsmm-record-text.h"

#include <string.h>
#include <unistd.h>

#include "base/fsmm-text.h"
#include "fsmm-version.h"

static const char record_columns[] =
    "seconds,event,id,name,kind,item-type,alloc-size,n-allocated,peak-allocated,max-blocks,n-waiting,"
    "reserved-bytes,resident-bytes,n-taken\n";

/* Returns: (transfer full): on one line. Few programs without windows tell GLib their names. */
static char *
dup_program_name (void)
{
  g_autofree char *path = NULL;
  g_autofree char *name = NULL;

  if (g_get_prgname () != NULL)
    return fsmm_text_escape (g_get_prgname ());

  path = g_file_read_link ("/proc/self/exe", NULL);
  name = g_path_get_basename (path != NULL ? path : "unknown");

  return fsmm_text_escape (name);
}

/* The name of the program comes last, since there may be anything in it. */
void
fsmm_record_add_head (GString *text)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *start = g_date_time_format_iso8601 (now);
  g_autofree char *program = dup_program_name ();

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
