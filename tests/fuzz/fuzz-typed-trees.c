/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fuzz-typed.h"

/* Instances that own others. */

static guint
depth_of (const FuzzInstance *instance)
{
  guint depth = 0;

  while (instance->parent != 0 && depth < FUZZ_MAX_TREE_DEPTH)
    {
      instance = &fuzz_instances[instance->parent];
      depth++;
    }

  return depth;
}

static guint
height_of (const FuzzThing *thing)
{
  guint height = 0;

  for (guint i = 0; i < 2; i++)
    if (thing->children[i] != NULL)
      height = MAX (height, 1 + height_of (thing->children[i]));

  return height;
}

/* One becomes the child of another of the same pool. */
void
fuzz_typed_attach (void)
{
  FuzzInstance *child = fuzz_instance_choose (NULL);
  FuzzInstance *parent = child != NULL ? fuzz_instance_choose (child->pool) : NULL;
  guint place = fuzz_input_below (2);

  if (child == NULL || parent == NULL || !fuzz_kind_has_clear (child->pool->kind) ||
      child->box != NULL || child->parent != 0 || fuzz_instance_root (parent) == child ||
      child->n_pins + parent->n_pins > 0 || parent->address->children[place] != NULL ||
      depth_of (parent) + height_of (child->address) + 1 >= FUZZ_MAX_TREE_DEPTH)
    return;

  parent->address->children[place] = child->address;
  child->parent = parent->address->id;
}

void
fuzz_typed_detach (void)
{
  FuzzInstance *parent = fuzz_instance_choose (NULL);
  guint place = fuzz_input_below (2);

  if (parent != NULL && parent->n_pins == 0 && parent->address->children[place] != NULL)
    {
      fuzz_instance_of (parent->address->children[place])->parent = 0;
      parent->address->children[place] = NULL;
    }
}
