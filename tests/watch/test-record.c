/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a record is made of: its rows as text, and the file that they are written to. */

#include "fsmm-test.h"

#include "fsmm-glib/watch/fsmm-record-file.h"
#include "fsmm-glib/watch/fsmm-record-text.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- Rows --- */

static void
assert_row (gint64 age, FsmmFigures figures, const char *expected)
{
  g_autoptr (GString) text = g_string_new (NULL);

  fsmm_record_add_row (text, age, FSMM_RECORD_FIGURES, &figures);
  g_assert_cmpstr (text->str, ==, expected);
}

static void
test_rows (void)
{
  FsmmFigures figures = { 4, FSMM_POOL_KIND_TYPED, "GDate", NULL, 24, 1, 2, 3, 4, 5, 6, 7 };

  assert_row (0, figures, "0.000,figures,4,,typed,GDate,24,1,2,3,4,5,6,7\n");
  assert_row (3600012999, figures, "3600.012,figures,4,,typed,GDate,24,1,2,3,4,5,6,7\n");
}

static void
test_names (void)
{
  static const struct {
    const char *name, *field;
  } cases[] = {
    { "plain", "plain" },
    { "a,b", "\"a,b\"" },
    { "say \"it\"", "\"say \"\"it\"\"\"" },
    { "two\nlines\r", "\"two\nlines\r\"" },
    { "\xff", "\xef\xbf\xbd" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *row =
          g_strdup_printf ("1.000,figures,2,%s,raw,,8,0,0,0,0,0,0,0\n", cases[i].field);

      assert_row (G_USEC_PER_SEC,
                  (FsmmFigures) { .id = 2, .name = (char *) cases[i].name, .alloc_size = 8 }, row);
    }
}

/* --- Files --- */

typedef struct {
  char *folder;
  GString *row;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  self->folder = g_dir_make_tmp ("fsmm-record-XXXXXX", NULL);
  self->row = g_string_new ("1,2,3\n");
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_autoptr (GDir) folder = g_dir_open (self->folder, 0, NULL);

  for (const char *name = g_dir_read_name (folder); name != NULL; name = g_dir_read_name (folder))
    {
      g_autofree char *path = g_build_filename (self->folder, name, NULL);

      g_remove (path);
    }
  g_assert_cmpint (g_rmdir (self->folder), ==, 0);
  g_free (self->folder);
  g_string_free (self->row, TRUE);
}

/* Returns: (transfer full): where that file is, with the number of this process in place of "PID" */
static char *
path_of (Fixture *self, const char *name)
{
  g_auto (GStrv) parts = g_strsplit (name, "PID", -1);
  g_autofree char *number = g_strdup_printf ("%d", (int) getpid ());
  g_autofree char *expanded = g_strjoinv (number, parts);

  return g_build_filename (self->folder, expanded, NULL);
}

static FsmmRecordFile *
open_file (Fixture *self, const char *file, gboolean is_beside)
{
  g_autoptr (GError) error = NULL;
  FsmmRecordFile *opened = fsmm_record_file_open (self->folder, file, is_beside, &error);

  g_assert_no_error (error);
  g_assert_nonnull (opened);

  return opened;
}

static void
assert_file_refused (Fixture *self, const char *file, const char *words)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (fsmm_record_file_open (self->folder, file, FALSE, &error));
  g_assert_nonnull (error);
  g_assert_nonnull (strstr (error->message, words));
}

static void
assert_content (Fixture *self, const char *name, const char *expected)
{
  g_autofree char *path = path_of (self, name);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, expected);
}

