/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fsmm-test.h"

#include "fsmm-glib/base/fsmm-lock.h"

#include <string.h>

/* Reports are structured messages, which g_test_expect_message () does not see. */

static GMutex lock;
static GQueue expected = G_QUEUE_INIT; /* (element-type utf8): patterns */
static GHashTable *last_report;        /* (element-type utf8 utf8) */
static FsmmTestReportFunc watcher;     /* (nullable) */
static gpointer watcher_data;

static const char *
find_field (const GLogField *fields, gsize n_fields, const char *key)
{
  for (gsize i = 0; i < n_fields; i++)
    if (g_str_equal (fields[i].key, key))
      return fields[i].value;

  return NULL;
}

static void
remember (const GLogField *fields, gsize n_fields)
{
  g_hash_table_remove_all (last_report);
  for (gsize i = 0; i < n_fields; i++)
    if (fields[i].length < 0)
      {
        /* What is not known is left out: who writes to a journal takes each for a string. */
        g_assert_nonnull (fields[i].value);
        g_hash_table_insert (last_report, g_strdup (fields[i].key), g_strdup (fields[i].value));
      }
}

static GLogWriterOutput
write_message (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  gboolean is_report = find_field (fields, n_fields, "FSMM_FAULT") != NULL;
  FsmmTestReportFunc func = NULL;
  gpointer func_data = NULL;
  g_autofree char *pattern = NULL;

  fsmm_lock (&lock);
  if (is_report)
    {
      remember (fields, n_fields);
      pattern = g_queue_pop_head (&expected);
      func = watcher;
      func_data = watcher_data;
    }
  fsmm_unlock (&lock);

  if (func != NULL)
    {
      func (find_field (fields, n_fields, "MESSAGE"), func_data);
      return G_LOG_WRITER_HANDLED;
    }

  /* Ends the program: tests let no message pass. */
  if (pattern == NULL)
    return g_log_writer_default (level, fields, n_fields, user_data);

  if (!g_pattern_match_simple (pattern, find_field (fields, n_fields, "MESSAGE")))
    g_error ("reported was “%s”, and not “%s”", find_field (fields, n_fields, "MESSAGE"), pattern);

  return G_LOG_WRITER_HANDLED;
}

static void
ensure_writer (void)
{
  if (last_report == NULL)
    {
      last_report = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
      g_log_set_writer_func (write_message, NULL, NULL);
    }
}

/* Shows all reports to a function, until it is called with none. As with what follows, the first
 * call comes when there is no other thread. */
void
fsmm_test_watch_reports (FsmmTestReportFunc func, gpointer user_data)
{
  fsmm_lock (&lock);
  ensure_writer ();
  watcher = func;
  watcher_data = user_data;
  fsmm_unlock (&lock);
}

/* The next report is to match @pattern, which may have * and ? in it. */
void
fsmm_test_expect_report (const char *pattern)
{
  fsmm_lock (&lock);
  ensure_writer ();
  g_queue_push_tail (&expected, g_strdup (pattern));
  fsmm_unlock (&lock);
}

/* The message is written without the lock, which its writer takes. */
void
fsmm_test_assert_reported (void)
{
  const char *missing;

  fsmm_lock (&lock);
  missing = g_queue_peek_head (&expected);
  fsmm_unlock (&lock);

  if (missing != NULL)
    g_error ("“%s” was not reported", missing);
}

/* Asserts what a field of the last report is. */
void
fsmm_test_assert_field (const char *key, const char *value)
{
  fsmm_lock (&lock);
  g_assert_cmpstr (g_hash_table_lookup (last_report, key), ==, value);
  fsmm_unlock (&lock);
}

/* For fsmm_test_watch_reports (), where nothing but late double frees may be reported: adds how many
 * were to a gint, of which the report says "…): 3 double frees found". */
void
fsmm_test_count_double_frees (const char *message, gpointer n_reported)
{
  const char *count = strstr (message, "): ");

  g_assert_nonnull (count);
  g_assert_nonnull (strstr (message, "double free"));
  g_atomic_int_add ((gint *) n_reported, (gint) g_ascii_strtoull (count + 3, NULL, 10));
}
