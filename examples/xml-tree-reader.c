/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "xml-tree-reader.h"

#include "xml-tree-locator.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

/* Reads a file into a tree, with GMarkupParser, piece by piece.
 *
 * GMarkupParser reads a subset of XML, in UTF-8. Of what XML forbids it accepts several root
 * elements or none, an attribute twice, and a NUL byte, at which it cuts off a text without a
 * word: that is refused here. Something remains, such as a “<” in the value of an attribute. */

#define PIECE_BYTES (256 * 1024)
#define MAX_CHARACTER_BYTES 4
#define MAX_MESSAGE 300

typedef struct {
  XmlTree *tree; /* (owned), until it is complete */
  GMarkupParseContext *context;
  XmlLocator locator;
  XmlProgress *progress; /* (not owned) (nullable) */
  double n_expected;     /* the size of the file, before it was read */

  char buffer[PIECE_BYTES];
  gsize n_buffered; /* the first bytes of a character whose other bytes have not been read */
} XmlReader;

/* --- What the parser found --- */

static void
on_start_element (GMarkupParseContext *context,
                  const char *name,
                  const char **attribute_names,
                  const char **attribute_values,
                  gpointer user_data,
                  GError **error)
{
  XmlReader *self = user_data;

  if (!xml_tree_open_element (self->tree, name, error))
    return;

  for (gsize i = 0; attribute_names[i] != NULL; i++)
    if (!xml_tree_add_attribute (self->tree, attribute_names[i], attribute_values[i], error))
      return;
}

static void
on_end_element (GMarkupParseContext *context, const char *name, gpointer user_data, GError **error)
{
  XmlReader *self = user_data;

  xml_tree_close_element (self->tree);
}

static gboolean
is_white (const char *text, gsize length)
{
  for (gsize i = 0; i < length; i++)
    if (strchr (" \t\r\n", text[i]) == NULL)
      return FALSE;

  return TRUE;
}

/* All text between two tags comes at once; a CDATA section is a text of its own. */
static void
on_text (GMarkupParseContext *context,
         const char *text,
         gsize length,
         gpointer user_data,
         GError **error)
{
  XmlReader *self = user_data;

  if (self->tree->open == NULL)
    g_set_error (error, G_MARKUP_ERROR, G_MARKUP_ERROR_INVALID_CONTENT,
                 "text outside of the root element");
  else if (!is_white (text, length))
    xml_tree_add_text (self->tree, text, length, error);
}

static const GMarkupParser parser = {
  .start_element = on_start_element,
  .end_element = on_end_element,
  .text = on_text,
};

/* --- What is wrong, and where ---
 *
 * Each message is what comes after the name of the file. */

static void
set_error_at (XmlPosition position, GQuark domain, int code, const char *message, GError **error)
{
  g_set_error (error, domain, code, ":%" G_GSIZE_FORMAT ":%" G_GSIZE_FORMAT ": %s", position.line,
               position.column, message);
}

static void
set_errno_error (int number, GError **error)
{
  g_set_error (error, G_FILE_ERROR, (int) g_file_error_from_errno (number), ": %s",
               g_strerror (number));
}

/* What GLib itself translates. */
static const char *
translate (const char *glib_message)
{
  return g_dgettext ("glib20", glib_message);
}

/* Returns what comes after @format in @message, or NULL if it does not begin so. %d stands for any
 * number, and %s ends the format. */
static const char *
skip_format (const char *message, const char *format)
{
  while (*format != '\0')
    if (*format == '%')
      {
        format += strcspn (format, "ds");
        if (*format++ != 'd')
          break;
        message += strspn (message, "0123456789");
      }
    else if (*message++ != *format++)
      return NULL;

  return message;
}

/* GMarkupParser quotes what it stumbled over, however long, and not always as whole characters. */
static char *
limit_message (const char *message)
{
  g_autofree char *valid = g_utf8_make_valid (message, -1);
  g_autofree char *start = NULL;

  if (g_utf8_strlen (valid, -1) <= MAX_MESSAGE)
    return g_steal_pointer (&valid);

  start = g_utf8_substring (valid, 0, MAX_MESSAGE);
  return g_strconcat (start, "…", NULL);
}

/* Sets an error of the parser or of the tree, with the right position in place of the one that the
 * parser put into the message. */
static void
set_error_from (XmlReader *self, const GError *found, GError **error)
{
  const char *text = skip_format (found->message, translate ("Error on line %d char %d: "));
  const char *entity_text = skip_format (found->message, translate ("Error on line %d: %s"));
  const char *no_element = translate ("Document must begin with an element (e.g. <book>)");
  g_autofree char *message = NULL;
  XmlPosition position;

  if (text != NULL)
    position = xml_locator_find_parser (&self->locator, self->context);
  else if (entity_text != NULL)
    position = xml_locator_find_entity (&self->locator, self->context);
  else
    position = xml_locator_find_tag (&self->locator, self->context);

  if (text == NULL)
    text = entity_text != NULL ? entity_text : found->message;
  if (xml_tree_is_complete (self->tree) && g_strcmp0 (text, no_element) == 0)
    text = "text after the end of the root element";

  message = limit_message (text);
  set_error_at (position, found->domain, found->code, message, error);
}

/* --- Pieces --- */

static gboolean
parse (XmlReader *self, const char *piece, gsize length, GError **error)
{
  g_autoptr (GError) found = NULL;

  xml_locator_enter (&self->locator, self->context, piece, length);

  if (length > 0 && !g_markup_parse_context_parse (self->context, piece, (gssize) length, &found))
    {
      set_error_from (self, found, error);
      return FALSE;
    }

  xml_locator_leave (&self->locator);
  return TRUE;
}

