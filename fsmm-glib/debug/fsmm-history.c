/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "debug/fsmm-history.h"

static void
append (GString *text, const char *what, const FsmmStack *stack)
{
  if (stack != NULL)
    g_string_append_printf (text, "\n  %s by:\n%s", what, fsmm_stack_describe (stack));
}

/* Returns: (transfer full): lines that can follow a sentence; "" where nothing is known */
char *
fsmm_history_describe (const FsmmHistory *self)
{
  g_autoptr (GString) text = g_string_new (NULL);

  append (text, "it was taken", self->taken);
  append (text, "it was freed", self->freed);

  return g_string_free (g_steal_pointer (&text), FALSE);
}
