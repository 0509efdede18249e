/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fuzz-typed.h"

#include <string.h>

/* Instances that belong to the code that has their address. */

/* --- Making --- */

/* While all are dropped, those that have been cleared may not be back yet. */
static FuzzEnds
expect_room (const FuzzTyped *pool)
{
  guint n_dropped = 0;

  if (pool->n_live >= pool->max_blocks)
    return FUZZ_CODE (EXHAUSTED);

  for (guint64 id = 1; id <= fuzz_n_instances && pool->n_drops > 0; id++)
    n_dropped += fuzz_instances[id].pool == pool && fuzz_instances[id].is_dropped;

  return pool->n_live + n_dropped >= pool->max_blocks ? FUZZ_SUCCESS | FUZZ_CODE (EXHAUSTED)
                                                      : FUZZ_SUCCESS;
}

/* What no function was called for gets its number here. */
static guint64
note_made (const FuzzMaking *making, FuzzThing *thing, const FuzzThing *source)
{
  FuzzInstance *instance;

  if (making->id == 0)
    {
      fuzz_check (source != NULL ? memcmp (thing, source, sizeof *thing) == 0
                                 : fuzz_is_zero ((const guint8 *) thing, sizeof *thing),
                  "what was made at %p are not the right bytes", thing);
      return fuzz_instance_add (making->pool, thing, FUZZ_LIVE);
    }

  instance = &fuzz_instances[making->id];
  fuzz_check (instance->address == thing, "what was made at %p was returned as %p",
              instance->address, thing);
  /* If the last reference to the pool was dropped meanwhile, it is dead already. */
  if (instance->state == FUZZ_MAKING)
    instance->state = FUZZ_LIVE;

  return making->id;
}

/* Returns the number of what was made, or 0. */
guint64
fuzz_typed_make_by (FuzzTyped *pool, const FuzzThing *source, const char *call, FuzzMakeFunc make)
{
  gboolean by_function =
      source != NULL ? fuzz_kind_has_clear (pool->kind) : fuzz_kind_has_init (pool->kind);
  FuzzMaking making = { .pool = pool };
  FuzzEnds expected = pool->is_disposed ? FUZZ_CODE (RELEASED) : expect_room (pool);
  GError *error = NULL;
  FuzzThing *thing;
  guint64 id = 0;

  if (!fuzz_instance_has_room ())
    return 0;

  if (pool->n_drops > 0)
    pool->peak_is_known = FALSE;
  fuzz_instance_pin (source, 1);
  fuzz_typed_enter (pool);
  fuzz_making = by_function ? &making : NULL;
  thing = make (pool, source, &error);
  fuzz_making = NULL;
  fuzz_instance_pin (source, -1);

  if (fuzz_has_failed ())
    expected |= FUZZ_CODE (NO_MEMORY);
  if (making.id != 0 && fuzz_instances[making.id].is_dropped)
    expected = pool->is_disposed ? FUZZ_SUCCESS | FUZZ_CODE (RELEASED) : FUZZ_CODE (RELEASED);
  fuzz_check_end (call, expected, thing != NULL, &error);

  if (thing != NULL)
    id = note_made (&making, thing, source);
  else
    fuzz_check (making.id == 0 || fuzz_instances[making.id].state == FUZZ_DEAD,
                "%s has failed, but what was made was not cleared", call);

  fuzz_typed_leave (pool);

  return id != 0 && fuzz_instances[id].state != FUZZ_DEAD ? id : 0;
}

static FuzzThing *
construct (FuzzTyped *pool, gconstpointer source, GError **error)
{
  return source != NULL ? fsmm_typed_pool_construct_copy (pool->pool, source, error)
                        : fsmm_typed_pool_construct (pool->pool, error);
}

void
fuzz_typed_construct (void)
{
  FuzzTyped *pool = fuzz_typed_choose ();
  guint n = fuzz_input_flag () ? fuzz_input_byte () : 1;

  for (guint i = 0; i < n && pool->pool != NULL; i++)
    fuzz_typed_make_by (pool, NULL, "fsmm_typed_pool_construct ()", construct);
}

/* NULL if there is no room. */
FuzzThing *
fuzz_typed_copy (FuzzTyped *pool, const FuzzThing *source)
{
  guint64 id = fuzz_typed_make_by (pool, source, "fsmm_typed_pool_construct_copy ()", construct);

  return id != 0 ? fuzz_instances[id].address : NULL;
}

void
fuzz_typed_construct_copy (void)
{
  FuzzInstance *source = fuzz_instance_choose (NULL);
  FuzzTyped *pool = fuzz_typed_choose ();

  if (source != NULL && pool->kind == source->pool->kind)
    fuzz_typed_copy (pool, source->address);
}

/* From the default pool. There, running out of memory ends the program. */
static FuzzThing *
boxed_copy (FuzzTyped *pool, gconstpointer source, GError **error)
{
  FuzzThing *copy;

  fuzz_has_failed ();
  pool->n_boxed_copies++;
  copy = g_boxed_copy (fuzz_kind_get_type (pool->kind), source);
  pool->n_boxed_copies--;

  return copy;
}

