/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fuzz-typed.h"

/* Instances that are owned by boxes. */

FuzzBox *
fuzz_box_choose (void)
{
  guint first = fuzz_input_byte ();

  for (guint i = 0; i < FUZZ_N_BOXES; i++)
    {
      FuzzBox *self = &fuzz_boxes[(first + i) % FUZZ_N_BOXES];

      if (self->box != NULL)
        return self;
    }

  return NULL;
}

/* --- Making --- */

static FuzzBox *made; /* in whose place the next one goes */

static FuzzThing *
box_by_pool (FuzzTyped *pool, gconstpointer source, GError **error)
{
  FuzzBox *self = g_steal_pointer (&made);

  if (source == NULL)
    self->box = fsmm_typed_pool_alloc (pool->pool, error);
  else
    {
      GValue value = G_VALUE_INIT;

      g_value_init (&value, fuzz_kind_get_type (pool->kind));
      g_value_set_static_boxed (&value, source);
      self->box = fsmm_typed_pool_alloc_value (pool->pool, &value, error);
    }

  return self->box != NULL ? fsmm_box_get (self->box) : NULL;
}

/* Where another box can be, or NULL. */
static FuzzBox *
find_place (void)
{
  for (FuzzBox *self = fuzz_boxes; self < fuzz_boxes + FUZZ_N_BOXES; self++)
    if (self->n_refs == 0)
      return self;

  return NULL;
}

static void
make (FuzzTyped *pool, const FuzzThing *source)
{
  FuzzBox *self = find_place ();

  if (self == NULL)
    return;

  /* The place is taken from here on, though there is no box yet. */
  *self = (FuzzBox){ .pool = pool, .n_refs = 1, .epoch = pool->epoch };
  /* Who asks for a box needs the pool afterwards. */
  fuzz_typed_ref (pool);
  made = self;
  self->id = fuzz_typed_make_by (
      pool, source, source != NULL ? "fsmm_typed_pool_alloc_value ()" : "fsmm_typed_pool_alloc ()",
      box_by_pool);
  made = NULL;

  if (self->box != NULL)
    {
      fuzz_box_get_instance (self)->box = self;
      pool->n_boxes++;
    }
  else
    self->n_refs = 0;
  fuzz_typed_unref (pool);
}

void
fuzz_box_alloc (void)
{
  make (fuzz_typed_choose (), NULL);
}

void
fuzz_box_alloc_value (void)
{
  FuzzInstance *source = fuzz_instance_choose (NULL);
  FuzzTyped *pool = fuzz_typed_choose ();

  if (source != NULL && pool->kind == source->pool->kind)
    make (pool, source->address);
}

/* --- Letting go --- */

/* The call in which it is set, if there is one, ends it. */
static gboolean
begin_end (FuzzBox *self)
{
  gboolean ends = fuzz_box_is_live (self) && self->n_sets == 0;

  if (ends)
    fuzz_box_get_instance (self)->must_end = TRUE;
  self->is_released = TRUE;

  return ends;
}

static void
end_end (FuzzBox *self, gboolean ends)
{
  FuzzInstance *instance = fuzz_box_get_instance (self);

  if (ends && !fuzz_kind_has_clear (self->pool->kind))
    fuzz_instance_die (instance);
  fuzz_check (!ends || instance->state == FUZZ_DEAD, "a box was dropped, but its instance was not");
}

gboolean
fuzz_box_may_end (const FuzzBox *self)
{
  return !fuzz_box_is_live (self) || !fuzz_instance_is_pinned (fuzz_box_get_instance (self));
}

void
fuzz_box_ref (void)
{
  FuzzBox *self = fuzz_box_choose ();

  if (self != NULL && self->n_refs < 3)
    {
      fuzz_check (fsmm_box_ref (self->box) == self->box, "fsmm_box_ref () returns another");
      self->n_refs++;
    }
}

/* A box is there until its instance has been cleared, but has no other owner. */
static void
unref_last (FuzzBox *self)
{
  FuzzTyped *pool = self->pool;
  FuzzBox last = *self;
  FsmmBox *box = g_steal_pointer (&self->box);
  gboolean ends;

  fuzz_typed_ref (pool);
  fuzz_typed_enter (pool);
  ends = begin_end (self);
  fsmm_box_unref (box);
  end_end (&last, ends);
  self->n_refs = 0;
  pool->n_boxes--;
  fuzz_typed_leave (pool);
  fuzz_typed_unref (pool);
}

