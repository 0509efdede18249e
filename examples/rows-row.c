/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "rows-row.h"

struct _Row {
  GObject parent_instance;
  FsmmBox *box; /* (owned) */
};

G_DEFINE_FINAL_TYPE (Row, row, G_TYPE_OBJECT)

static void
row_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  g_value_set_boxed (value, ROWS_ROW (object)->box);
}

static void
row_set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  ROWS_ROW (object)->box = g_value_dup_boxed (value);
}

static void
row_finalize (GObject *object)
{
  g_clear_pointer (&ROWS_ROW (object)->box, fsmm_box_unref);
  G_OBJECT_CLASS (row_parent_class)->finalize (object);
}

static void
row_class_init (RowClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = row_get_property;
  object_class->set_property = row_set_property;
  object_class->finalize = row_finalize;
  g_object_class_install_property (
      object_class, 1,
      g_param_spec_boxed ("box", NULL, NULL, FSMM_TYPE_BOX,
                          G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS));
}

static void
row_init (Row *self)
{
}

Row *
row_new (FsmmBox *box)
{
  return g_object_new (row_get_type (), "box", box, NULL);
}

/* Returns: (transfer none) (nullable): NULL once the document is closed */
Record *
row_get_record (Row *self)
{
  return record_from_box (self->box);
}
