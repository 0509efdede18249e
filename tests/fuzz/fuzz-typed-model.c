/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fuzz-typed.h"

FuzzTyped fuzz_typed[FUZZ_N_TYPED];
FuzzBox fuzz_boxes[FUZZ_N_BOXES];
FuzzInstance fuzz_instances[FUZZ_MAX_INSTANCES];
guint64 fuzz_n_instances;

FuzzTyped *
fuzz_typed_choose (void)
{
  guint first = fuzz_input_byte ();

  for (guint i = 0; i < FUZZ_N_TYPED; i++)
    {
      FuzzTyped *pool = &fuzz_typed[(first + i) % FUZZ_N_TYPED];

      if (pool->pool != NULL)
        return pool;
    }

  return NULL;
}

/* --- Instances --- */

/* One that is live in @pool, or anywhere where that is NULL. NULL if there is none. */
FuzzInstance *
fuzz_instance_choose (const FuzzTyped *pool)
{
  guint64 first = fuzz_n_instances > 0 ? fuzz_input_below ((guint) fuzz_n_instances) : 0;

  for (guint64 i = 0; i < fuzz_n_instances; i++)
    {
      FuzzInstance *self = &fuzz_instances[(first + i) % fuzz_n_instances + 1];

      if (self->state == FUZZ_LIVE && !self->is_dropped && (pool == NULL || self->pool == pool))
        return self;
    }

  return NULL;
}

/* What was made gets a number. */
guint64
fuzz_instance_add (FuzzTyped *pool, FuzzThing *address, FuzzState state)
{
  guint64 id = ++fuzz_n_instances;
  FuzzInstance *present = fuzz_instance_find (address);

  fuzz_check (id < FUZZ_MAX_INSTANCES, "the model has no room for an instance");
  fuzz_check (present == NULL, "%p was handed out, where number %" G_GUINT64_FORMAT " lives",
              address, present != NULL ? present->address->id : 0);

  fuzz_instances[id] = (FuzzInstance){ .state = state, .address = address, .pool = pool };
  pool->n_live++;
  pool->peak = MAX (pool->peak, pool->n_live);
  address->id = id;
  address->check = ~id;

  return id;
}

FuzzInstance *
fuzz_instance_of (const FuzzThing *thing)
{
  fuzz_check (thing->check == ~thing->id && thing->id > 0 && thing->id <= fuzz_n_instances,
              "there is no instance at %p, but %" G_GINT64_MODIFIER "x and %" G_GINT64_MODIFIER "x",
              thing, thing->id, thing->check);

  return &fuzz_instances[thing->id];
}

/* What is there now, or NULL. */
FuzzInstance *
fuzz_instance_find (gconstpointer address)
{
  for (guint64 id = fuzz_n_instances; id > 0; id--)
    if (fuzz_instances[id].address == address && fuzz_instances[id].state != FUZZ_DEAD)
      return &fuzz_instances[id];

  return NULL;
}

void
fuzz_instance_die (FuzzInstance *self)
{
  self->state = FUZZ_DEAD;
  if (!self->is_detached)
    self->pool->n_live--;
}

/* A little room is left, for what is made by the functions of those that are made. */
gboolean
fuzz_instance_has_room (void)
{
  return fuzz_n_instances + 100 < FUZZ_MAX_INSTANCES;
}

const FuzzInstance *
fuzz_instance_root (const FuzzInstance *self)
{
  while (self->parent != 0)
    self = &fuzz_instances[self->parent];

  return self;
}

/* What is being copied must not be cleared. */
void
fuzz_instance_pin (const FuzzThing *thing, gint n)
{
  if (thing == NULL)
    return;

  fuzz_instance_of (thing)->n_pins += n;
  for (guint i = 0; i < G_N_ELEMENTS (thing->children); i++)
    fuzz_instance_pin (thing->children[i], n);
}

