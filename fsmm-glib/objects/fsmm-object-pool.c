/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "objects/fsmm-object-pool-private.h"

#include "objects/fsmm-object-leaks.h"
#include "objects/fsmm-object-registry.h"
#include "watch/fsmm-watch.h"

/**
 * FsmmObjectPool:
 *
 * Lends objects that are dear to make, and that can be used again: connections, players, web views,
 * helper processes, widgets of unusual kinds.
 *
 * Whoever needs an object borrows it, and gets a [struct@Fsmm.Lease]. When that is released, the
 * object is reset, and lent to the next one, unless other code still holds a reference to it: then it
 * lingers until that is dropped.
 *
 * ```c
 * g_autoptr (FsmmObjectPool) pool = fsmm_object_pool_new (G_TYPE_SOCKET_CLIENT, 4);
 * g_autoptr (FsmmLease) lease = fsmm_object_pool_borrow_wait (pool, 5 * G_USEC_PER_SEC, NULL, &error);
 *
 * if (lease == NULL)
 *   g_error ("%s", error->message);
 *
 * g_socket_client_set_timeout (G_SOCKET_CLIENT (fsmm_lease_get_object (lease)), 30);
 * fsmm_lease_release (lease, NULL);
 * ```
 *
 * Where objects come from: the function of [method@Fsmm.ObjectPool.set_create_func], if there is one;
 * else a handler of [signal@Fsmm.ObjectPool::needs-object], if there is one, which may take its time;
 * else `g_object_new ()`, if the type can be made by that; and [method@Fsmm.ObjectPool.add] in any case.
 *
 * It is not worth it for an object that is cheap to make, and not needed for rows of a `GtkListView`,
 * which that uses again by itself. [Pools of objects](pools-of-objects.html) says more about that, and
 * about what can go wrong.
 *
 * All functions can be called from any thread, and functions of the program run without a lock: in the
 * thread that borrows or releases, and else in the main context that was the thread's default when the
 * pool was made, or in the default one once that has ended. A lease keeps its pool alive.
 *
 * Since: 1.2
 */

/* clang-format off */
G_DEFINE_ENUM_TYPE (FsmmSharing, fsmm_sharing,
  G_DEFINE_ENUM_VALUE (FSMM_SHARING_WAIT, "wait"),
  G_DEFINE_ENUM_VALUE (FSMM_SHARING_DISCARD, "discard"),
  G_DEFINE_ENUM_VALUE (FSMM_SHARING_IGNORE, "ignore"))
/* clang-format on */

typedef enum {
  OBJECTS_PROP_NAME = 1,
  OBJECTS_PROP_ITEM_TYPE,
  OBJECTS_PROP_MAX_OBJECTS,
  OBJECTS_PROP_MAX_IDLE,
  OBJECTS_PROP_MIN_IDLE,
  OBJECTS_PROP_IDLE_TIMEOUT,
  OBJECTS_PROP_MAX_AGE,
  OBJECTS_PROP_SHARING,
  OBJECTS_PROP_N_LENT,
  OBJECTS_PROP_N_IDLE,
  OBJECTS_PROP_N_LINGERING,
  OBJECTS_PROP_N_WAITING,
  OBJECTS_PROP_N_CREATED,
  OBJECTS_PROP_N_REUSED,
  OBJECTS_PROP_N_DISCARDED,
} FsmmObjectPoolProperty;

static GParamSpec *objects_props[OBJECTS_PROP_N_DISCARDED + 1];

static guint needs_object_signal;

G_DEFINE_FINAL_TYPE (FsmmObjectPool, fsmm_object_pool, G_TYPE_OBJECT)

/* --- Life --- */

static void
fsmm_object_pool_init (FsmmObjectPool *self)
{
  self->store = fsmm_object_store_new (self);
}

