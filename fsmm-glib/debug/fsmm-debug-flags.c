/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "debug/fsmm-debug-flags.h"

#include "base/fsmm-lock.h"
#include "base/fsmm-privilege.h"
#include "base/fsmm-text.h"
#include "debug/fsmm-sanitizers.h"

#include <string.h>

static const GDebugKey keys[] = {
  { "poison", FSMM_DEBUG_POISON },         { "canary", FSMM_DEBUG_CANARY },
  { "quarantine", FSMM_DEBUG_QUARANTINE }, { "trace", FSMM_DEBUG_TRACE },
  { "leaks", FSMM_DEBUG_LEAKS },           { "malloc", FSMM_DEBUG_MALLOC },
  { "wipe", FSMM_DEBUG_WIPE },             { "no-tools", FSMM_DEBUG_NO_TOOLS },
  { "wait", FSMM_DEBUG_WAIT },             { "objects", FSMM_DEBUG_OBJECTS },
};

/* What people mean who want to find a mistake, whatever it is. What "malloc" and "no-tools" are for
 * excludes that; "wait" is about when something is done, not whether it is right; and "objects" is for
 * pools of objects, many of which are as they should be with what it tells. */
#define ALL_FLAGS                                                                                  \
  (FSMM_DEBUG_POISON | FSMM_DEBUG_CANARY | FSMM_DEBUG_QUARANTINE | FSMM_DEBUG_TRACE |              \
   FSMM_DEBUG_LEAKS)

static const char help[] =
  "FSMM_DEBUG takes flags, with commas between them:\n"
  "  poison      fill free blocks; report a write to one when it is taken next, or at exit\n"
  "  canary      put known bytes behind each block; report an overrun when it is freed, or at exit\n"
  "  quarantine  do not hand out a freed block before 1024 others have been freed\n"
  "  trace       remember where each block was taken and freed, for all reports\n"
  "  leaks       report what is live when its pool is finalized and when the program exits\n"
  "  malloc      get each block from malloc, for tools that watch that\n"
  "  wipe        zero the memory of a block when it is freed\n"
  "  wait        warn when the thread of the main loop waits for a block\n"
  "  objects     report what is left behind on objects that come back to their pool\n"
  "  no-tools    do not tell sanitizers and Valgrind about blocks\n"
  "  all         poison, canary, quarantine, trace and leaks\n"
  "  help        print this\n"
  "\n"
  "For the whole process, and not for some of its pools:\n"
  "  monitor     show the pools to other programs of the same user, such as fsmm-top\n"
  "  record=FILE write the figures of all pools to FILE every 100 ms, for fsmm-chart; %p in FILE\n"
  "              is the number of the process\n"
  "\n"
  "NAME:FLAGS, up to a semicolon, is for the pools of that name alone; NAME may have * and ? in it:\n"
  "  FSMM_DEBUG=\"leaks,node*:poison,trace;Track:canary\"\n";

static const char monitor_word[] = "monitor";
static const char record_prefix[] = "record=";

/* Letters are those of English, whatever the locale: in Turkish, I is no capital of i. */
static FsmmDebugFlags
parse_flag (const char *word)
{
  g_autofree char *flag = g_strdelimit (g_ascii_strdown (word, -1), "_", '-');

  if (g_str_equal (flag, "all"))
    return ALL_FLAGS;

  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    if (g_str_equal (flag, keys[i].key))
      return keys[i].value;

  return 0;
}

/* The name of a file has no comma in it, but may have all else that separates flags. */
static gboolean
is_record (const char *word)
{
  return g_ascii_strncasecmp (word, record_prefix, strlen (record_prefix)) == 0;
}

static gboolean
is_for_process (const char *word)
{
  return is_record (word) || g_ascii_strcasecmp (word, monitor_word) == 0;
}

static gboolean
has_flag (const char *words)
{
  g_auto (GStrv) flags = g_strsplit_set (words, ": \t", -1);
  gboolean found = FALSE;

  for (gsize i = 0; flags[i] != NULL; i++)
    found |= parse_flag (flags[i]) != 0 || is_for_process (flags[i]);

  return found;
}

/* A flag, and whom it is for. */
typedef struct {
  char *pattern;    /* (nullable): NULL for all pools */
  const char *word; /* the flag */
} Entry;

/* Reads "FLAG" or "NAME:FLAG". Also "poison:canary", with the separator that other such variables
 * take, is a list of flags: then @word is left as it is. */
static void
read_name (Entry *entry, const char *word)
{
  const char *colon = strrchr (word, ':');
  g_autofree char *name = NULL;

  entry->word = word;
  if (colon == NULL)
    return;

  name = g_strstrip (g_strndup (word, colon - word));
  if (has_flag (name))
    return;

  g_free (entry->pattern);
  entry->pattern = g_steal_pointer (&name);
  entry->word = colon + 1;
}

typedef void (*EntryFunc) (const Entry *entry, gpointer user_data);

static void
for_each_flag (Entry *entry, EntryFunc func, gpointer user_data)
{
  g_auto (GStrv) flags = g_strsplit_set (entry->word, ": \t", -1);

  for (gsize i = 0; flags[i] != NULL; i++)
    if (*flags[i] != '\0')
      {
        entry->word = flags[i];
        func (entry, user_data);
      }
}

static void
for_each_word (const char *list, EntryFunc func, gpointer user_data)
{
  g_auto (GStrv) words = g_strsplit (list, ",", -1);
  Entry entry = { NULL, NULL };

  for (gsize i = 0; words[i] != NULL; i++)
    if (is_record (g_strstrip (words[i])))
      func (&(Entry) { NULL, words[i] }, user_data);
    else
      {
        read_name (&entry, words[i]);
        for_each_flag (&entry, func, user_data);
      }

  g_free (entry.pattern);
}