/* Whether it, or something that it owns, is being copied. */
gboolean
fuzz_instance_is_pinned (const FuzzInstance *self)
{
  if (self->n_pins > 0)
    return TRUE;
  if (self->state != FUZZ_LIVE)
    return FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (self->address->children); i++)
    if (self->address->children[i] != NULL &&
        fuzz_instance_is_pinned (fuzz_instance_of (self->address->children[i])))
      return TRUE;

  return FALSE;
}

/* --- Pools --- */

gboolean
fuzz_typed_any_drops (void)
{
  for (guint i = 0; i < FUZZ_N_TYPED; i++)
    if (fuzz_typed[i].n_drops > 0)
      return TRUE;

  return FALSE;
}

gboolean
fuzz_typed_is_pinned (const FuzzTyped *pool)
{
  for (guint64 id = 1; id <= fuzz_n_instances; id++)
    if (fuzz_instances[id].pool == pool && fuzz_instances[id].n_pins > 0)
      return TRUE;

  return FALSE;
}

void
fuzz_typed_note_thread (FuzzTyped *pool)
{
  pool->threads |= 1U << fuzz_worker_current ();
}

/* All that live in the pool are dropped now. Returns how many there are. What is being made or
 * cleared at this moment must not go on with what it owns: that is cleared by itself. */
guint
fuzz_typed_note_drop (FuzzTyped *pool)
{
  guint n_dropped = 0;

  for (guint64 id = 1; id <= fuzz_n_instances; id++)
    {
      FuzzInstance *instance = &fuzz_instances[id];

      if (instance->pool != pool || instance->state == FUZZ_DEAD || instance->is_dropped)
        continue;

      instance->is_dropped = TRUE;
      instance->drop = pool->epoch + 1;
      n_dropped++;
      if (instance->state != FUZZ_LIVE)
        instance->address->children[0] = instance->address->children[1] = NULL;
    }

  pool->epoch++;
  return n_dropped;
}

gboolean
fuzz_typed_is_in_use (const FuzzTyped *pool)
{
  return pool->is_owned || pool->n_boxes > 0 || pool->n_refs > 0;
}

/* The call that drops the last reference disposes of the pool, unless a function of its user runs: then
 * that is done when the outermost call returns. */
void
fuzz_typed_end_if_unused (FuzzTyped *pool)
{
  if (pool->pool == NULL || fuzz_typed_is_in_use (pool))
    {
      fuzz_check (pool->pool == NULL || pool->weak != NULL, "a pool is gone that is in use");
      return;
    }
  if (pool->n_calls > 0)
    return;

  fuzz_check (pool->weak == NULL, "a pool is still there that nobody uses");
  for (guint64 id = 1; id <= fuzz_n_instances; id++)
    if (fuzz_instances[id].pool == pool && fuzz_instances[id].state != FUZZ_DEAD)
      {
        fuzz_check (!fuzz_kind_has_clear (pool->kind),
                    "number %" G_GUINT64_FORMAT " was not cleared when its pool ended", id);
        fuzz_instance_die (&fuzz_instances[id]);
      }
  pool->pool = NULL;
}

/* What an operation needs until it is done. */
void
fuzz_typed_ref (FuzzTyped *pool)
{
  g_object_ref (pool->pool);
  pool->n_refs++;
}

void
fuzz_typed_unref (FuzzTyped *pool)
{
  pool->n_refs--;
  fuzz_typed_drop_reference (pool);
}

/* One has just been taken off the model's figures. With the last one goes the pool. */
void
fuzz_typed_drop_reference (FuzzTyped *pool)
{
  if (!fuzz_typed_is_in_use (pool))
    pool->is_disposed = TRUE;

  /* With the pool, what lives in it is cleared. */
  pool->n_calls++;
  g_object_unref (pool->pool);
  pool->n_calls--;
  fuzz_typed_end_if_unused (pool);
}

void
fuzz_typed_enter (FuzzTyped *pool)
{
  pool->n_calls++;
  fuzz_typed_note_thread (pool);
}

void
fuzz_typed_leave (FuzzTyped *pool)
{
  pool->n_calls--;
  fuzz_typed_end_if_unused (pool);
}
