/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "debug/fsmm-call-stack.h"

#include "base/fsmm-fork.h"
#include "base/fsmm-lock.h"
#include "debug/fsmm-symbols.h"

#include <string.h>

#ifdef HAVE_BACKTRACE
#include <execinfo.h>
#endif

/* As many as lead from a wrapper of a wrapper into an application's own code. */
#define MAX_FRAMES 24

struct _FsmmStack {
  char *description; /* (owned) (nullable) (atomic): once it has been asked for */
  guint hash;
  guint n_frames;
  gpointer frames[]; /* the innermost first */
};

/* A program takes its blocks in a few hundred places, but a million times: so each stack is kept
 * once. */
static GHashTable *stacks; /* (element-type FsmmStack) */

static guint
hash_frames (const gpointer *frames, guint n_frames)
{
  guint64 hash = n_frames;

  for (guint i = 0; i < n_frames; i++)
    hash = (hash ^ (guintptr) frames[i]) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);

  return (guint) (hash >> 32);
}

static guint
stack_hash (gconstpointer self)
{
  return ((const FsmmStack *) self)->hash;
}

static gboolean
stack_equal (gconstpointer a, gconstpointer b)
{
  const FsmmStack *one = a;
  const FsmmStack *other = b;

  return one->hash == other->hash && one->n_frames == other->n_frames &&
         memcmp (one->frames, other->frames, one->n_frames * sizeof (gpointer)) == 0;
}

static FsmmStack *
stack_new (gpointer *frames, guint n_frames)
{
  FsmmStack *self = g_malloc (sizeof *self + n_frames * sizeof (gpointer));

  self->description = NULL;
  self->hash = hash_frames (frames, n_frames);
  self->n_frames = n_frames;
  if (n_frames > 0)
    memcpy (self->frames, frames, n_frames * sizeof (gpointer));

  return self;
}

static const FsmmStack *
intern (FsmmStack *self)
{
  const FsmmStack *present;

  fsmm_lock (&fsmm_stacks_lock);
  present = g_hash_table_lookup (stacks, self);
  if (present == NULL)
    g_hash_table_add (stacks, self);
  fsmm_unlock (&fsmm_stacks_lock);

  if (present == NULL)
    return self;

  g_free (self);
  return present;
}

static void
ensure_stacks (void)
{
  static gsize initialized;

  if (fsmm_once_enter (&initialized))
    {
      stacks = g_hash_table_new (stack_hash, stack_equal);
      fsmm_once_leave (&initialized);
    }
}

/* The calls that have led here. No lock may be held. */
const FsmmStack *
fsmm_stack_capture (void)
{
  gpointer frames[MAX_FRAMES];
  int n_frames = 0;

#ifdef HAVE_BACKTRACE
  n_frames = backtrace (frames, MAX_FRAMES);
#endif

  ensure_stacks ();
  return intern (stack_new (frames, (guint) MAX (n_frames, 0)));
}

/* A sanitizer may have put a frame of its own before ours. */
static guint
find_first_outside (const FsmmStack *self, FsmmSymbols *symbols)
{
  guint first = 0;

  if (self->n_frames > 1 && fsmm_symbols_is_inside (symbols, self->frames[1]))
    first = 1;
  while (first < self->n_frames && fsmm_symbols_is_inside (symbols, self->frames[first]))
    first++;

  return first;
}

static char *
describe_calls (const FsmmStack *self)
{
  g_autoptr (GString) lines = g_string_new (NULL);
  FsmmSymbols *symbols = fsmm_symbols_open ();
  guint first = find_first_outside (self, symbols);

  for (guint i = first; i < self->n_frames; i++)
    {
      g_autofree char *call = fsmm_symbols_describe (symbols, self->frames[i]);

      g_string_append_printf (lines, "    %s\n", call);
    }
  if (first == self->n_frames)
    g_string_append (lines, "    (unknown)\n");

  fsmm_symbols_close (symbols);

  return g_strchomp (g_string_free (g_steal_pointer (&lines), FALSE));
}

/* A line for each call, the innermost first, without those within this library. To find out takes
 * a tenth of a second, and so is done once. */
const char *
fsmm_stack_describe (const FsmmStack *self)
{
  char **description = (char **) &self->description;
  char *found = __atomic_load_n (description, __ATOMIC_ACQUIRE);

  if (found == NULL)
    {
      char *mine = describe_calls (self);

      if (__atomic_compare_exchange_n (description, &found, mine, FALSE, __ATOMIC_ACQ_REL,
                                       __ATOMIC_ACQUIRE))
        found = mine;
      else
        g_free (mine);
    }

  return found;
}

static void
append_stack (GString *text, const char *what, const FsmmStack *stack)
{
  if (stack != NULL)
    g_string_append_printf (text, "\n  %s by:\n%s", what, fsmm_stack_describe (stack));
}

/* Returns: (transfer full): lines that can follow a sentence; "" where nothing is known */
char *
fsmm_history_describe (const FsmmHistory *self)
{
  g_autoptr (GString) text = g_string_new (NULL);

  append_stack (text, "it was taken", self->taken);
  append_stack (text, "it was freed", self->freed);

  return g_string_free (g_steal_pointer (&text), FALSE);
}
