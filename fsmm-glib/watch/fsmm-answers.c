/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "watch/fsmm-answers.h"

#include "fsmm-version.h"
#include "watch/fsmm-program-name.h"
#include "watch/fsmm-survey.h"

static void
add_pool (GVariantBuilder *builder, const FsmmFigures *figures)
{
  g_variant_builder_open (builder, G_VARIANT_TYPE_VARDICT);
  fsmm_figures_add_to (figures, builder);
  g_variant_builder_add (builder, "{sv}", "n-taken", g_variant_new_uint64 (figures->n_taken));
  if (figures->kind != FSMM_POOL_KIND_OBJECTS)
    g_variant_builder_add (builder, "{sv}", "resident-bytes",
                           g_variant_new_uint64 (figures->resident_bytes));
  g_variant_builder_close (builder);
}

static GVariant *
describe_pools (void)
{
  g_autoptr (GArray) figures = fsmm_survey_take (NULL);
  GVariantBuilder builder;

  fsmm_survey_add_resident (figures, NULL, NULL);
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < figures->len; i++)
    add_pool (&builder, &g_array_index (figures, FsmmFigures, i));

  return g_variant_builder_end (&builder);
}

static GVariant *
describe_process (void)
{
  gint64 now = g_get_monotonic_time ();
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&builder, "{sv}", "version", g_variant_new_string (FSMM_VERSION_S));
  g_variant_builder_add (&builder, "{sv}", "program",
                         g_variant_new_take_string (fsmm_program_dup_name ()));
  g_variant_builder_add (&builder, "{sv}", "time", g_variant_new_int64 (now));
  g_variant_builder_add (&builder, "{sv}", "pools", describe_pools ());

  return g_variant_builder_end (&builder);
}

static GVariant *
describe_chunks (guint64 id)
{
  char *map = fsmm_survey_draw (id);

  return map != NULL ? g_variant_new_take_string (map) : g_variant_new_string ("");
}

static GVariant *
find_answer (const FsmmAsk *ask)
{
  if (ask->magic != FSMM_PROTOCOL_MAGIC)
    return NULL;

  switch (ask->kind)
    {
    case FSMM_ASK_FIGURES:
      return describe_process ();
    case FSMM_ASK_MAP:
      return describe_chunks (ask->id);
    default:
      return NULL;
    }
}

GBytes *
fsmm_answer_to (const FsmmAsk *ask)
{
  g_autoptr (GVariant) found = find_answer (ask);

  if (found == NULL)
    return NULL;

  g_variant_ref_sink (found);

  return g_variant_get_data_as_bytes (found);
}