static void
for_each_entry (const char *text, EntryFunc func, gpointer user_data)
{
  g_auto (GStrv) lists = g_strsplit (text, ";", -1);

  for (gsize i = 0; lists[i] != NULL; i++)
    for_each_word (lists[i], func, user_data);
}

typedef struct {
  const char *pool_name; /* (nullable) */
  FsmmDebugFlags flags;
} Search;

/* GLib's patterns are for UTF-8, but names and variables may be anything. */
static gboolean
matches (const char *pattern, const char *name)
{
  g_autofree char *valid_pattern = g_utf8_make_valid (pattern, -1);
  g_autofree char *valid_name = g_utf8_make_valid (name, -1);

  return g_pattern_match_simple (valid_pattern, valid_name);
}

static void
add_if_meant (const Entry *entry, gpointer user_data)
{
  Search *search = user_data;

  if (entry->pattern == NULL ||
      (search->pool_name != NULL && matches (entry->pattern, search->pool_name)))
    search->flags |= parse_flag (entry->word);
}

/* The flags that @text has for a pool of that name. NULL: it has none. */
FsmmDebugFlags
fsmm_debug_parse (const char *text, const char *pool_name)
{
  Search search = { pool_name, 0 };

  for_each_entry (text, add_if_meant, &search);

  return search.flags;
}

static void
add_to_watch (const Entry *entry, gpointer user_data)
{
  FsmmDebugWatch *watch = user_data;

  if (entry->pattern != NULL)
    return;

  if (g_ascii_strcasecmp (entry->word, monitor_word) == 0)
    watch->is_shown = TRUE;
  if (is_record (entry->word) && entry->word[strlen (record_prefix)] != '\0')
    {
      g_free (watch->record);
      watch->record = g_strdup (entry->word + strlen (record_prefix));
    }
}

/* Fills @watch, which is to be cleared by freeing what it owns. */
void
fsmm_debug_parse_watch (const char *text, FsmmDebugWatch *watch)
{
  *watch = (FsmmDebugWatch) { FALSE, NULL };
  for_each_entry (text, add_to_watch, watch);
}

/* Says what is wrong with the variable, and helps where that is asked for. */
static void
check (const Entry *entry, gpointer user_data)
{
  g_autofree char *word = fsmm_text_escape (entry->word);

  if (g_ascii_strcasecmp (word, "help") == 0)
    g_printerr ("%s", help);
  else if (g_ascii_strcasecmp (word, record_prefix) == 0 || g_ascii_strcasecmp (word, "record") == 0)
    g_warning ("FSMM_DEBUG has \"%s\" without a file: it is \"record=FILE\"", word);
  else if (is_for_process (word) && entry->pattern != NULL)
    g_warning ("FSMM_DEBUG has \"%s\" for pools of one name, but it is for all or none: put it first",
               word);
  else if (!is_for_process (word) && parse_flag (word) == 0)
    g_warning ("FSMM_DEBUG has \"%s\", which is no flag; FSMM_DEBUG=help lists them", word);
}

/* The variable as it was when the first pool was made. What is wrong with it is said when that is
 * done: a handler of the message may make a pool, and other threads need not wait for it. */
static const char *
get_variable (void)
{
  static char *variable;
  static gsize is_read;

  if (fsmm_once_enter (&is_read))
    {
      const char *text = fsmm_process_is_privileged () ? NULL : g_getenv ("FSMM_DEBUG");

      variable = g_strdup (text != NULL ? text : "");
      fsmm_once_leave (&is_read);
      for_each_entry (variable, check, NULL);
    }

  return variable;
}

/* Returns: (transfer none): what the variable asks for about the process */
const FsmmDebugWatch *
fsmm_debug_get_watch (void)
{
  static FsmmDebugWatch watch;
  static gsize is_known;
  const char *variable = get_variable ();

  if (fsmm_once_enter (&is_known))
    {
      fsmm_debug_parse_watch (variable, &watch);
      fsmm_once_leave (&is_known);
    }

  return &watch;
}

/* What holds for a pool of that name, with what follows from one flag for the others. */
FsmmDebugFlags
fsmm_debug_get_flags (const char *pool_name)
{
  FsmmDebugFlags flags = fsmm_debug_parse (get_variable (), pool_name);

  /* The memory of a free block is not ours to look at then, nor is what lies behind one. */
  if (flags & FSMM_DEBUG_MALLOC)
    flags &= ~(FSMM_DEBUG_POISON | FSMM_DEBUG_CANARY | FSMM_DEBUG_QUARANTINE);
  else if (fsmm_sanitizers_are_there () && !(flags & FSMM_DEBUG_NO_TOOLS))
    flags |= FSMM_DEBUG_TOOLS;

  return flags & ~FSMM_DEBUG_NO_TOOLS;
}

/* The flags for blocks of the library's own, such as handles. Only sanitizers and Valgrind are told
 * of these, also where the user's blocks come from malloc (). */
FsmmDebugFlags
fsmm_debug_get_own_flags (void)
{
  FsmmDebugFlags flags = fsmm_debug_parse (get_variable (), NULL);

  return fsmm_sanitizers_are_there () && !(flags & FSMM_DEBUG_NO_TOOLS) ? FSMM_DEBUG_TOOLS : 0;
}

/* Returns: (transfer full): the names of the flags, with commas between them */
char *
fsmm_debug_list (FsmmDebugFlags flags)
{
  g_autoptr (GString) list = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    if (flags & keys[i].value)
      g_string_append_printf (list, "%s%s", list->len > 0 ? ", " : "", keys[i].key);

  return g_string_free (g_steal_pointer (&list), FALSE);
}
