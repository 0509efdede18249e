/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "typed/fsmm-typed-pool-private.h"

#include "fsmm-typed-pool-wait.h"

#include "engine/heap/fsmm-leaks.h"
#include "pool/fsmm-user-call-private.h"

/**
 * FsmmTypedPool:
 *
 * A pool whose blocks are instances of one boxed type.
 *
 * It creates instances in blocks, and clears them when they are destroyed, one by one or all at
 * once. To do so, it must know the layout of the type: [func@Fsmm.DEFINE_BOXED_TYPE] defines a type
 * with a layout, [func@Fsmm.type_register_layout] adds one to an existing type, and `GValue`,
 * `GDate` and `GPollFD` already have theirs.
 *
 * ```c
 * g_autoptr (FsmmTypedPool) pool = fsmm_typed_pool_new (G_TYPE_DATE, 0, &error);
 * GDate *date = pool != NULL ? fsmm_typed_pool_construct (pool, &error) : NULL;
 *
 * if (date == NULL)
 *   g_error ("%s", error->message);
 *
 * g_date_set_year (date, 2000);
 * fsmm_typed_pool_destroy (pool, date, NULL);
 * ```
 *
 * An instance is owned either by the holder of its address, as with
 * [method@Fsmm.TypedPool.construct], or by a [struct@Fsmm.Box], as with
 * [method@Fsmm.TypedPool.alloc]. Languages without pointers use boxes.
 *
 * User functions (init, copy, clear) run without a lock: they may create and destroy other
 * instances of the same pool, and may drop the last reference to the pool. All functions of the
 * pool can be called from any thread.
 *
 * When the pool is finalized, instances that are still live are cleared. A box keeps its pool
 * alive; if you only have an address, keep the pool alive yourself.
 *
 * Since: 1.0
 */

typedef enum
{
  TYPED_PROP_ITEM_TYPE = 1,
  TYPED_PROP_NAME,
  TYPED_PROP_CHUNK_BYTES,
  TYPED_PROP_MAX_BLOCKS,
  TYPED_PROP_POOL,
  TYPED_PROP_N_ALLOCATED,
  TYPED_PROP_PEAK_ALLOCATED,
  TYPED_PROP_FLUSHING,
  TYPED_PROP_N_WAITING,
} FsmmTypedPoolProperty;

static GParamSpec *typed_props[TYPED_PROP_N_WAITING + 1];

static void fsmm_typed_pool_initable_iface_init (GInitableIface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (FsmmTypedPool,
                               fsmm_typed_pool,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_INITABLE,
                                                      fsmm_typed_pool_initable_iface_init))

static void
fsmm_typed_pool_init (FsmmTypedPool *self)
{
}

/* If the type is not supported, every call on the raw pool that can fail reports so. */
static void
fsmm_typed_pool_constructed (GObject *object)
{
  static const FsmmTypeLayout no_layout = { .size = 0 };
  FsmmTypedPool *self = FSMM_TYPED_POOL (object);
  g_autoptr (GError) error = NULL;

  self->layout = fsmm_type_require_layout (self->item_type, &error);
  if (self->layout == NULL)
    self->layout = &no_layout;

  self->pool = fsmm_pool_new_owned (self, fsmm_typed_pool_destroy_owned,
                                    fsmm_typed_pool_get_name (self), g_type_name (self->item_type),
                                    self->layout->size, self->layout->alignment, self->chunk_bytes,
                                    self->max_blocks, error);
  if (self->name == NULL)
    self->pool->unnamed = self;

  G_OBJECT_CLASS (fsmm_typed_pool_parent_class)->constructed (object);
}

static gboolean
fsmm_typed_pool_initable_init (GInitable *initable, GCancellable *cancellable, GError **error)
{
  FsmmTypedPool *self = FSMM_TYPED_POOL (initable);

  return g_initable_init (G_INITABLE (self->pool), cancellable, error);
}

static void
fsmm_typed_pool_initable_iface_init (GInitableIface *iface)
{
  iface->init = fsmm_typed_pool_initable_init;
}

/* Instances are cleared here, not in finalize, because clear functions may use the pool. If a clear
 * function that is running drops the last reference, its own instance comes first: the pool is
 * disposed of again after that. */
static void
fsmm_typed_pool_dispose (GObject *object)
{
  FsmmTypedPool *self = FSMM_TYPED_POOL (object);

  /* Boxes whose clear functions were left by a jump no longer keep the pool. */
  fsmm_user_call_verify (self);
  if (fsmm_keepers_outlive (&self->keepers, self))
    return;
  g_atomic_int_set (&self->disposed, TRUE);
  if (fsmm_user_call_outlive (self))
    return;

  if (self->pool->store.debug & FSMM_DEBUG_LEAKS)
    fsmm_leaks_report (&self->pool->store, "the pool was finalized");
  if (fsmm_keepers_is_last_reference (self))
    fsmm_heap_abandon_all_drops (&self->pool->store);
  fsmm_typed_pool_free_all (self);

  G_OBJECT_CLASS (fsmm_typed_pool_parent_class)->dispose (object);
}