static void
set_encoding_error (XmlReader *self, gboolean is_nul, GError **error)
{
  set_error_at (xml_locator_find_end (&self->locator), G_MARKUP_ERROR, G_MARKUP_ERROR_BAD_UTF8,
                is_nul ? "a NUL byte, which XML forbids" : "not valid UTF-8", error);
}

/* A byte order mark may come first. Older versions of GLib do not know it. */
static gsize
measure_mark (const XmlReader *self, gsize length)
{
  gboolean is_first = self->tree->n_bytes == length;

  return is_first && length >= 3 && memcmp (self->buffer, "\357\273\277", 3) == 0 ? 3 : 0;
}

/* Parses what is in the buffer, but keeps the beginning of a character that may be completed by
 * the next read. Checking the encoding here finds the very byte that is wrong. */
static gboolean
parse_buffer (XmlReader *self, gsize length, GError **error)
{
  const char *start = self->buffer + measure_mark (self, length);
  const char *end;
  gsize n_left;
  gboolean is_nul, is_incomplete;

  g_utf8_validate_len (start, (gsize) (self->buffer + length - start), &end);
  n_left = (gsize) (self->buffer + length - end);
  is_nul = n_left > 0 && *end == '\0';
  is_incomplete = n_left < MAX_CHARACTER_BYTES &&
                  g_utf8_get_char_validated (end, (gssize) n_left) == (gunichar) -2;

  if (!parse (self, start, (gsize) (end - start), error))
    return FALSE;

  if (n_left > 0 && (is_nul || !is_incomplete))
    {
      set_encoding_error (self, is_nul, error);
      return FALSE;
    }

  memmove (self->buffer, end, n_left);
  self->n_buffered = n_left;
  return TRUE;
}

static gboolean
finish (XmlReader *self, GError **error)
{
  g_autoptr (GError) found = NULL;

  if (self->n_buffered > 0)
    {
      set_encoding_error (self, FALSE, error);
      return FALSE;
    }

  if (!g_markup_parse_context_end_parse (self->context, &found))
    {
      set_error_from (self, found, error);
      return FALSE;
    }

  if (self->tree->root == NULL)
    {
      set_error_at (xml_locator_find_end (&self->locator), G_MARKUP_ERROR, G_MARKUP_ERROR_EMPTY,
                    "the document has no element", error);
      return FALSE;
    }

  return TRUE;
}

static void
show_progress (XmlReader *self, const char *path)
{
  g_autofree char *name = g_filename_display_basename (path);
  g_autofree char *text = g_strconcat ("reading ", name, NULL);

  xml_progress_show (self->progress, (double) self->tree->n_bytes / self->n_expected, text);
}

static gboolean
read_pieces (XmlReader *self, const char *path, FILE *file, GError **error)
{
  for (;;)
    {
      gsize n_free = PIECE_BYTES - self->n_buffered;
      gsize n_read = fread (self->buffer + self->n_buffered, 1, n_free, file);

      if (ferror (file))
        {
          set_errno_error (errno, error);
          return FALSE;
        }
      if (n_read == 0)
        return finish (self, error);

      self->tree->n_bytes += n_read;
      if (self->progress != NULL)
        show_progress (self, path);
      if (!parse_buffer (self, self->n_buffered + n_read, error))
        return FALSE;
    }
}

/* Opening a FIFO could wait for ever, and what is no regular file cannot be read twice. */
static FILE *
open_regular_file (const char *path, double *size, GError **error)
{
  GStatBuf info;
  FILE *file = NULL;

  if (g_stat (path, &info) != 0)
    set_errno_error (errno, error);
  else if (S_ISDIR (info.st_mode))
    set_errno_error (EISDIR, error);
  else if (!S_ISREG (info.st_mode))
    g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, ": Not a regular file");
  else if ((file = g_fopen (path, "rb")) == NULL)
    set_errno_error (errno, error);
  else
    *size = MAX ((double) info.st_size, 1);

  return file;
}

static void
xml_reader_free (XmlReader *self)
{
  g_markup_parse_context_free (self->context);
  g_clear_pointer (&self->tree, xml_tree_free);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (XmlReader, xml_reader_free)

static XmlReader *
xml_reader_new (XmlPools *pools, XmlProgress *progress)
{
  XmlReader *self = g_new0 (XmlReader, 1);

  self->tree = xml_tree_new (pools);
  self->progress = progress;
  self->context = g_markup_parse_context_new (&parser, G_MARKUP_TREAT_CDATA_AS_TEXT, self, NULL);
  xml_locator_init (&self->locator);

  return self;
}

/* Reads the document in the file at @path. Errors begin with the file's name, and with line and
 * column where there is one: “FILE:LINE:COLUMN: message”. Shows its progress on @progress, if that
 * is not NULL. */
XmlTree *
xml_tree_read (XmlPools *pools, const char *path, XmlProgress *progress, GError **error)
{
  g_autoptr (XmlReader) self = xml_reader_new (pools, progress);
  g_autofree char *display_path = g_filename_display_name (*path != '\0' ? path : "“”");
  FILE *file = open_regular_file (path, &self->n_expected, error);
  gboolean success = file != NULL && read_pieces (self, path, file, error);

  if (file != NULL)
    fclose (file);
  if (success)
    return g_steal_pointer (&self->tree);

  g_prefix_error_literal (error, display_path);
  return NULL;
}
