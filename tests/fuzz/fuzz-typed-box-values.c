/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fuzz-typed.h"

/* Boxes that are set to something else. */

/* What may be set, or cannot be: the wrong type, nothing, the box's own instance. */
static void
init_value (GValue *value, FuzzBox *self, guint how, const FuzzInstance *source)
{
  FuzzKind kind = self->pool->kind;

  g_value_init (value, fuzz_kind_get_type (how == 0 ? (kind + 1) % FUZZ_N_KINDS : kind));
  if (how == 2 && fuzz_box_is_live (self))
    g_value_set_static_boxed (value, fuzz_box_get_instance (self)->address);
  else if (how > 2 && source != NULL)
    g_value_set_static_boxed (value, source->address);
}

/* The old one is cleared, and another is made in its place. */
static void
set_to_another (FuzzBox *self, const GValue *value)
{
  FuzzTyped *pool = self->pool;
  FuzzMaking making = { .pool = pool, .box = self };
  const FuzzThing *source = g_value_get_boxed (value);
  FuzzInstance *old = fuzz_box_get_instance (self);
  GError *error = NULL;
  gboolean done;

  fuzz_instance_pin (source, 1);
  self->n_sets++;
  old->must_end = TRUE;
  old->then = &making;
  done = fsmm_box_set_value (self->box, value, &error);
  fuzz_has_failed ();
  self->n_sets--;
  fuzz_instance_pin (source, -1);

  fuzz_check_end ("fsmm_box_set_value ()",
                  fuzz_box_is_live (self) ? FUZZ_SUCCESS : FUZZ_CODE (RELEASED), done, &error);

  if (!fuzz_kind_has_clear (pool->kind))
    {
      fuzz_instance_die (old);
      making.id = fuzz_instance_add (pool, old->address, FUZZ_LIVE);
      fuzz_instances[making.id].box = self;
    }
  fuzz_check (old->state == FUZZ_DEAD, "an instance was not cleared when its box was set");
  self->id = making.id;
  if (done)
    fuzz_box_get_instance (self)->state = FUZZ_LIVE;
  fuzz_check (done || fuzz_box_get_instance (self)->state == FUZZ_DEAD,
              "what a box could not be set to was not cleared");
}

static void
set_without_effect (FuzzBox *self, const GValue *value, FuzzEnds expected)
{
  GError *error = NULL;

  fuzz_check_end ("fsmm_box_set_value ()", expected, fsmm_box_set_value (self->box, value, &error),
                  &error);
}

void
fuzz_box_set_value (void)
{
  FuzzBox *self = fuzz_box_choose ();
  FuzzInstance *source = self != NULL ? fuzz_instance_choose (NULL) : NULL;
  GValue value = G_VALUE_INIT;

  if (self == NULL)
    return;
  if (source != NULL && source->pool->kind != self->pool->kind)
    source = NULL;

  init_value (&value, self, fuzz_input_below (16), source);
  fuzz_typed_note_thread (self->pool);
  if (g_value_get_boxed (&value) == NULL)
    set_without_effect (self, &value, FUZZ_CODE (INVALID_ARGUMENT));
  else if (!fuzz_box_is_live (self) || self->n_sets > 0)
    set_without_effect (self, &value, FUZZ_CODE (RELEASED));
  else if (g_value_get_boxed (&value) == fuzz_box_get_instance (self)->address)
    set_without_effect (self, &value, FUZZ_SUCCESS);
  else if (fuzz_box_may_end (self) && fuzz_instance_root (source) != fuzz_box_get_instance (self) &&
           fuzz_instance_has_room ())
    set_to_another (self, &value);
}