static void
fsmm_object_pool_constructed (GObject *object)
{
  FsmmObjectPool *self = FSMM_OBJECT_POOL (object);

  fsmm_watch_start_if_asked ();
  self->store->debug = fsmm_debug_get_flags (self->store->name);
  if (self->store->debug & FSMM_DEBUG_LEAKS)
    fsmm_object_leaks_watch ();
  fsmm_object_care_follow_trimmers ();
  fsmm_object_care_start (self->store);
  fsmm_object_registry_add (self->store);

  G_OBJECT_CLASS (fsmm_object_pool_parent_class)->constructed (object);
}

static void
end_pool (FsmmObjectPool *self)
{
  fsmm_object_pool_close (self);
  fsmm_object_pool_clear_hooks (self);
}

static void
fsmm_object_pool_dispose (GObject *object)
{
  FsmmObjectPool *self = FSMM_OBJECT_POOL (object);

  if (fsmm_keepers_outlive (&self->keepers, self))
    {
      fsmm_object_store_find_again (self->store, self);
      return;
    }

  end_pool (self);

  G_OBJECT_CLASS (fsmm_object_pool_parent_class)->dispose (object);
}

static void
fsmm_object_pool_finalize (GObject *object)
{
  FsmmObjectPool *self = FSMM_OBJECT_POOL (object);

  /* If the last lease ended while this was being disposed of, and left to that, nothing has been. */
  end_pool (self);

  fsmm_object_registry_remove (self->store);
  fsmm_object_care_stop (self->store);
  fsmm_object_store_unref (self->store);

  G_OBJECT_CLASS (fsmm_object_pool_parent_class)->finalize (object);
}

/**
 * fsmm_object_pool_new: (constructor)
 * @item_type: the class or interface of the objects
 * @max_objects: the maximum number of objects that there can be at a time, or 0 for no limit
 *
 * Creates a pool of objects, which has none yet.
 *
 * If the type is no class or interface of objects, everything that could lend one reports
 * `FSMM_ERROR_UNSUPPORTED_TYPE`.
 *
 * Returns: (transfer full): a new pool
 *
 * Since: 1.2
 */
FsmmObjectPool *
fsmm_object_pool_new (GType item_type, guint max_objects)
{
  return g_object_new (FSMM_TYPE_OBJECT_POOL, "item-type", item_type, "max-objects", max_objects, NULL);
}

/**
 * fsmm_object_pool_close:
 * @self: an object pool
 *
 * Ends it: whoever waits gets `FSMM_ERROR_CLOSED`, and so does whoever wants to borrow an object from
 * now on. Objects that are idle are dropped, and those that are lent when they come back; their leases
 * stay usable until then.
 *
 * Closing it again does nothing.
 *
 * Since: 1.2
 */
void
fsmm_object_pool_close (FsmmObjectPool *self)
{
  FsmmPooled *pooled;

  g_return_if_fail (FSMM_IS_OBJECT_POOL (self));

  fsmm_object_store_close (self->store);
  while ((pooled = fsmm_object_store_take_any (self->store)) != NULL)
    {
      fsmm_pooled_unwatch (pooled);
      fsmm_pooled_drop (pooled, FSMM_CALLS_ALLOWED);
    }
  fsmm_object_care_drop_doomed (self->store);
}

/**
 * fsmm_object_pool_trim:
 * @self: an object pool
 *
 * Drops all objects that are idle, but for [property@Fsmm.ObjectPool:min-idle] of them.
 *
 * They are finalized in the calling thread. With a [class@Fsmm.Trimmer], this is done when the system
 * warns that memory gets scarce.
 *
 * Returns: how many were dropped
 *
 * Since: 1.2
 */
guint
fsmm_object_pool_trim (FsmmObjectPool *self)
{
  g_return_val_if_fail (FSMM_IS_OBJECT_POOL (self), 0);

  fsmm_object_care_if_possible (self);

  return fsmm_object_store_drop_idle (self->store, fsmm_object_pool_get_min_idle (self));
}

/* --- Its signal --- */