void
fuzz_typed_boxed_copy (void)
{
  FuzzInstance *source = fuzz_instance_choose (NULL);

  if (source != NULL)
    fuzz_typed_make_by (&fuzz_typed[source->pool->kind], source->address, "g_boxed_copy ()",
                        boxed_copy);
}

/* --- Clearing --- */

/* Chunks are not in this model. */
static FuzzEnds
expect_destroy (FuzzTyped *pool, gconstpointer address)
{
  const FuzzInstance *instance = fuzz_instance_find (address);

  if (address == NULL)
    return FUZZ_SUCCESS;
  if (instance != NULL && instance->pool != pool)
    return FUZZ_CODE (INVALID_POINTER);
  if (instance != NULL && instance->is_dropped)
    return instance->state == FUZZ_LIVE && instance->box == NULL
               ? FUZZ_SUCCESS
               : FUZZ_SUCCESS | FUZZ_CODE (INVALID_POINTER);
  if (instance != NULL && instance->state == FUZZ_LIVE)
    return instance->box == NULL ? FUZZ_SUCCESS : FUZZ_CODE (INVALID_POINTER);
  if (instance != NULL)
    return FUZZ_CODE (DOUBLE_FREE);

  return FUZZ_CODE (DOUBLE_FREE) | FUZZ_CODE (INVALID_POINTER) |
         (pool->n_drops > 0 ? FUZZ_SUCCESS : 0);
}

/* One that is not owned by another any more, and will be cleared. */
static FuzzInstance *
prepare (const FuzzTyped *pool, gpointer address)
{
  FuzzInstance *instance = fuzz_instance_find (address);

  if (instance == NULL || instance->pool != pool || instance->state != FUZZ_LIVE ||
      instance->is_dropped || instance->box != NULL)
    return NULL;

  for (guint i = 0; instance->parent != 0 && i < 2; i++)
    {
      const FuzzInstance *parent = &fuzz_instances[instance->parent];

      if (parent->state != FUZZ_DEAD && parent->address->children[i] == address)
        parent->address->children[i] = NULL;
    }
  instance->must_end = TRUE;

  return instance;
}

static gboolean
destroy_without_error (FuzzTyped *pool, gpointer address, guint how)
{
  if (how == 1)
    fsmm_free (address);
  else
    g_boxed_free (fuzz_kind_get_type (pool->kind), address);

  return TRUE;
}

/* By one of three functions. */
void
fuzz_typed_destroy_at (FuzzTyped *pool, gpointer address, guint how)
{
  FuzzEnds expected = expect_destroy (pool, address);
  FuzzInstance *present = fuzz_instance_find (address);
  FuzzState state = present != NULL ? present->state : FUZZ_DEAD;
  FuzzInstance *instance = prepare (pool, address);
  GError *error = NULL;

  fuzz_typed_enter (pool);

  /* The other two find the pool, and say nothing but a message. */
  if (how == 0 || (expected != FUZZ_SUCCESS && fuzz_typed_any_drops ()) || address == NULL)
    fuzz_check_end ("fsmm_typed_pool_destroy ()", expected,
                    fsmm_typed_pool_destroy (pool->pool, address, &error), &error);
  else if (expected == FUZZ_SUCCESS || present == NULL || present->pool == pool)
    {
      destroy_without_error (pool, address, how);
      fuzz_check_criticals (how == 1 ? "fsmm_free ()" : "g_boxed_free ()",
                            expected == FUZZ_SUCCESS ? 0 : 1);
    }

  if (instance != NULL && !fuzz_kind_has_clear (pool->kind))
    fuzz_instance_die (instance);
  fuzz_check (instance == NULL || instance->state == FUZZ_DEAD, "%p was destroyed, but not cleared",
              address);
  fuzz_check (instance != NULL || present == NULL || present->state == state,
              "what lives at %p was cleared, though it is not its turn", address);

  fuzz_typed_leave (pool);
}

/* Perhaps one that is dead, or is being made or cleared. */
static gpointer
choose_any_address (void)
{
  if (fuzz_n_instances == 0)
    return NULL;

  return fuzz_instances[1 + fuzz_input_below ((guint) fuzz_n_instances)].address;
}

static gpointer
choose_address (FuzzTyped *pool)
{
  FuzzInstance *instance;

  switch (fuzz_input_below (8))
    {
    case 0:
      return fuzz_foreign_address (fuzz_input_byte ());
    case 1:
      return choose_any_address ();
    case 2:
      instance = fuzz_instance_choose (pool);
      return instance != NULL ? (guint8 *) instance->address + 8 : NULL;
    case 3:
      instance = fuzz_instance_choose (NULL);
      break;
    default:
      instance = fuzz_instance_choose (pool);
    }

  return instance != NULL ? instance->address : NULL;
}

void
fuzz_typed_destroy (void)
{
  FuzzTyped *pool = fuzz_typed_choose ();
  gpointer address = choose_address (pool);
  const FuzzInstance *instance = fuzz_instance_find (address);

  if (instance == NULL || !fuzz_instance_is_pinned (instance))
    fuzz_typed_destroy_at (pool, address, fuzz_input_below (3));
}
