/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "pool/fsmm-pool-private.h"

#include "fsmm-error.h"
#include "pool/fsmm-handle-private.h"
#include "engine/heap/fsmm-heap-tell.h"
#include "engine/heap/fsmm-leaks.h"
#include "base/fsmm-lock.h"
#include "base/fsmm-text.h"
#include "pool/fsmm-user-call-private.h"
#include "watch/fsmm-watch.h"

/**
 * FsmmPool:
 *
 * Hands out blocks of one size, and checks every block that is given back.
 *
 * A pool gets memory from the system in chunks, divides each into blocks of one size, and grows by
 * itself. Compared to `g_malloc ()`, it
 *
 * - drops all blocks at once, in time that grows with the number of chunks:
 *   [method@Fsmm.Pool.free_all];
 * - refuses to free anything but its own live blocks, with an error, and keeps working:
 *   [method@Fsmm.Pool.free];
 * - limits how many blocks can be live: [property@Fsmm.Pool:max-blocks];
 * - keeps counts: [property@Fsmm.Pool:n-allocated], [property@Fsmm.Pool:peak-allocated],
 *   [property@Fsmm.Pool:reserved-bytes].
 *
 * ```c
 * typedef struct {
 *   double x, y;
 * } Point;
 *
 * g_autoptr (FsmmPool) pool = fsmm_pool_new_full ("points", sizeof (Point), 0, 0, 0, &error);
 * Point *point = pool != NULL ? fsmm_pool_alloc (pool, &error) : NULL;
 *
 * if (point == NULL)
 *   g_error ("%s", error->message);
 *
 * fsmm_pool_free (pool, point, NULL);
 * ```
 *
 * Give a pool a name if you can: messages use it.
 *
 * From Python and JavaScript, use a handle instead of a pointer: [method@Fsmm.Pool.acquire].
 *
 * All functions can be called from any thread, and a block may be freed by a different thread from
 * the one that took it. Each thread has parts of a pool for itself, of at most 64 KiB each, so that
 * taking and freeing a block needs no lock. Free blocks in them are not lost to other threads: they
 * are reclaimed before a request is refused, and parts in which all blocks are free before the pool
 * grows. Which block is handed out next is not specified; it is seldom the one that was freed last.
 *
 * With `FSMM_DEBUG` in the environment, a pool also finds mistakes that it cannot see by itself,
 * such as writes to freed blocks and leaks: see [Debugging](debugging.html).
 *
 * The memory of a pool is returned to the system when the pool is finalized, but for up to half a
 * mebibyte, which the process keeps for the pools that it makes next. Keep the pool alive
 * while you use its blocks; a [struct@Fsmm.Block] does this automatically.
 *
 * If `g_object_new ()` creates a pool with invalid arguments, every call that can fail reports
 * them.
 *
 * Since: 1.0
 */

static void fsmm_pool_initable_iface_init (GInitableIface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (FsmmPool, fsmm_pool, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_INITABLE,
                                                      fsmm_pool_initable_iface_init))

gpointer fsmm_pool_class;

static void
fsmm_pool_init (FsmmPool *self)
{
}

static char *
describe_pool (gpointer owner)
{
  return fsmm_pool_describe (owner);
}

void
fsmm_pool_refuse_raw_blocks (FsmmPool *self)
{
  self->refuses_raw_blocks = TRUE;
  self->store.key = &self->store;
}

/* Says which pool could not be made. */
static void
prefix_construct_error (FsmmPool *self)
{
  g_autofree char *name = self->name != NULL ? fsmm_text_escape (self->name) : NULL;

  if (name != NULL)
    g_prefix_error (&self->construct_error, "cannot make pool \"%s\": ", name);
  else
    g_prefix_error (&self->construct_error, "cannot make a pool: ");
}

/* A pool with invalid arguments gets a store that hands out nothing and knows no address, so that
 * calls need to check for this case only after they have failed. */