void
fsmm_object_pool_emit_needs_object (FsmmObjectPool *self)
{
  g_signal_emit (self, needs_object_signal, 0);
}

gboolean
fsmm_object_pool_has_handlers (FsmmObjectPool *self)
{
  return g_signal_has_handler_pending (self, needs_object_signal, 0, FALSE);
}

/* --- Properties --- */

static void
fsmm_object_pool_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  FsmmObjectPool *self = FSMM_OBJECT_POOL (object);

  switch ((FsmmObjectPoolProperty) prop_id)
    {
    case OBJECTS_PROP_NAME:
      g_value_set_string (value, fsmm_object_pool_get_name (self));
      break;
    case OBJECTS_PROP_ITEM_TYPE:
      g_value_set_gtype (value, fsmm_object_pool_get_item_type (self));
      break;
    case OBJECTS_PROP_MAX_OBJECTS:
      g_value_set_uint (value, fsmm_object_pool_get_max_objects (self));
      break;
    case OBJECTS_PROP_MAX_IDLE:
      g_value_set_uint (value, fsmm_object_pool_get_max_idle (self));
      break;
    case OBJECTS_PROP_MIN_IDLE:
      g_value_set_uint (value, fsmm_object_pool_get_min_idle (self));
      break;
    case OBJECTS_PROP_IDLE_TIMEOUT:
      g_value_set_uint (value, fsmm_object_pool_get_idle_timeout (self));
      break;
    case OBJECTS_PROP_MAX_AGE:
      g_value_set_uint (value, fsmm_object_pool_get_max_age (self));
      break;
    case OBJECTS_PROP_SHARING:
      g_value_set_enum (value, fsmm_object_pool_get_sharing (self));
      break;
    case OBJECTS_PROP_N_LENT:
      g_value_set_uint (value, fsmm_object_pool_get_n_lent (self));
      break;
    case OBJECTS_PROP_N_IDLE:
      g_value_set_uint (value, fsmm_object_pool_get_n_idle (self));
      break;
    case OBJECTS_PROP_N_LINGERING:
      g_value_set_uint (value, fsmm_object_pool_get_n_lingering (self));
      break;
    case OBJECTS_PROP_N_WAITING:
      g_value_set_uint (value, fsmm_object_pool_get_n_waiting (self));
      break;
    case OBJECTS_PROP_N_CREATED:
      g_value_set_uint64 (value, fsmm_object_pool_get_n_created (self));
      break;
    case OBJECTS_PROP_N_REUSED:
      g_value_set_uint64 (value, fsmm_object_pool_get_n_reused (self));
      break;
    case OBJECTS_PROP_N_DISCARDED:
      g_value_set_uint64 (value, fsmm_object_pool_get_n_discarded (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
fsmm_object_pool_set_property (GObject *object,
                               guint prop_id,
                               const GValue *value,
                               GParamSpec *pspec)
{
  FsmmObjectPool *self = FSMM_OBJECT_POOL (object);

  switch ((FsmmObjectPoolProperty) prop_id)
    {
    case OBJECTS_PROP_NAME:
      self->store->name = g_value_dup_string (value);
      break;
    case OBJECTS_PROP_ITEM_TYPE:
      self->store->item_type = g_value_get_gtype (value);
      break;
    case OBJECTS_PROP_MAX_OBJECTS:
      fsmm_object_pool_set_max_objects (self, g_value_get_uint (value));
      break;
    case OBJECTS_PROP_MAX_IDLE:
      fsmm_object_pool_set_max_idle (self, g_value_get_uint (value));
      break;
    case OBJECTS_PROP_MIN_IDLE:
      fsmm_object_pool_set_min_idle (self, g_value_get_uint (value));
      break;
    case OBJECTS_PROP_IDLE_TIMEOUT:
      fsmm_object_pool_set_idle_timeout (self, g_value_get_uint (value));
      break;
    case OBJECTS_PROP_MAX_AGE:
      fsmm_object_pool_set_max_age (self, g_value_get_uint (value));
      break;
    case OBJECTS_PROP_SHARING:
      fsmm_object_pool_set_sharing (self, g_value_get_enum (value));
      break;
    case OBJECTS_PROP_N_LENT:
    case OBJECTS_PROP_N_IDLE:
    case OBJECTS_PROP_N_LINGERING:
    case OBJECTS_PROP_N_WAITING:
    case OBJECTS_PROP_N_CREATED:
    case OBJECTS_PROP_N_REUSED:
    case OBJECTS_PROP_N_DISCARDED:
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static GParamSpec *
setting_spec (const char *name)
{
  return g_param_spec_uint (name, NULL, NULL, 0, G_MAXUINT, 0,
                            G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
}

static GParamSpec *
count_spec (const char *name)
{
  return g_param_spec_uint (name, NULL, NULL, 0, G_MAXUINT, 0,
                            G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
}

static GParamSpec *
total_spec (const char *name)
{
  return g_param_spec_uint64 (name, NULL, NULL, 0, G_MAXUINT64, 0,
                              G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
}

static void
add_settings (void)
{
  const GParamFlags at_construction =
      G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;

  /**
   * FsmmObjectPool:name: (getter get_name)
   *
   * The name that messages use for the pool, or %NULL.
   *
   * Since: 1.2
   */
  objects_props[OBJECTS_PROP_NAME] = g_param_spec_string ("name", NULL, NULL, NULL, at_construction);

  /**
   * FsmmObjectPool:item-type: (getter get_item_type)
   *
   * The class or interface of the objects.
   *
   * Since: 1.2
   */
  objects_props[OBJECTS_PROP_ITEM_TYPE] =
      g_param_spec_gtype ("item-type", NULL, NULL, G_TYPE_NONE, at_construction);

  /**
   * FsmmObjectPool:max-objects: (getter get_max_objects) (setter set_max_objects)
   *
   * The maximum number of objects that there can be at a time, or 0 for no limit: lent, idle, and those
   * that linger. If it is lowered, idle objects are dropped, and others when they come back.
   *
   * Since: 1.2
   */
  objects_props[OBJECTS_PROP_MAX_OBJECTS] = setting_spec ("max-objects");

  /**
   * FsmmObjectPool:max-idle: (getter get_max_idle) (setter set_max_idle)
   *
   * The maximum number of objects that are kept while nobody uses them, or 0 for no limit. Others are
   * dropped when they come back.
   *
   * Since: 1.2
   */
  objects_props[OBJECTS_PROP_MAX_IDLE] = setting_spec ("max-idle");

  /**
   * FsmmObjectPool:min-idle: (getter get_min_idle) (setter set_min_idle)
   *
   * How many idle objects [property@Fsmm.ObjectPool:idle-timeout] and
   * [method@Fsmm.ObjectPool.trim] leave alone. No object is made to have so many: see
   * [method@Fsmm.ObjectPool.reserve].
   *
   * Since: 1.2
   */
  objects_props[OBJECTS_PROP_MIN_IDLE] = setting_spec ("min-idle");

  /**
   * FsmmObjectPool:idle-timeout: (getter get_idle_timeout) (setter set_idle_timeout)
   *
   * For how many milliseconds an object is kept that nobody uses, or 0 for ever. It is dropped in the
   * main context in which the pool was made.
   *
   * Since: 1.2
   */
  objects_props[OBJECTS_PROP_IDLE_TIMEOUT] = setting_spec ("idle-timeout");

  /**
   * FsmmObjectPool:max-age: (getter get_max_age) (setter set_max_age)
   *
   * After how many milliseconds an object is not lent again, or 0 for never. One that is idle is dropped
   * then, whatever [property@Fsmm.ObjectPool:min-idle] is.
   *
   * Since: 1.2
   */
  objects_props[OBJECTS_PROP_MAX_AGE] = setting_spec ("max-age");

  /**
   * FsmmObjectPool:sharing: (getter get_sharing) (setter set_sharing)
   *
   * What becomes of an object that comes back while other code still holds a reference to it.
   *
   * Since: 1.2
   */
  objects_props[OBJECTS_PROP_SHARING] =
      g_param_spec_enum ("sharing", NULL, NULL, FSMM_TYPE_SHARING, FSMM_SHARING_WAIT,
                         G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
}

static void
add_counts (void)
{
  /**
   * FsmmObjectPool:n-lent: (getter get_n_lent)
   *
   * How many objects are lent, those included that are being made for somebody. `notify` is not emitted
   * when this changes, nor for any other number of the pool.
   *
   * Since: 1.2
   */
  objects_props[OBJECTS_PROP_N_LENT] = count_spec ("n-lent");

  /**
   * FsmmObjectPool:n-idle: (getter get_n_idle)
   *
   * How many objects nobody uses, those included that have still to be reset.
   *
   * Since: 1.2
   */
  objects_props[OBJECTS_PROP_N_IDLE] = count_spec ("n-idle");

  /**
   * FsmmObjectPool:n-lingering: (getter get_n_lingering)
   *
   * How many objects have come back, but cannot be lent yet, because other code has references to them.
   *
   * Since: 1.2
   */
  objects_props[OBJECTS_PROP_N_LINGERING] = count_spec ("n-lingering");

  /**
   * FsmmObjectPool:n-waiting: (getter get_n_waiting)
   *
   * How many threads and requests wait for an object.
   *
   * Since: 1.2
   */
  objects_props[OBJECTS_PROP_N_WAITING] = count_spec ("n-waiting");

  /**
   * FsmmObjectPool:n-created: (getter get_n_created)
   *
   * How many objects the pool has made.
   *
   * Since: 1.2
   */
  objects_props[OBJECTS_PROP_N_CREATED] = total_spec ("n-created");

  /**
   * FsmmObjectPool:n-reused: (getter get_n_reused)
   *
   * How often an object was lent that had been lent before.
   *
   * Since: 1.2
   */
  objects_props[OBJECTS_PROP_N_REUSED] = total_spec ("n-reused");

  /**
   * FsmmObjectPool:n-discarded: (getter get_n_discarded)
   *
   * How many objects the pool has given up: those that were discarded or could not be used again, that
   * were idle for too long or became too old, and that were dropped when it was trimmed or closed.
   *
   * Since: 1.2
   */
  objects_props[OBJECTS_PROP_N_DISCARDED] = total_spec ("n-discarded");
}

static void
fsmm_object_pool_class_init (FsmmObjectPoolClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->constructed = fsmm_object_pool_constructed;
  object_class->dispose = fsmm_object_pool_dispose;
  object_class->finalize = fsmm_object_pool_finalize;
  object_class->get_property = fsmm_object_pool_get_property;
  object_class->set_property = fsmm_object_pool_set_property;

  add_settings ();
  add_counts ();
  g_object_class_install_properties (object_class, G_N_ELEMENTS (objects_props), objects_props);

  /**
   * FsmmObjectPool::needs-object:
   * @self: an object pool
   *
   * Somebody waits, there is room, and there is no create function: make an object in any way, also
   * asynchronously, and then call [method@Fsmm.ObjectPool.add], or
   * [method@Fsmm.ObjectPool.add_failed].
   *
   * It is emitted once for each object that is needed, in the main context in which the pool was made, or
   * in a thread that borrows while nobody runs that. A handler has to be connected before somebody
   * waits.
   *
   * Since: 1.2
   */
  needs_object_signal = g_signal_new ("needs-object", FSMM_TYPE_OBJECT_POOL, G_SIGNAL_RUN_LAST, 0, NULL,
                                      NULL, NULL, G_TYPE_NONE, 0);
}