static void
test_file_names (Fixture *self, gconstpointer data)
{
  static const struct {
    const char *file;
    gboolean is_beside;
    const char *name;
  } cases[] = {
    { "a.csv", FALSE, "a.csv" },       { "b.csv", TRUE, "b.csv.PID" },
    { "c-%p.csv", FALSE, "c-PID.csv" }, { "d-%p.csv", TRUE, "d-PID.csv" },
    { "100%%p", FALSE, "100%p" },      { "50%x%", FALSE, "50%x%" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      FsmmRecordFile *file = open_file (self, cases[i].file, cases[i].is_beside);

      g_assert_true (fsmm_record_file_append (file, self->row, NULL));
      fsmm_record_file_close (file);
      assert_content (self, cases[i].name, "1,2,3\n");
    }
}

/* What was in it is gone, and nobody else can read what is. */
static void
test_old_file (Fixture *self, gconstpointer data)
{
  g_autofree char *path = path_of (self, "old");
  FsmmRecordFile *file;
  GStatBuf status;

  g_assert_true (g_file_set_contents (path, "something longer than a row", -1, NULL));
  g_assert_cmpint (g_chmod (path, 0644), ==, 0);
  file = open_file (self, "old", FALSE);
  g_assert_true (fsmm_record_file_append (file, self->row, NULL));
  fsmm_record_file_close (file);

  assert_content (self, "old", "1,2,3\n");
  g_assert_cmpint (g_stat (path, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 0777, ==, 0600);
}

static void
test_refused_files (Fixture *self, gconstpointer data)
{
  g_autofree char *link_path = path_of (self, "link");
  g_autofree char *fifo_path = path_of (self, "fifo");
  g_autofree char *kept_path = path_of (self, "kept");
  int reader;

  g_assert_true (g_file_set_contents (kept_path, "kept", -1, NULL));
  g_assert_cmpint (symlink (kept_path, link_path), ==, 0);
  g_assert_cmpint (mkfifo (fifo_path, 0600), ==, 0);

  assert_file_refused (self, "link", "symbolic link");
  assert_content (self, "kept", "kept");
  assert_file_refused (self, "fifo", "no regular file");
  reader = open (fifo_path, O_RDONLY | O_NONBLOCK);
  assert_file_refused (self, "fifo", "no regular file");
  close (reader);
  assert_file_refused (self, "/dev/full", "/dev/full: it is no regular file");
  assert_file_refused (self, "no-folder/file", g_strerror (ENOENT));
  assert_file_refused (self, ".", g_strerror (EISDIR));
}

/* Two that record at once, as two libraries in a process do, or a program that starts another one. */
static void
test_taken_file (Fixture *self, gconstpointer data)
{
  FsmmRecordFile *first = open_file (self, "shared", FALSE);
  FsmmRecordFile *numbered = open_file (self, "n-%p", FALSE);
  FsmmRecordFile *second;

  g_assert_true (fsmm_record_file_append (first, self->row, NULL));
  second = open_file (self, "shared", FALSE);
  g_assert_true (fsmm_record_file_append (second, self->row, NULL));
  g_assert_true (fsmm_record_file_append (second, self->row, NULL));
  assert_content (self, "shared", "1,2,3\n");
  assert_content (self, "shared.PID", "1,2,3\n1,2,3\n");
  assert_file_refused (self, "n-%p", "something else is recorded in it");

  fsmm_record_file_close (first);
  fsmm_record_file_close (second);
  fsmm_record_file_close (numbered);
}

static void
test_full (Fixture *self, gconstpointer data)
{
  FsmmRecordFile *file = open_file (self, "full", FALSE);
  g_autoptr (GError) error = NULL;
  struct rlimit limit, kept;

  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &kept), ==, 0);
  limit = kept;
  limit.rlim_cur = 2 * self->row->len + 1;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);

  g_assert_true (fsmm_record_file_append (file, self->row, NULL));
  g_assert_true (fsmm_record_file_append (file, self->row, NULL));
  g_assert_false (fsmm_record_file_append (file, self->row, &error));
  g_assert_nonnull (strstr (error->message, "full: "));
  g_assert_nonnull (strstr (error->message, g_strerror (EFBIG)));
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &kept), ==, 0);
  fsmm_record_file_close (file);
  assert_content (self, "full", "1,2,3\n1,2,3\n");
}

/* The program closes all files, and opens one of its own, which gets the number. */
static void
test_closed_by_program (Fixture *self, gconstpointer data)
{
  g_autofree char *path = path_of (self, "own");
  g_autoptr (GError) error = NULL;
  int number = open ("/dev/null", O_RDONLY);
  FsmmRecordFile *file;

  close (number);
  file = open_file (self, "closed", FALSE);
  close (number);
  g_assert_cmpint (open (path, O_WRONLY | O_CREAT, 0600), ==, number);
  g_assert_false (fsmm_record_file_append (file, self->row, &error));
  g_assert_nonnull (strstr (error->message, "the program has closed it"));
  fsmm_record_file_close (file);
  g_assert_cmpint (close (number), ==, 0);
  assert_content (self, "own", "");
}

/* What a program prints goes to the number that standard error had. */
static void
test_no_standard_file (Fixture *self, gconstpointer data)
{
  int kept = dup (STDIN_FILENO);
  FsmmRecordFile *file;

  close (STDIN_FILENO);
  file = open_file (self, "up", FALSE);
  g_assert_cmpint (fcntl (STDIN_FILENO, F_GETFD), ==, -1);
  fsmm_record_file_close (file);
  dup2 (kept, STDIN_FILENO);
  close (kept);
}

#define ADD_FILE_TEST(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/record/rows", test_rows);
  g_test_add_func ("/record/names", test_names);
  ADD_FILE_TEST ("/record/file-names", test_file_names);
  ADD_FILE_TEST ("/record/old-file", test_old_file);
  ADD_FILE_TEST ("/record/refused-files", test_refused_files);
  ADD_FILE_TEST ("/record/taken-file", test_taken_file);
  ADD_FILE_TEST ("/record/full", test_full);
  ADD_FILE_TEST ("/record/closed-by-program", test_closed_by_program);
  ADD_FILE_TEST ("/record/no-standard-file", test_no_standard_file);

  return g_test_run ();
}
