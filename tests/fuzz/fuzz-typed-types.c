/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fuzz-typed.h"

#include <string.h>

/* The types, and what runs in their blocks. */

FuzzMaking *fuzz_making;

/* --- User functions --- */

/* What takes the place of one that was dropped while it was cleared was dropped with it. */
static void
take_place (FuzzInstance *self, const FuzzInstance *old)
{
  self->is_dropped = old->is_dropped;
  self->drop = old->drop;
  self->is_detached = old->is_detached;
  if (self->is_detached)
    self->pool->n_live--;
}

static FuzzInstance *
begin_making (FuzzThing *self)
{
  FuzzMaking *making = g_steal_pointer (&fuzz_making);
  FuzzInstance *instance;
  guint peak;

  fuzz_check (making != NULL, "init or copy is called, and nobody makes anything");
  fuzz_check (fuzz_is_zero ((const guint8 *) self, sizeof *self),
              "what init or copy get is not zeroes");

  peak = making->pool->peak;
  making->id = fuzz_instance_add (making->pool, self, FUZZ_MAKING);
  instance = &fuzz_instances[making->id];
  instance->box = making->box;
  if (making->box != NULL)
    {
      take_place (instance, fuzz_box_get_instance (making->box));
      making->pool->peak = peak;
    }

  return instance;
}

static void
thing_init (FuzzThing *self)
{
  begin_making (self);
  fuzz_typed_meddle ();
}

/* A tree with all its children, in the same pool. There may not be room for all. */
static void
thing_copy (const FuzzThing *source, FuzzThing *self)
{
  FuzzInstance *instance = begin_making (self);

  for (guint i = 0; i < G_N_ELEMENTS (self->children); i++)
    if (source->children[i] != NULL)
      {
        FuzzThing *child = fuzz_typed_copy (instance->pool, source->children[i]);

        if (child != NULL)
          fuzz_instance_of (child)->parent = self->id;
        self->children[i] = child;
      }

  fuzz_typed_meddle ();
}

/* What a pool does as it is disposed of is not announced. If that was put off until a call ends,
 * what the call has made is whole. */
static void
note_disposal (FuzzInstance *instance)
{
  FuzzTyped *pool = instance->pool;

  if (!pool->is_disposed || instance->must_end || instance->is_dropped)
    return;

  for (guint64 id = 1; id <= fuzz_n_instances; id++)
    if (fuzz_instances[id].pool == pool && fuzz_instances[id].state == FUZZ_MAKING)
      fuzz_instances[id].state = FUZZ_LIVE;

  fuzz_typed_note_drop (pool);
  pool->n_drops++;
}

static void
thing_clear (FuzzThing *self)
{
  FuzzInstance *instance = fuzz_instance_of (self);

  fuzz_check (instance->address == self, "clear is called for what is at %p, but lives at %p", self,
              instance->address);
  fuzz_check (instance->state == FUZZ_LIVE || instance->state == FUZZ_MAKING,
              "clear is called for number %" G_GUINT64_FORMAT ", whose state is %d", self->id,
              instance->state);
  note_disposal (instance);
  fuzz_check (instance->must_end || instance->is_dropped ||
                  (instance->box != NULL && instance->box->is_released),
              "clear is called for number %" G_GUINT64_FORMAT ", which nobody has destroyed",
              self->id);
  fuzz_check (instance->n_pins == 0,
              "clear is called for number %" G_GUINT64_FORMAT ", which is being copied", self->id);
  instance->state = FUZZ_CLEARING;

  for (guint i = 0; i < G_N_ELEMENTS (self->children); i++)
    if (self->children[i] != NULL)
      fuzz_typed_destroy_at (instance->pool, g_steal_pointer (&self->children[i]), self->id % 3);

  fuzz_typed_meddle ();

  fuzz_instance_die (instance);
  fuzz_making = instance->then;
  memset (self, 0xdd, sizeof *self);
}

static char *
thing_to_string (const FuzzThing *self)
{
  return g_strdup_printf ("number %" G_GUINT64_FORMAT, self->id);
}

/* --- Types --- */

typedef FuzzThing FuzzTree;
typedef FuzzThing FuzzMaker;
typedef FuzzThing FuzzPlain;

GType fuzz_tree_get_type (void);
GType fuzz_maker_get_type (void);
GType fuzz_plain_get_type (void);

FSMM_DEFINE_BOXED_TYPE (FuzzTree, fuzz_tree, thing_copy, thing_clear)
FSMM_DEFINE_BOXED_TYPE_EXTENDED (
    FuzzMaker, fuzz_maker, thing_init, thing_copy, thing_clear, thing_to_string, {})
FSMM_DEFINE_BOXED_TYPE (FuzzPlain, fuzz_plain, NULL, NULL)

GType
fuzz_kind_get_type (FuzzKind kind)
{
  switch (kind)
    {
    case FUZZ_TREE:
      return fuzz_tree_get_type ();
    case FUZZ_MAKER:
      return fuzz_maker_get_type ();
    case FUZZ_PLAIN:
    case FUZZ_N_KINDS:
    default:
      return fuzz_plain_get_type ();
    }
}

gboolean
fuzz_kind_has_clear (FuzzKind kind)
{
  return kind != FUZZ_PLAIN;
}

gboolean
fuzz_kind_has_init (FuzzKind kind)
{
  return kind == FUZZ_MAKER;
}
