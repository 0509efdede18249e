/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "monitor/fsmm-pool-info-private.h"

/**
 * FsmmPoolInfo:
 *
 * What an [class@Fsmm.Monitor] knows of one pool: a row of its list.
 *
 * The figures are those of the last [method@Fsmm.Monitor.refresh]; `notify` is emitted when it finds
 * others, for each once all of the row are new. A row does not keep its pool alive, and keeps its last
 * figures when the pool is gone.
 *
 * It belongs to the thread of its monitor.
 *
 * Since: 1.2
 */
struct _FsmmPoolInfo {
  GObject parent_instance;

  FsmmFigures figures; /* its name is owned */
  GType item_type;     /* G_TYPE_NONE: none */
  double alloc_rate;
};

typedef enum {
  INFO_PROP_ID = 1,
  INFO_PROP_NAME,
  INFO_PROP_KIND,
  INFO_PROP_ITEM_TYPE,
  INFO_PROP_ALLOC_SIZE,
  INFO_PROP_N_ALLOCATED,
  INFO_PROP_PEAK_ALLOCATED,
  INFO_PROP_MAX_BLOCKS,
  INFO_PROP_N_WAITING,
  INFO_PROP_RESERVED_BYTES,
  INFO_PROP_ALLOC_RATE,
} FsmmPoolInfoProperty;

static GParamSpec *info_props[INFO_PROP_ALLOC_RATE + 1];

G_DEFINE_FINAL_TYPE (FsmmPoolInfo, fsmm_pool_info, G_TYPE_OBJECT)

/* --- For the monitor --- */

/* Takes the name out of @figures. */
FsmmPoolInfo *
fsmm_pool_info_new (FsmmFigures *figures)
{
  FsmmPoolInfo *self = g_object_new (FSMM_TYPE_POOL_INFO, NULL);

  self->figures = *figures;
  figures->name = NULL;
  self->item_type = figures->type != NULL ? g_type_from_name (figures->type) : G_TYPE_NONE;

  return self;
}

static void
notify_if (FsmmPoolInfo *self, gboolean is_changed, FsmmPoolInfoProperty property)
{
  if (is_changed)
    g_object_notify_by_pspec (G_OBJECT (self), info_props[property]);
}

/* All are new before anybody is told of one, so there is no need to hold back what is told. */
void
fsmm_pool_info_update (FsmmPoolInfo *self, const FsmmFigures *figures, double seconds)
{
  const FsmmFigures old = self->figures;
  double old_rate = self->alloc_rate;

  self->figures.n_live = figures->n_live;
  self->figures.peak_live = figures->peak_live;
  self->figures.max_blocks = figures->max_blocks;
  self->figures.n_waiting = figures->n_waiting;
  self->figures.reserved_bytes = figures->reserved_bytes;
  /* Threads that are at work can make it seem less than before. */
  self->figures.n_taken = MAX (old.n_taken, figures->n_taken);
  self->alloc_rate = seconds > 0 ? (self->figures.n_taken - old.n_taken) / seconds : 0;

  notify_if (self, old.n_live != figures->n_live, INFO_PROP_N_ALLOCATED);
  notify_if (self, old.peak_live != figures->peak_live, INFO_PROP_PEAK_ALLOCATED);
  notify_if (self, old.max_blocks != figures->max_blocks, INFO_PROP_MAX_BLOCKS);
  notify_if (self, old.n_waiting != figures->n_waiting, INFO_PROP_N_WAITING);
  notify_if (self, old.reserved_bytes != figures->reserved_bytes, INFO_PROP_RESERVED_BYTES);
  notify_if (self, old_rate < self->alloc_rate || old_rate > self->alloc_rate, INFO_PROP_ALLOC_RATE);
}

const guint64 *
fsmm_pool_info_peek_id (FsmmPoolInfo *self)
{
  return &self->figures.id;
}