static void
fsmm_typed_pool_finalize (GObject *object)
{
  FsmmTypedPool *self = FSMM_TYPED_POOL (object);

  self->pool->owner = NULL;
  g_object_unref (self->pool);
  g_free (self->name);

  G_OBJECT_CLASS (fsmm_typed_pool_parent_class)->finalize (object);
}

static void
fsmm_typed_pool_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  FsmmTypedPool *self = FSMM_TYPED_POOL (object);

  switch ((FsmmTypedPoolProperty) prop_id)
    {
    case TYPED_PROP_ITEM_TYPE:
      g_value_set_gtype (value, self->item_type);
      break;
    case TYPED_PROP_NAME:
      g_value_set_string (value, fsmm_typed_pool_get_name (self));
      break;
    case TYPED_PROP_CHUNK_BYTES:
      g_value_set_uint64 (value, fsmm_pool_get_chunk_bytes (self->pool));
      break;
    case TYPED_PROP_MAX_BLOCKS:
      g_value_set_uint64 (value, fsmm_typed_pool_get_max_blocks (self));
      break;
    case TYPED_PROP_POOL:
      g_value_set_object (value, self->pool);
      break;
    case TYPED_PROP_N_ALLOCATED:
      g_value_set_uint64 (value, fsmm_typed_pool_get_n_allocated (self));
      break;
    case TYPED_PROP_PEAK_ALLOCATED:
      g_value_set_uint64 (value, fsmm_typed_pool_get_peak_allocated (self));
      break;
    case TYPED_PROP_FLUSHING:
      g_value_set_boolean (value, fsmm_typed_pool_get_flushing (self));
      break;
    case TYPED_PROP_N_WAITING:
      g_value_set_uint (value, fsmm_typed_pool_get_n_waiting (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

/* The first time, the pool is not constructed yet. */
static void
set_limit_of_typed_pool (FsmmTypedPool *self, guint64 max_blocks)
{
  if (self->pool == NULL)
    self->max_blocks = max_blocks;
  else
    fsmm_typed_pool_set_max_blocks (self, (gsize) MIN (max_blocks, G_MAXSIZE));
}

static void
fsmm_typed_pool_set_property (GObject *object,
                              guint prop_id,
                              const GValue *value,
                              GParamSpec *pspec)
{
  FsmmTypedPool *self = FSMM_TYPED_POOL (object);

  switch ((FsmmTypedPoolProperty) prop_id)
    {
    case TYPED_PROP_ITEM_TYPE:
      self->item_type = g_value_get_gtype (value);
      break;
    case TYPED_PROP_NAME:
      self->name = g_value_dup_string (value);
      break;
    case TYPED_PROP_CHUNK_BYTES:
      self->chunk_bytes = g_value_get_uint64 (value);
      break;
    case TYPED_PROP_MAX_BLOCKS:
      set_limit_of_typed_pool (self, g_value_get_uint64 (value));
      break;
    case TYPED_PROP_FLUSHING:
      fsmm_typed_pool_set_flushing (self, g_value_get_boolean (value));
      break;
    case TYPED_PROP_N_WAITING:
    case TYPED_PROP_POOL:
    case TYPED_PROP_N_ALLOCATED:
    case TYPED_PROP_PEAK_ALLOCATED:
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
add_typed_pool_specs (void)
{
  const GParamFlags at_construction = G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY;

  /**
   * FsmmTypedPool:item-type: (getter get_item_type)
   *
   * The boxed type whose instances live in the pool.
   *
   * Since: 1.0
   */
  typed_props[TYPED_PROP_ITEM_TYPE] = g_param_spec_gtype ("item-type", NULL, NULL, G_TYPE_NONE,
                                                          at_construction | G_PARAM_STATIC_STRINGS);

  /**
   * FsmmTypedPool:name: (getter get_name)
   *
   * The name that error messages use for the pool: the name of its type, unless another one is set.
   * Messages tell pools without a name of their own apart by their addresses, and the default pool of
   * the type by saying so.
   *
   * Since: 1.0
   */
  typed_props[TYPED_PROP_NAME] =
      g_param_spec_string ("name", NULL, NULL, NULL, at_construction | G_PARAM_STATIC_STRINGS);

  /**
   * FsmmTypedPool:chunk-bytes:
   *
   * The usable size of a chunk in bytes: see [property@Fsmm.Pool:chunk-bytes].
   *
   * Since: 1.0
   */
  typed_props[TYPED_PROP_CHUNK_BYTES] = fsmm_param_spec_size ("chunk-bytes", at_construction);

  /**
   * FsmmTypedPool:max-blocks: (getter get_max_blocks) (setter set_max_blocks)
   *
   * The maximum number of instances that can be live at a time, or 0 for no limit. Until version 1.2
   * it could be set only when the pool was made.
   *
   * Since: 1.0
   */
  typed_props[TYPED_PROP_MAX_BLOCKS] = fsmm_param_spec_size (
      "max-blocks", G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_EXPLICIT_NOTIFY);

  /**
   * FsmmTypedPool:pool: (getter get_pool)
   *
   * The pool that holds the instances' blocks, for inspection: it refuses to hand out or take back
   * any block.
   *
   * Since: 1.0
   */
  typed_props[TYPED_PROP_POOL] = g_param_spec_object ("pool", NULL, NULL, FSMM_TYPE_POOL,
                                                      G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * FsmmTypedPool:n-allocated: (getter get_n_allocated)
   *
   * The number of instances that are currently live. `notify` is not emitted when this changes: see
   * [property@Fsmm.Pool:n-allocated].
   *
   * Since: 1.0
   */
  typed_props[TYPED_PROP_N_ALLOCATED] = fsmm_param_spec_size ("n-allocated", G_PARAM_READABLE);

  /**
   * FsmmTypedPool:peak-allocated: (getter get_peak_allocated)
   *
   * The highest number of instances that were ever live at a time. `notify` is not emitted when this
   * changes.
   *
   * Since: 1.0
   */
  typed_props[TYPED_PROP_PEAK_ALLOCATED] =
      fsmm_param_spec_size ("peak-allocated", G_PARAM_READABLE);

  /**
   * FsmmTypedPool:flushing: (getter get_flushing) (setter set_flushing)
   *
   * Whether every call that can wait for an instance fails: see [method@Fsmm.Pool.set_flushing].
   *
   * Since: 1.2
   */
  typed_props[TYPED_PROP_FLUSHING] =
      g_param_spec_boolean ("flushing", NULL, NULL, FALSE,
                            G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * FsmmTypedPool:n-waiting: (getter get_n_waiting)
   *
   * How many threads and requests wait for an instance. `notify` is not emitted when this changes.
   *
   * Since: 1.2
   */
  typed_props[TYPED_PROP_N_WAITING] = g_param_spec_uint ("n-waiting", NULL, NULL, 0, G_MAXUINT, 0,
                                                         G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
}

gpointer fsmm_typed_pool_class;

static void
fsmm_typed_pool_class_init (FsmmTypedPoolClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  fsmm_typed_pool_class = klass;
  object_class->constructed = fsmm_typed_pool_constructed;
  object_class->dispose = fsmm_typed_pool_dispose;
  object_class->finalize = fsmm_typed_pool_finalize;
  object_class->get_property = fsmm_typed_pool_get_property;
  object_class->set_property = fsmm_typed_pool_set_property;

  add_typed_pool_specs ();
  g_object_class_install_properties (object_class, G_N_ELEMENTS (typed_props), typed_props);
}

/**
 * fsmm_typed_pool_new: (constructor)
 * @item_type: the boxed type whose instances live in the pool
 * @chunk_bytes: the size of a chunk in bytes, at least 1024, or 0 for a good default
 * @error: return location for an error
 *
 * Creates a pool without a limit, named after its type.
 *
 * Errors: `FSMM_ERROR_UNSUPPORTED_TYPE` for a type that is not boxed or has no layout,
 * `FSMM_ERROR_INVALID_ARGUMENT` for a size outside these bounds.
 *
 * Returns: (transfer full): a new pool, or %NULL with @error set
 *
 * Since: 1.0
 */
FsmmTypedPool *
fsmm_typed_pool_new (GType item_type, gsize chunk_bytes, GError **error)
{
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return fsmm_typed_pool_new_full (NULL, item_type, chunk_bytes, 0, error);
}

/**
 * fsmm_typed_pool_new_full: (constructor)
 * @name: (nullable): the name that error messages use for the pool, or %NULL for the name of its
 *   type
 * @item_type: the boxed type whose instances live in the pool
 * @chunk_bytes: the size of a chunk in bytes, at least 1024, or 0 for a good default
 * @max_blocks: the maximum number of instances that can be live at a time, or 0 for no limit
 * @error: return location for an error
 *
 * Creates a pool, with all options.
 *
 * Errors: the same as [ctor@Fsmm.TypedPool.new].
 *
 * Returns: (transfer full): a new pool, or %NULL with @error set
 *
 * Since: 1.0
 */
FsmmTypedPool *
fsmm_typed_pool_new_full (const char *name,
                          GType item_type,
                          gsize chunk_bytes,
                          gsize max_blocks,
                          GError **error)
{
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return g_initable_new (FSMM_TYPE_TYPED_POOL, NULL, error,
                         "name", name,
                         "item-type", item_type,
                         "chunk-bytes", (guint64) chunk_bytes,
                         "max-blocks", (guint64) max_blocks,
                         NULL);
}

/**
 * fsmm_typed_pool_foreach: (skip)
 * @self: a typed pool
 * @func: (scope call): the function to call for each instance
 * @user_data: data to pass to @func
 *
 * Calls a function for each live instance: see [method@Fsmm.Pool.foreach].
 *
 * Since: 1.0
 */
void
fsmm_typed_pool_foreach (FsmmTypedPool *self, FsmmBlockFunc func, gpointer user_data)
{
  const FsmmFrame frame = FSMM_FRAME_HERE;

  g_return_if_fail (FSMM_IS_TYPED_POOL (self));
  g_return_if_fail (func != NULL);

  fsmm_user_call_begin (self, frame);
  fsmm_pool_foreach (self->pool, func, user_data);
  fsmm_user_call_end (frame);
}

/**
 * fsmm_typed_pool_get_item_type: (get-property item-type)
 * @self: a typed pool
 *
 * Gets the type whose instances live in the pool.
 *
 * Returns: a boxed type
 *
 * Since: 1.0
 */
GType
fsmm_typed_pool_get_item_type (FsmmTypedPool *self)
{
  g_return_val_if_fail (FSMM_IS_TYPED_POOL (self), G_TYPE_INVALID);

  return self->item_type;
}

/**
 * fsmm_typed_pool_get_pool: (get-property pool)
 * @self: a typed pool
 *
 * Gets the pool that holds the instances' blocks, to inspect its counts and chunks, to reserve or
 * to trim.
 *
 * It refuses to hand out or take back any block, with `FSMM_ERROR_INVALID_ARGUMENT`. If a call
 * cannot report an error, such as [method@Fsmm.Pool.free_all], a critical message is logged
 * instead.
 *
 * Returns: (transfer none): a pool
 *
 * Since: 1.0
 */
FsmmPool *
fsmm_typed_pool_get_pool (FsmmTypedPool *self)
{
  g_return_val_if_fail (FSMM_IS_TYPED_POOL (self), NULL);

  return self->pool;
}

/**
 * fsmm_typed_pool_get_name: (get-property name)
 * @self: a typed pool
 *
 * Gets the name that error messages use for the pool.
 *
 * Returns: (transfer none) (nullable): the name, which is that of the type if no other was given, or
 *   %NULL if the pool has not been initialized
 *
 * Since: 1.0
 */
const char *
fsmm_typed_pool_get_name (FsmmTypedPool *self)
{
  g_return_val_if_fail (FSMM_IS_TYPED_POOL (self), NULL);

  return self->name != NULL ? self->name : g_type_name (self->item_type);
}

/**
 * fsmm_typed_pool_get_max_blocks: (get-property max-blocks)
 * @self: a typed pool
 *
 * Gets the maximum number of instances that can be live at a time.
 *
 * Returns: a number of instances, or 0 for no limit
 *
 * Since: 1.0
 */
gsize
fsmm_typed_pool_get_max_blocks (FsmmTypedPool *self)
{
  g_return_val_if_fail (FSMM_IS_TYPED_POOL (self), 0);

  return fsmm_pool_get_max_blocks (self->pool);
}

/**
 * fsmm_typed_pool_get_n_allocated: (get-property n-allocated)
 * @self: a typed pool
 *
 * Gets the number of instances that are currently live.
 *
 * Returns: a number of instances
 *
 * Since: 1.0
 */
gsize
fsmm_typed_pool_get_n_allocated (FsmmTypedPool *self)
{
  g_return_val_if_fail (FSMM_IS_TYPED_POOL (self), 0);

  return fsmm_pool_get_n_allocated (self->pool);
}

/**
 * fsmm_typed_pool_get_peak_allocated: (get-property peak-allocated)
 * @self: a typed pool
 *
 * Gets the highest number of instances that were ever live at a time.
 *
 * Returns: a number of instances
 *
 * Since: 1.0
 */
gsize
fsmm_typed_pool_get_peak_allocated (FsmmTypedPool *self)
{
  g_return_val_if_fail (FSMM_IS_TYPED_POOL (self), 0);

  return fsmm_pool_get_peak_allocated (self->pool);
}