/* With its last box goes a pool that has no other owner, and then all that lives there. */
static gboolean
pool_may_end (const FuzzTyped *pool)
{
  return pool->is_owned || pool->n_boxes > 1 || !fuzz_typed_is_pinned (pool);
}

/* Who is in a call has a reference. */
static void
unref (FuzzBox *self)
{
  if (self->n_refs > 1)
    {
      self->n_refs--;
      fsmm_box_unref (self->box);
    }
  else if (self->n_sets == 0 && self->n_drops == 0 && fuzz_box_may_end (self) &&
           pool_may_end (self->pool))
    unref_last (self);
}

void
fuzz_box_drop (void)
{
  FuzzBox *self = fuzz_box_choose ();
  gboolean ends;

  if (self == NULL || !fuzz_box_may_end (self))
    return;

  self->n_drops++;
  fuzz_typed_enter (self->pool);
  ends = begin_end (self);
  fsmm_box_drop (self->box);
  end_end (self, ends);
  fuzz_typed_leave (self->pool);
  self->n_drops--;
}

void
fuzz_box_unref (void)
{
  FuzzBox *self = fuzz_box_choose ();

  if (self != NULL)
    unref (self);
}

/* What no box owns goes into one, and not into another one after that. */
static void
take (FuzzInstance *instance)
{
  FuzzTyped *pool = instance->pool;
  FuzzEnds expected = pool->is_disposed ? FUZZ_CODE (RELEASED) : FUZZ_SUCCESS;
  FuzzBox *self = find_place ();
  GError *error = NULL;

  if (self == NULL)
    return;

  fuzz_has_failed ();
  self->box = fsmm_box_new_take (pool->pool, instance->address, &error);
  if (fuzz_has_failed ())
    expected |= FUZZ_CODE (NO_MEMORY);
  fuzz_check_end ("fsmm_box_new_take ()", expected, self->box != NULL, &error);
  if (self->box == NULL)
    return;

  *self = (FuzzBox){ self->box, pool, instance->address->id, .n_refs = 1, .epoch = pool->epoch };
  instance->box = self;
  pool->n_boxes++;
  fuzz_check (fsmm_box_new_take (pool->pool, instance->address, &error) == NULL,
              "%p is in two boxes", instance->address);
  fuzz_check_end ("fsmm_box_new_take () again", FUZZ_CODE (INVALID_POINTER) | FUZZ_CODE (NO_MEMORY),
                  FALSE, &error);
}

void
fuzz_box_steal (void)
{
  FuzzBox *self = fuzz_box_choose ();
  gpointer expected, stolen;

  if (self == NULL || !fuzz_box_may_end (self))
    return;

  expected =
      fuzz_box_is_live (self) && self->n_sets == 0 ? fuzz_box_get_instance (self)->address : NULL;
  stolen = fsmm_box_steal (self->box);
  fuzz_check (stolen == expected, "fsmm_box_steal () must return %p, but returned %p", expected,
              stolen);
  if (self->n_sets == 0)
    self->is_released = TRUE;
  if (stolen == NULL)
    return;

  fuzz_box_get_instance (self)->box = NULL;
  if (fuzz_input_byte () % 2 == 0)
    take (fuzz_box_get_instance (self));
}

/* --- Looking --- */

void
fuzz_box_look (void)
{
  FuzzBox *self = fuzz_box_choose ();
  FuzzThing *expected;
  const GValue *value;
  GError *error = NULL;
  char *text;

  if (self == NULL)
    return;

  expected = fuzz_box_is_live (self) ? fuzz_box_get_instance (self)->address : NULL;
  fuzz_check (fsmm_box_is_live (self->box) == (expected != NULL), "fsmm_box_is_live () is not %d",
              expected != NULL);
  fuzz_check (fsmm_box_get (self->box) == expected, "fsmm_box_get () must return %p", expected);

  value = fsmm_box_peek (self->box, &error);
  fuzz_check (value == NULL || g_value_get_boxed (value) == expected,
              "fsmm_box_peek () must have %p", expected);
  fuzz_check_end ("fsmm_box_peek ()", expected != NULL ? FUZZ_SUCCESS : FUZZ_CODE (RELEASED),
                  value != NULL, &error);

  text = fsmm_box_to_string (self->box);
  fuzz_check (text != NULL, "fsmm_box_to_string () returned NULL");
  g_free (text);
}

void
fuzz_box_end_all (void)
{
  for (guint i = 0; i < FUZZ_N_BOXES; i++)
    while (fuzz_boxes[i].box != NULL)
      unref (&fuzz_boxes[i]);
}