static void
fsmm_pool_constructed (GObject *object)
{
  FsmmPool *self = FSMM_POOL (object);
  FsmmGeometry geometry = { .chunk_alignment = FSMM_MIN_CHUNK_BYTES,
                            .block_size = FSMM_MIN_CHUNK_BYTES };
  FsmmDebugFlags flags = fsmm_debug_get_flags (self->name);
  gsize limit = fsmm_pool_limit_of_store (self->max_blocks);

  if (!fsmm_geometry_init (&geometry, self->alloc_size, self->alignment, self->chunk_bytes,
                           &self->construct_error))
    {
      prefix_construct_error (self);
      limit = 0;
      flags = 0;
    }

  if (flags & FSMM_DEBUG_CANARY)
    fsmm_geometry_add_canary (&geometry);
  if (flags & FSMM_DEBUG_MALLOC)
    fsmm_geometry_set_malloced (&geometry);

  fsmm_watch_start_if_asked ();
  self->warns_of_waits = (flags & FSMM_DEBUG_WAIT) != 0;
  fsmm_heap_init (&self->store, &geometry, limit, FSMM_DEBUG_OF_BLOCKS (flags),
                   &(FsmmSubject) { self, describe_pool, self->name, NULL });
  self->store.key = self;
  if (fsmm_pool_is_broken (self))
    fsmm_pool_refuse_raw_blocks (self);

  G_OBJECT_CLASS (fsmm_pool_parent_class)->constructed (object);
}

static gboolean
fsmm_pool_initable_init (GInitable *initable, GCancellable *cancellable, GError **error)
{
  FsmmPool *self = FSMM_POOL (initable);

  if (!fsmm_pool_is_broken (self))
    return TRUE;

  fsmm_pool_report_broken (self, error);
  return FALSE;
}

static void
fsmm_pool_initable_iface_init (GInitableIface *iface)
{
  iface->init = fsmm_pool_initable_init;
}

static void
release (gpointer owner)
{
  g_object_unref (owner);
}

/* Drops all blocks. Blocks that a user function is working on keep the pool alive, and so do handles
 * that a handler of messages has made meanwhile, though their blocks are gone. */
static void
end_blocks (FsmmPool *self)
{
  if (self->store.debug & FSMM_DEBUG_LEAKS)
    fsmm_leaks_report (&self->store, "the pool was finalized");
  if (FSMM_HEAP_IS_TOLD_OF)
    FSMM_HEAP_TELL_DROP (&self->store, 0);
  fsmm_heap_drop_for_good (&self->store);
  if (fsmm_keepers_outlive (&self->keepers, self))
    return;

  g_object_ref (self);
  if (!fsmm_heap_outlive_pins (&self->store, release))
    g_object_unref (self);
}

/* Returns FALSE if somebody has become a keeper meanwhile. */
static gboolean
begin_to_end (FsmmPool *self)
{
  gboolean begins;

  fsmm_lock (self->store.lock);
  begins = self->is_ending = __atomic_load_n (&self->keepers, __ATOMIC_ACQUIRE) == 0;
  fsmm_unlock (self->store.lock);

  return begins;
}

gboolean
fsmm_pool_keep (FsmmPool *self)
{
  gboolean is_kept;

  fsmm_lock (self->store.lock);
  is_kept = !self->is_ending;
  if (is_kept)
    fsmm_keepers_add (&self->keepers);
  fsmm_unlock (self->store.lock);

  return is_kept;
}

static void
fsmm_pool_dispose (GObject *object)
{
  FsmmPool *self = FSMM_POOL (object);

  if (fsmm_user_call_outlive (self) || fsmm_keepers_outlive (&self->keepers, self))
    return;

  G_OBJECT_CLASS (fsmm_pool_parent_class)->dispose (object);

  while (fsmm_keepers_is_last_reference (object))
    {
      if (begin_to_end (self))
        {
          end_blocks (self);
          return;
        }
      if (fsmm_keepers_outlive (&self->keepers, self))
        return;
    }
}

static void
fsmm_pool_finalize (GObject *object)
{
  FsmmPool *self = FSMM_POOL (object);

  fsmm_heap_clear (&self->store);
  fsmm_handle_memory_trim ();
  g_clear_error (&self->construct_error);
  g_free (self->name);

  G_OBJECT_CLASS (fsmm_pool_parent_class)->finalize (object);
}

