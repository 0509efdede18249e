/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "watch/fsmm-figures.h"

const char *
fsmm_figures_get_nick (const FsmmFigures *self)
{
  GEnumClass *klass = g_type_class_ref (FSMM_TYPE_POOL_KIND);
  const char *nick = g_enum_get_value (klass, self->kind)->value_nick;

  g_type_class_unref (klass);

  return nick;
}

/* Returns: (transfer full) (nullable): in UTF-8, whatever the program has given it */
char *
fsmm_figures_dup_name (const FsmmFigures *self)
{
  return self->name != NULL ? g_utf8_make_valid (self->name, -1) : NULL;
}

static void
add_number (GVariantBuilder *builder, const char *key, guint64 number)
{
  g_variant_builder_add (builder, "{sv}", key, g_variant_new_uint64 (number));
}

void
fsmm_figures_add_to (const FsmmFigures *self, GVariantBuilder *builder)
{
  char *name = fsmm_figures_dup_name (self);

  add_number (builder, "id", self->id);
  if (name != NULL)
    g_variant_builder_add (builder, "{sv}", "name", g_variant_new_take_string (name));
  g_variant_builder_add (builder, "{sv}", "kind", g_variant_new_string (fsmm_figures_get_nick (self)));
  if (self->type != NULL)
    g_variant_builder_add (builder, "{sv}", "item-type", g_variant_new_string (self->type));
  add_number (builder, "alloc-size", self->alloc_size);
  add_number (builder, "n-allocated", self->n_live);
  add_number (builder, "peak-allocated", self->peak_live);
  add_number (builder, "max-blocks", self->max_blocks);
  g_variant_builder_add (builder, "{sv}", "n-waiting", g_variant_new_uint32 (self->n_waiting));
  add_number (builder, "reserved-bytes", self->reserved_bytes);
}
