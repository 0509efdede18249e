/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "xml-tree-mistakes.h"

static XmlMistake
make_mistake (FsmmTypedPool *pool, const char *what, gpointer pointer)
{
  XmlMistake mistake = { .what = what };

  fsmm_typed_pool_destroy (pool, pointer, &mistake.error);

  return mistake;
}

/* Makes an element and destroys it, and returns the pointer that is left. */
static gpointer
make_stale_pointer (FsmmTypedPool *pool, GError **error)
{
  gpointer element = fsmm_typed_pool_construct (pool, error);

  return element != NULL && fsmm_typed_pool_destroy (pool, element, error) ? element : NULL;
}

/* Destroys what must not be destroyed. @tree, whose nodes come from pools, stays as it is. Returns
 * FALSE with @error set if the pool of elements does not work, before or after. */
gboolean
xml_mistakes_make (XmlMistakes *self, XmlTree *tree, GError **error)
{
  FsmmTypedPool *pool = tree->pools->of[XML_KIND_ELEMENT];
  XmlElement on_stack;
  gpointer stale;

  *self = (XmlMistakes){ .n_live_before = fsmm_typed_pool_get_n_allocated (pool) };

  stale = make_stale_pointer (pool, error);
  if (stale == NULL)
    return FALSE;

  self->made[0] = make_mistake (pool, "An element that is free already", stale);
  self->made[1] = make_mistake (pool, "The middle of the root element", &tree->root->attributes);
  self->made[2] = make_mistake (pool, "A variable on the stack", &on_stack);

  if (make_stale_pointer (pool, error) == NULL)
    return FALSE;

  self->n_live_after = fsmm_typed_pool_get_n_allocated (pool);
  return TRUE;
}

void
xml_mistakes_clear (XmlMistakes *self)
{
  for (int i = 0; i < XML_N_MISTAKES; i++)
    g_clear_error (&self->made[i].error);
}