static void
fsmm_pool_class_init (FsmmPoolClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  fsmm_pool_class = klass;
  /* Create the quark now: a child of fork () may not be able to take GLib's lock for quarks. */
  fsmm_error_quark ();
  object_class->constructed = fsmm_pool_constructed;
  object_class->dispose = fsmm_pool_dispose;
  object_class->finalize = fsmm_pool_finalize;

  fsmm_pool_install_properties (object_class);
}

/**
 * fsmm_pool_new: (constructor)
 * @alloc_size: the number of usable bytes in a block, from 1 byte to 4 GiB
 * @chunk_bytes: the size of a chunk in bytes, at least 1024, or 0 for the default
 * @error: return location for an error
 *
 * Creates a pool without a name or a limit, whose blocks suit every C type of that size.
 *
 * No memory is allocated for blocks until the first one is needed.
 *
 * Errors: `FSMM_ERROR_INVALID_ARGUMENT` for a size outside these bounds.
 *
 * Returns: (transfer full): a new pool, or %NULL with @error set
 *
 * Since: 1.0
 */
FsmmPool *
fsmm_pool_new (gsize alloc_size, gsize chunk_bytes, GError **error)
{
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return fsmm_pool_new_full (NULL, alloc_size, 0, chunk_bytes, 0, error);
}

/**
 * fsmm_pool_new_full: (constructor)
 * @name: (nullable): the name that error messages use for the pool, or %NULL for its address
 * @alloc_size: the number of usable bytes in a block, from 1 byte to 4 GiB
 * @alignment: a power of two that every block starts at a multiple of, or 0 for one that suits
 *   every C type of that size
 * @chunk_bytes: the size of a chunk in bytes, at least 1024, or 0 for the default
 * @max_blocks: the maximum number of blocks that can be live at a time, or 0 for no limit
 * @error: return location for an error
 *
 * Creates a pool, with all options.
 *
 * Unlike with `g_initable_new ()`, the compiler converts the numbers: passing an `int` as the
 * variable argument for a 64-bit property is a common mistake.
 *
 * Errors: `FSMM_ERROR_INVALID_ARGUMENT` for a size outside these bounds, and for an alignment that
 * is not a power of two.
 *
 * Returns: (transfer full): a new pool, or %NULL with @error set
 *
 * Since: 1.0
 */
FsmmPool *
fsmm_pool_new_full (const char *name,
                    gsize alloc_size,
                    gsize alignment,
                    gsize chunk_bytes,
                    gsize max_blocks,
                    GError **error)
{
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return g_initable_new (FSMM_TYPE_POOL, NULL, error,
                         "name", name,
                         "alloc-size", (guint64) alloc_size,
                         "alignment", (guint64) alignment,
                         "chunk-bytes", (guint64) chunk_bytes,
                         "max-blocks", (guint64) max_blocks,
                         NULL);
}

/* Makes a pool whose blocks only @owner takes and frees. The owner must set FsmmPool.owner to
 * NULL before it is finalized. @type_name is the type of what lives in the blocks, for messages.
 * @error, if not NULL, is what is wrong with the owner: every call on the pool that can fail
 * reports it. */
FsmmPool *
fsmm_pool_new_owned (gpointer owner,
                     FsmmPoolFreeFunc owner_free,
                     const char *name,
                     const char *type_name,
                     guint64 alloc_size,
                     guint64 alignment,
                     guint64 chunk_bytes,
                     guint64 max_blocks,
                     const GError *error)
{
  FsmmPool *self = g_object_new (FSMM_TYPE_POOL,
                                 "name", name,
                                 "alloc-size", alloc_size,
                                 "alignment", alignment,
                                 "chunk-bytes", chunk_bytes,
                                 "max-blocks", max_blocks,
                                 NULL);

  fsmm_pool_refuse_raw_blocks (self);
  self->owner = owner;
  self->owner_free = owner_free;
  self->store.identity.type = type_name;
  if (error != NULL)
    {
      g_clear_error (&self->construct_error);
      self->construct_error = g_error_copy (error);
    }

  return self;
}
