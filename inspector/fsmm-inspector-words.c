/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fsmm-inspector-words.h"

#include "fsmm-inspector-history.h"

/* Names are what programs made of them. */
char *
fsmm_inspector_dup_name (FsmmPoolInfo *info)
{
  const char *name = fsmm_pool_info_get_name (info);

  if (name != NULL)
    return g_utf8_make_valid (name, -1);

  return g_strdup (fsmm_pool_info_get_kind (info) == FSMM_POOL_KIND_HANDLES ? "(handles)"
                                                                            : "(no name)");
}

char *
fsmm_inspector_dup_type (FsmmPoolInfo *info)
{
  GType type = fsmm_pool_info_get_item_type (info);

  switch (fsmm_pool_info_get_kind (info))
    {
    case FSMM_POOL_KIND_TYPED:
      return g_strdup (g_type_name (type));
    case FSMM_POOL_KIND_OBJECTS:
      return g_strdup_printf ("%s, lent", g_type_name (type));
    case FSMM_POOL_KIND_RAW:
    case FSMM_POOL_KIND_HANDLES:
    default:
      return g_strdup_printf ("%" G_GSIZE_FORMAT " bytes", fsmm_pool_info_get_alloc_size (info));
    }
}

/* A pool of objects has no memory of its own. */
char *
fsmm_inspector_dup_memory (FsmmPoolInfo *info)
{
  if (fsmm_pool_info_get_kind (info) == FSMM_POOL_KIND_OBJECTS)
    return g_strdup ("—");

  return g_format_size_full (fsmm_pool_info_get_reserved_bytes (info), G_FORMAT_SIZE_IEC_UNITS);
}

/* What the table has no room for: what matters most first, because not all of it may be seen. */
char *
fsmm_inspector_dup_summary (FsmmPoolInfo *info)
{
  GString *text = g_string_new (NULL);
  g_autofree char *growth = fsmm_inspector_history_dup_growth (fsmm_inspector_history_of (info));

  if (growth != NULL)
    g_string_append_printf (text, "%s  ·  ", growth);
  if (fsmm_pool_info_get_n_waiting (info) > 0)
    g_string_append_printf (text, "%u waiting  ·  ", fsmm_pool_info_get_n_waiting (info));
  g_string_append_printf (text, "%.0f taken per second", fsmm_pool_info_get_alloc_rate (info));

  return g_string_free (text, FALSE);
}

/* A pool of objects has no chunks, and the library's own pool is nobody's to be looked into. */
char *
fsmm_inspector_dup_description (FsmmPoolInfo *info)
{
  g_autoptr (FsmmPool) pool = fsmm_pool_info_dup_pool (info);
  g_autofree char *text = pool != NULL ? fsmm_pool_dump (pool) : NULL;

  if (text != NULL)
    return g_utf8_make_valid (text, -1);

  switch (fsmm_pool_info_get_kind (info))
    {
    case FSMM_POOL_KIND_OBJECTS:
      return g_strdup ("This pool lends objects. It has no chunks.\n");
    case FSMM_POOL_KIND_HANDLES:
      return g_strdup ("The memory of all handles, which is the library's own.\n");
    case FSMM_POOL_KIND_RAW:
    case FSMM_POOL_KIND_TYPED:
    default:
      return g_strdup ("This pool is gone.\n");
    }
}

char *
fsmm_inspector_dup_totals (GListModel *pools)
{
  guint n_pools = g_list_model_get_n_items (pools);
  gsize n_bytes = 0;
  g_autofree char *bytes = NULL;

  for (guint i = 0; i < n_pools; i++)
    {
      g_autoptr (FsmmPoolInfo) info = g_list_model_get_item (pools, i);

      n_bytes += fsmm_pool_info_get_reserved_bytes (info);
    }
  bytes = g_format_size_full (n_bytes, G_FORMAT_SIZE_IEC_UNITS);

  return g_strdup_printf ("%u pool%s  ·  %s in chunks", n_pools, n_pools == 1 ? "" : "s", bytes);
}