/* Adds a dictionary a{sv} to an array of these. */
void
fsmm_pool_info_add_stats (FsmmPoolInfo *self, GVariantBuilder *builder)
{
  g_variant_builder_open (builder, G_VARIANT_TYPE_VARDICT);
  fsmm_figures_add_to (&self->figures, builder);
  g_variant_builder_add (builder, "{sv}", "alloc-rate", g_variant_new_double (self->alloc_rate));
  g_variant_builder_close (builder);
}

/* --- The object --- */

static void
fsmm_pool_info_init (FsmmPoolInfo *self)
{
  self->item_type = G_TYPE_NONE;
}

static void
fsmm_pool_info_finalize (GObject *object)
{
  g_free (FSMM_POOL_INFO (object)->figures.name);

  G_OBJECT_CLASS (fsmm_pool_info_parent_class)->finalize (object);
}

static void
fsmm_pool_info_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  FsmmPoolInfo *self = FSMM_POOL_INFO (object);

  switch ((FsmmPoolInfoProperty) prop_id)
    {
    case INFO_PROP_ID:
      g_value_set_uint64 (value, fsmm_pool_info_get_id (self));
      break;
    case INFO_PROP_NAME:
      g_value_set_string (value, fsmm_pool_info_get_name (self));
      break;
    case INFO_PROP_KIND:
      g_value_set_enum (value, fsmm_pool_info_get_kind (self));
      break;
    case INFO_PROP_ITEM_TYPE:
      g_value_set_gtype (value, fsmm_pool_info_get_item_type (self));
      break;
    case INFO_PROP_ALLOC_SIZE:
      g_value_set_uint64 (value, fsmm_pool_info_get_alloc_size (self));
      break;
    case INFO_PROP_N_ALLOCATED:
      g_value_set_uint64 (value, fsmm_pool_info_get_n_allocated (self));
      break;
    case INFO_PROP_PEAK_ALLOCATED:
      g_value_set_uint64 (value, fsmm_pool_info_get_peak_allocated (self));
      break;
    case INFO_PROP_MAX_BLOCKS:
      g_value_set_uint64 (value, fsmm_pool_info_get_max_blocks (self));
      break;
    case INFO_PROP_N_WAITING:
      g_value_set_uint (value, fsmm_pool_info_get_n_waiting (self));
      break;
    case INFO_PROP_RESERVED_BYTES:
      g_value_set_uint64 (value, fsmm_pool_info_get_reserved_bytes (self));
      break;
    case INFO_PROP_ALLOC_RATE:
      g_value_set_double (value, fsmm_pool_info_get_alloc_rate (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

#define READ_FLAGS (G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)

static GParamSpec *
number_spec (const char *name)
{
  return g_param_spec_uint64 (name, NULL, NULL, 0, G_MAXUINT64, 0, READ_FLAGS);
}

static void
add_identity (void)
{
  /**
   * FsmmPoolInfo:id: (getter get_id)
   *
   * A number that no other pool of this process ever has.
   *
   * Since: 1.2
   */
  info_props[INFO_PROP_ID] = number_spec ("id");

  /**
   * FsmmPoolInfo:name: (getter get_name)
   *
   * The name of the pool, or %NULL.
   *
   * Since: 1.2
   */
  info_props[INFO_PROP_NAME] = g_param_spec_string ("name", NULL, NULL, NULL, READ_FLAGS);

  /**
   * FsmmPoolInfo:kind: (getter get_kind)
   *
   * What kind of pool it is.
   *
   * Since: 1.2
   */
  info_props[INFO_PROP_KIND] = g_param_spec_enum ("kind", NULL, NULL, FSMM_TYPE_POOL_KIND,
                                                  FSMM_POOL_KIND_RAW, READ_FLAGS);

  /**
   * FsmmPoolInfo:item-type: (getter get_item_type)
   *
   * The type of what lives in the pool, or that it lends, or `G_TYPE_NONE` for raw blocks.
   *
   * Since: 1.2
   */
  info_props[INFO_PROP_ITEM_TYPE] =
      g_param_spec_gtype ("item-type", NULL, NULL, G_TYPE_NONE, READ_FLAGS);

  /**
   * FsmmPoolInfo:alloc-size: (getter get_alloc_size)
   *
   * The size of a block in bytes, or 0 for a pool of objects.
   *
   * Since: 1.2
   */
  info_props[INFO_PROP_ALLOC_SIZE] = number_spec ("alloc-size");
}

static void
add_figures (void)
{
  /**
   * FsmmPoolInfo:n-allocated: (getter get_n_allocated)
   *
   * How many blocks are live, or how many objects are lent.
   *
   * Since: 1.2
   */
  info_props[INFO_PROP_N_ALLOCATED] = number_spec ("n-allocated");

  /**
   * FsmmPoolInfo:peak-allocated: (getter get_peak_allocated)
   *
   * The most that this number has ever been.
   *
   * Since: 1.2
   */
  info_props[INFO_PROP_PEAK_ALLOCATED] = number_spec ("peak-allocated");

  /**
   * FsmmPoolInfo:max-blocks: (getter get_max_blocks)
   *
   * The maximum number of blocks, or of objects, or 0 for no limit.
   *
   * Since: 1.2
   */
  info_props[INFO_PROP_MAX_BLOCKS] = number_spec ("max-blocks");

  /**
   * FsmmPoolInfo:n-waiting: (getter get_n_waiting)
   *
   * How many threads and requests wait.
   *
   * Since: 1.2
   */
  info_props[INFO_PROP_N_WAITING] =
      g_param_spec_uint ("n-waiting", NULL, NULL, 0, G_MAXUINT, 0, READ_FLAGS);

  /**
   * FsmmPoolInfo:reserved-bytes: (getter get_reserved_bytes)
   *
   * How many bytes the pool holds in chunks, or 0 for a pool of objects.
   *
   * Since: 1.2
   */
  info_props[INFO_PROP_RESERVED_BYTES] = number_spec ("reserved-bytes");

  /**
   * FsmmPoolInfo:alloc-rate: (getter get_alloc_rate)
   *
   * How many blocks were taken, or objects lent, in a second, between the last two refreshes. It can be
   * wrong by 64 blocks for each thread that takes some.
   *
   * Since: 1.2
   */
  info_props[INFO_PROP_ALLOC_RATE] =
      g_param_spec_double ("alloc-rate", NULL, NULL, 0, G_MAXDOUBLE, 0, READ_FLAGS);
}

static void
fsmm_pool_info_class_init (FsmmPoolInfoClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = fsmm_pool_info_finalize;
  object_class->get_property = fsmm_pool_info_get_property;

  add_identity ();
  add_figures ();
  g_object_class_install_properties (object_class, G_N_ELEMENTS (info_props), info_props);
}

/**
 * fsmm_pool_info_get_id: (get-property id)
 * @self: a row
 *
 * Gets a number that no other pool of this process ever has.
 *
 * Returns: a number
 *
 * Since: 1.2
 */
guint64
fsmm_pool_info_get_id (FsmmPoolInfo *self)
{
  g_return_val_if_fail (FSMM_IS_POOL_INFO (self), 0);

  return self->figures.id;
}

/**
 * fsmm_pool_info_get_name: (get-property name)
 * @self: a row
 *
 * Gets the name of the pool.
 *
 * Returns: (transfer none) (nullable): a name, or %NULL
 *
 * Since: 1.2
 */
const char *
fsmm_pool_info_get_name (FsmmPoolInfo *self)
{
  g_return_val_if_fail (FSMM_IS_POOL_INFO (self), NULL);

  return self->figures.name;
}

/**
 * fsmm_pool_info_get_kind: (get-property kind)
 * @self: a row
 *
 * Gets what kind of pool it is.
 *
 * Returns: a kind
 *
 * Since: 1.2
 */
FsmmPoolKind
fsmm_pool_info_get_kind (FsmmPoolInfo *self)
{
  g_return_val_if_fail (FSMM_IS_POOL_INFO (self), FSMM_POOL_KIND_RAW);

  return self->figures.kind;
}

/**
 * fsmm_pool_info_get_item_type: (get-property item-type)
 * @self: a row
 *
 * Gets the type of what lives in the pool, or that it lends.
 *
 * Returns: a type, or `G_TYPE_NONE`
 *
 * Since: 1.2
 */
GType
fsmm_pool_info_get_item_type (FsmmPoolInfo *self)
{
  g_return_val_if_fail (FSMM_IS_POOL_INFO (self), G_TYPE_NONE);

  return self->item_type;
}

/**
 * fsmm_pool_info_get_alloc_size: (get-property alloc-size)
 * @self: a row
 *
 * Gets the size of a block.
 *
 * Returns: a number of bytes, or 0 for a pool of objects
 *
 * Since: 1.2
 */
gsize
fsmm_pool_info_get_alloc_size (FsmmPoolInfo *self)
{
  g_return_val_if_fail (FSMM_IS_POOL_INFO (self), 0);

  return self->figures.alloc_size;
}

/**
 * fsmm_pool_info_get_n_allocated: (get-property n-allocated)
 * @self: a row
 *
 * Gets how many blocks are live, or how many objects are lent.
 *
 * Returns: a number
 *
 * Since: 1.2
 */
gsize
fsmm_pool_info_get_n_allocated (FsmmPoolInfo *self)
{
  g_return_val_if_fail (FSMM_IS_POOL_INFO (self), 0);

  return self->figures.n_live;
}

/**
 * fsmm_pool_info_get_peak_allocated: (get-property peak-allocated)
 * @self: a row
 *
 * Gets the most blocks that were ever live, or objects that were lent.
 *
 * Returns: a number
 *
 * Since: 1.2
 */
gsize
fsmm_pool_info_get_peak_allocated (FsmmPoolInfo *self)
{
  g_return_val_if_fail (FSMM_IS_POOL_INFO (self), 0);

  return self->figures.peak_live;
}

/**
 * fsmm_pool_info_get_max_blocks: (get-property max-blocks)
 * @self: a row
 *
 * Gets the maximum number of blocks or objects.
 *
 * Returns: a number, or 0 for no limit
 *
 * Since: 1.2
 */
gsize
fsmm_pool_info_get_max_blocks (FsmmPoolInfo *self)
{
  g_return_val_if_fail (FSMM_IS_POOL_INFO (self), 0);

  return self->figures.max_blocks;
}

/**
 * fsmm_pool_info_get_n_waiting: (get-property n-waiting)
 * @self: a row
 *
 * Gets how many threads and requests wait.
 *
 * Returns: a number
 *
 * Since: 1.2
 */
guint
fsmm_pool_info_get_n_waiting (FsmmPoolInfo *self)
{
  g_return_val_if_fail (FSMM_IS_POOL_INFO (self), 0);

  return self->figures.n_waiting;
}

/**
 * fsmm_pool_info_get_reserved_bytes: (get-property reserved-bytes)
 * @self: a row
 *
 * Gets how many bytes the pool holds in chunks.
 *
 * Returns: a number of bytes
 *
 * Since: 1.2
 */
gsize
fsmm_pool_info_get_reserved_bytes (FsmmPoolInfo *self)
{
  g_return_val_if_fail (FSMM_IS_POOL_INFO (self), 0);

  return self->figures.reserved_bytes;
}

/**
 * fsmm_pool_info_get_alloc_rate: (get-property alloc-rate)
 * @self: a row
 *
 * Gets how many blocks were taken, or objects lent, in a second.
 *
 * Returns: a number for each second
 *
 * Since: 1.2
 */
double
fsmm_pool_info_get_alloc_rate (FsmmPoolInfo *self)
{
  g_return_val_if_fail (FSMM_IS_POOL_INFO (self), 0);

  return self->alloc_rate;
}
