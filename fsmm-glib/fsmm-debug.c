/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "fsmm-debug-private.h"

#include "fsmm-tools-private.h"

#include <string.h>

static const GDebugKey keys[] = {
  { "poison", FSMM_DEBUG_POISON },         { "canary", FSMM_DEBUG_CANARY },
  { "quarantine", FSMM_DEBUG_QUARANTINE }, { "trace", FSMM_DEBUG_TRACE },
  { "leaks", FSMM_DEBUG_LEAKS },           { "malloc", FSMM_DEBUG_MALLOC },
  { "wipe", FSMM_DEBUG_WIPE },             { "no-tools", FSMM_DEBUG_NO_TOOLS },
};

/* What people mean who want to find a mistake, whatever it is. What "malloc" and "no-tools" are for
 * excludes that. */
#define ALL_FLAGS                                                                                  \
  (FSMM_DEBUG_POISON | FSMM_DEBUG_CANARY | FSMM_DEBUG_QUARANTINE | FSMM_DEBUG_TRACE |              \
   FSMM_DEBUG_LEAKS)

static const char help[] =
  "FSMM_DEBUG takes flags, with commas between them:\n"
  "  poison      fill free blocks; a write to one is reported when it is taken next\n"
  "  canary      put known bytes behind each block; an overrun is reported when it is freed\n"
  "  quarantine  do not hand out a freed block before 1024 others have been freed\n"
  "  trace       remember where each block was taken and freed, for all reports\n"
  "  leaks       report what is live when its pool is finalized and when the program exits\n"
  "  malloc      get each block from malloc, for tools that watch that\n"
  "  wipe        zero the memory of a block when it is freed\n"
  "  no-tools    do not tell AddressSanitizer and Valgrind which blocks are free\n"
  "  all         poison, canary, quarantine, trace and leaks\n"
  "  help        print this\n"
  "\n"
  "NAME:FLAGS is for the pools of that name alone; NAME may have * and ? in it. A semicolon comes\n"
  "between such lists: FSMM_DEBUG=\"leaks;node*:poison,trace\"\n";

static FsmmDebugFlags
parse_flag (const char *word)
{
  if (g_ascii_strcasecmp (word, "all") == 0)
    return ALL_FLAGS;
  /* This one would be answered by GLib, in its own way. */
  if (g_ascii_strcasecmp (word, "help") == 0)
    return 0;

  return g_parse_debug_string (word, keys, G_N_ELEMENTS (keys));
}

static FsmmDebugFlags
parse_flags (const char *list)
{
  g_auto (GStrv) words = g_strsplit_set (list, ", \t", -1);
  FsmmDebugFlags flags = 0;

  for (gsize i = 0; words[i] != NULL; i++)
    flags |= parse_flag (words[i]);

  return flags;
}

/* Splits "NAME:FLAGS", and returns the flags. @name is NULL where the list is for all pools: also
 * "poison:canary", with the separator that other such variables take, is one. */
static const char *
split_entry (const char *entry, char **name)
{
  const char *colon = strrchr (entry, ':');

  *name = NULL;
  if (colon == NULL)
    return entry;

  *name = g_strstrip (g_strndup (entry, colon - entry));
  if (parse_flag (*name) == 0)
    return colon + 1;

  g_clear_pointer (name, g_free);
  return entry;
}

/* The flags that @text has for a pool of that name. NULL: it has none. */
FsmmDebugFlags
fsmm_debug_parse (const char *text, const char *pool_name)
{
  g_auto (GStrv) entries = g_strsplit (text, ";", -1);
  FsmmDebugFlags flags = 0;

  for (gsize i = 0; entries[i] != NULL; i++)
    {
      g_autofree char *pattern = NULL;
      const char *list = split_entry (entries[i], &pattern);

      if (pattern == NULL ||
          (pool_name != NULL && g_pattern_match_simple (pattern, pool_name)))
        flags |= parse_flags (list);
    }

  return flags;
}

static void
complain (const char *word)
{
  g_warning ("FSMM_DEBUG has “%s”, which is no flag; FSMM_DEBUG=help lists them", word);
}

/* Says what is wrong with the variable, and helps where that is asked for. */
static void
check (const char *text)
{
  g_auto (GStrv) entries = g_strsplit (text, ";", -1);

  for (gsize i = 0; entries[i] != NULL; i++)
    {
      g_autofree char *pattern = NULL;
      g_auto (GStrv) words = g_strsplit_set (split_entry (entries[i], &pattern), ":, \t", -1);

      for (gsize k = 0; words[k] != NULL; k++)
        if (g_ascii_strcasecmp (words[k], "help") == 0)
          g_printerr ("%s", help);
        else if (*words[k] != '\0' && parse_flag (words[k]) == 0)
          complain (words[k]);
    }
}

/* The variable as it was when the first pool was made. */
static const char *
get_variable (void)
{
  static gsize variable;

  if (g_once_init_enter (&variable))
    {
      char *text = g_strdup (g_getenv ("FSMM_DEBUG"));

      if (text == NULL)
        text = g_strdup ("");
      check (text);
      g_once_init_leave (&variable, (gsize) text);
    }

  return (const char *) variable;
}

/* What holds for a pool of that name, with what follows from one flag for the others. */
FsmmDebugFlags
fsmm_debug_get_flags (const char *pool_name)
{
  FsmmDebugFlags flags = fsmm_debug_parse (get_variable (), pool_name);

  /* The memory of a free block is not ours to look at then, nor is what lies behind one. */
  if (flags & FSMM_DEBUG_MALLOC)
    flags &= ~(FSMM_DEBUG_POISON | FSMM_DEBUG_CANARY | FSMM_DEBUG_QUARANTINE);
  else if (fsmm_tools_are_there () && !(flags & FSMM_DEBUG_NO_TOOLS))
    flags |= FSMM_DEBUG_TOOLS;

  return flags & ~FSMM_DEBUG_NO_TOOLS;
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
