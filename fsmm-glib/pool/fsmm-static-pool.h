/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "fsmm-inline-layout.h"
#include "fsmm-pool.h"
#include "fsmm-version-macros.h"

G_BEGIN_DECLS

/**
 * FsmmStaticPool: (skip)
 *
 * What [func@Fsmm.DEFINE_POOL] defines for a type. All of its fields are private.
 *
 * Since: 1.2
 */
typedef struct {
  /*< private >*/
  FsmmPool *pool; /* (atomic) (owned) (nullable): made on first use */
  const char *name;
  gsize size;
  gsize alignment;
  guint layout; /* of what is compiled in; 0: nothing is */
  guint place;  /* (atomic): where a thread finds what it has of the pool */
} FsmmStaticPool;

FSMM_AVAILABLE_IN_1_2
FsmmPool *fsmm_static_pool_make (FsmmStaticPool *self);
FSMM_AVAILABLE_IN_1_2
gpointer fsmm_static_pool_alloc0 (FsmmStaticPool *self);
FSMM_AVAILABLE_IN_1_2
void fsmm_static_pool_unload (FsmmStaticPool *self);

/* Only for macros. */
#define _FSMM_INSTANCE(TypeName, block) _FSMM_INLINE_CAST (TypeName *, block)
#define _FSMM_BLOCK_SIZE(TypeName)                                                                 \
  ((MAX (sizeof (TypeName), sizeof (gpointer)) + __alignof__(TypeName) - 1) /                      \
   __alignof__(TypeName) * __alignof__(TypeName))

/* After all else of a module that is unloaded: its other destructors, what it has given to atexit ()
 * and, in C++, the destructors of its static objects may still free what is in the pool. */
#ifdef __ELF__
#define _FSMM_LAST_DESTRUCTOR __attribute__ ((destructor (102)))
#else
#define _FSMM_LAST_DESTRUCTOR __attribute__ ((destructor))
#endif

/**
 * FSMM_DEFINE_POOL:
 * @TypeName: the name of a type, in CamelCase
 * @type_name: the same name in lower case, with words separated by underscores
 *
 * Defines a pool for a type, and the functions that take instances from it and give them back.
 *
 * This is for a library, which has no `main ()` to make pools in, and for code that used GSlice or
 * `g_new ()`. Put it into the `.c` file that allocates the type. For `FSMM_DEFINE_POOL (Node,
 * node)` it defines these static functions:
 *
 * - `Node *node_pool_new (void)` takes a block from the pool, whose bytes are not initialized.
 *   It does not return %NULL: without memory it ends the program, as `g_slice_new ()` and `g_new
 * ()` do. Where that can be handled, use [method@Fsmm.Pool.alloc] with the pool.
 * - `Node *node_pool_new0 (void)` does the same, and the block is all zeroes.
 * - `void node_pool_free (Node *instance)` gives a block back; %NULL does nothing. Like
 *   [func@Fsmm.free], it refuses anything but a live block of this pool, and logs a critical
 * message that says what it is.
 * - `FsmmPool *node_pool_get (void)` returns the pool (transfer none): for figures, or to drop
 *   everything in it. The pool has the name, size and alignment of the type, and no limit.
 *
 * The pool is made when one of them is first called, by whichever thread comes first, and is kept
 * for as long as the program runs. All of them can be called from any thread, from a child after
 * `fork ()`, and while the program exits. If a module is unloaded with `dlclose ()`, its pool is
 * dropped if no block is live in it; otherwise the blocks stay valid, and the pool is kept.
 *
 * With `FSMM_DEBUG=leaks`, what is live when the program exits is reported, with the name of the
 * type.
 *
 * ```c
 * typedef struct {
 *   char *title;
 *   guint length;
 * } Track;
 *
 * FSMM_DEFINE_POOL (Track, track)
 *
 * static Track *
 * track_new (const char *title)
 * {
 *   Track *self = track_pool_new0 ();
 *
 *   self->title = g_strdup (title);
 *   return self;
 * }
 *
 * static void
 * track_free (Track *self)
 * {
 *   g_free (self->title);
 *   track_pool_free (self);
 * }
 *
 * G_DEFINE_AUTOPTR_CLEANUP_FUNC (Track, track_free)
 * ```
 *
 * Since: 1.2
 */
#define FSMM_DEFINE_POOL(TypeName, type_name)                                                      \
  _FSMM_DEFINE_STATIC_POOL (TypeName, type_name##_pool, 0)

/* Only for the macros. */
#define _FSMM_DEFINE_STATIC_POOL(TypeName, prefix, layout)                                         \
  static FsmmStaticPool prefix##_static = {                                                        \
    NULL, #TypeName, sizeof (TypeName), __alignof__(TypeName), layout, FSMM_INLINE_FIRST_PLACE     \
  };                                                                                               \
                                                                                                   \
  /* When the module is unloaded, and when the program exits. */                                   \
  _FSMM_LAST_DESTRUCTOR static void prefix##_unload (void)                                         \
  {                                                                                                \
    fsmm_static_pool_unload (&prefix##_static);                                                    \
  }                                                                                                \
                                                                                                   \
  G_GNUC_UNUSED static inline FsmmPool *prefix##_get (void)                                        \
  {                                                                                                \
    FsmmPool *prefix##_made = g_atomic_pointer_get (&prefix##_static.pool);                        \
    return G_LIKELY (prefix##_made != NULL) ? prefix##_made                                        \
                                            : fsmm_static_pool_make (&prefix##_static);            \
  }                                                                                                \
                                                                                                   \
  G_GNUC_UNUSED static inline TypeName *prefix##_new (void)                                        \
  {                                                                                                \
    gpointer prefix##_block = fsmm_pool_alloc (prefix##_get (), NULL);                             \
    if (G_UNLIKELY (prefix##_block == NULL))                                                       \
      prefix##_block = fsmm_static_pool_alloc0 (&prefix##_static);                                 \
    return _FSMM_INSTANCE (TypeName, prefix##_block);                                              \
  }                                                                                                \
                                                                                                   \
  G_GNUC_UNUSED static inline TypeName *prefix##_new0 (void)                                       \
  {                                                                                                \
    gpointer prefix##_block = fsmm_pool_alloc0 (prefix##_get (), NULL);                            \
    if (G_UNLIKELY (prefix##_block == NULL))                                                       \
      prefix##_block = fsmm_static_pool_alloc0 (&prefix##_static);                                 \
    return _FSMM_INSTANCE (TypeName, prefix##_block);                                              \
  }                                                                                                \
                                                                                                   \
  G_GNUC_UNUSED static inline void prefix##_free (TypeName *prefix##_instance)                     \
  {                                                                                                \
    fsmm_pool_free (prefix##_get (), prefix##_instance, NULL);                                     \
  }

G_END_DECLS
