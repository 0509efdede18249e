/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib-object.h>

#include "fsmm-box.h"
#include "fsmm-pool.h"
#include "fsmm-static-pool.h"
#include "fsmm-type-layout.h"
#include "fsmm-typed-pool.h"
#include "fsmm-version-macros.h"

G_BEGIN_DECLS

/**
 * FSMM_DECLARE_BOXED_TYPE:
 * @TypeName: the name of the type, a struct, in CamelCase
 * @type_name: the same name in lower case, with words separated by underscores
 *
 * Declares a boxed type that [func@Fsmm.DEFINE_BOXED_TYPE] defines, for a header.
 *
 * This declares `type_name_get_type ()`, and defines an inline function that gets the instance of a
 * box: `TypeName *type_name_from_box (FsmmBox *box)`. The compiler checks what is passed and
 * what it returns, and [method@Fsmm.Box.get_as] the type of the instance: for an instance of
 * another type, a critical message is logged, and the function returns %NULL. It also does so if
 * the instance was dropped or stolen, without a message.
 *
 * To export the type from a library, put the macro that does so in front of this one.
 *
 * ```c
 * typedef struct {
 *   double x, y;
 * } Point;
 *
 * FSMM_DECLARE_BOXED_TYPE (Point, point)
 * FSMM_DEFINE_BOXED_TYPE (Point, point, NULL, NULL)
 *
 * static double
 * get_x (FsmmBox *box)
 * {
 *   Point *point = point_from_box (box);
 *
 *   return point != NULL ? point->x : 0;
 * }
 * ```
 *
 * Since: 1.2
 */
#define FSMM_DECLARE_BOXED_TYPE(TypeName, type_name)                                               \
  GType type_name##_get_type (void);                                                               \
                                                                                                   \
  G_GNUC_UNUSED static inline TypeName *type_name##_from_box (FsmmBox *type_name##_box)            \
  {                                                                                                \
    return _FSMM_INSTANCE (TypeName, fsmm_box_get_as (type_name##_box, type_name##_get_type ()));  \
  }

/**
 * FSMM_DEFINE_BOXED_TYPE:
 * @TypeName: the name of the new type, a struct, in CamelCase
 * @type_name: the same name in lower case, with words separated by underscores
 * @copy_func: a `void (*) (const TypeName *source, TypeName *destination)`, or %NULL to copy bytes
 * @clear_func: a `void (*) (TypeName *instance)`, or %NULL if an instance owns nothing
 *
 * Defines a boxed type whose instances live in pools.
 *
 * Like `G_DEFINE_BOXED_TYPE()`, this defines a `type_name_get_type ()` function. It also registers
 * the layout of the struct.
 *
 * `g_boxed_copy ()` takes the copy from the type's default pool, [func@Fsmm.TypedPool.get_default];
 * `g_boxed_free ()` clears an instance and gives it back to the pool it came from. So values,
 * properties, signal arguments, property bindings and language bindings use pools without knowing
 * it. As with every boxed type, running out of memory there ends the program.
 *
 * If there is a clear function, an instance and a copy of its bytes may own the same things: pass a
 * copy function as well, unless instances are never copied.
 *
 * Do not pass an instance on the heap, on the stack or in a static variable to `g_boxed_free ()`,
 * or one of another type: it is refused with a critical message, and leaks.
 *
 * ```c
 * typedef struct {
 *   char *title;
 *   guint length;
 * } Track;
 *
 * static void
 * track_copy (const Track *source, Track *destination)
 * {
 *   destination->title = g_strdup (source->title);
 *   destination->length = source->length;
 * }
 *
 * static void
 * track_clear (Track *self)
 * {
 *   g_free (self->title);
 * }
 *
 * FSMM_DEFINE_BOXED_TYPE (Track, track, track_copy, track_clear)
 * ```
 *
 * Since: 1.0
 */
#define FSMM_DEFINE_BOXED_TYPE(TypeName, type_name, copy_func, clear_func)                         \
  FSMM_DEFINE_BOXED_TYPE_EXTENDED (TypeName, type_name, NULL, copy_func, clear_func, NULL, {})

/**
 * FSMM_DEFINE_BOXED_TYPE_EXTENDED:
 * @TypeName: the name of the new type, a struct, in CamelCase
 * @type_name: the same name in lower case, with words separated by underscores
 * @init: a `void (*) (TypeName *instance)`, or %NULL if all zeroes are an instance
 * @copy: a `void (*) (const TypeName *source, TypeName *destination)`, or %NULL to copy bytes
 * @clear: a `void (*) (TypeName *instance)`, or %NULL if an instance owns nothing
 * @to_string: a `char *(*) (const TypeName *instance)`, or %NULL
 * @_C_: code to run after the type is registered; `g_define_type_id` is the type
 *
 * Defines a boxed type whose instances live in pools, with all options.
 *
 * See [func@Fsmm.DEFINE_BOXED_TYPE].
 *
 * ```c
 * typedef struct {
 *   guint priority;
 * } Job;
 *
 * static void
 * job_init (Job *self)
 * {
 *   self->priority = 5;
 * }
 *
 * static char *
 * job_to_string (const Job *self)
 * {
 *   return g_strdup_printf ("job of priority %u", self->priority);
 * }
 *
 * FSMM_DEFINE_BOXED_TYPE_EXTENDED (Job, job, job_init, NULL, NULL, job_to_string, {})
 * ```
 *
 * Since: 1.0
 */
#define FSMM_DEFINE_BOXED_TYPE_EXTENDED(TypeName, type_name, init, copy, clear, to_string, _C_)    \
  static GType type_name##_type_in_pool (void);                                                    \
                                                                                                   \
  static gpointer type_name##_copy_to_pool (gpointer type_name##_to_copy)                          \
  {                                                                                                \
    /* All threads find the same pool. g_once_init_enter () could hang in a child of fork (). */   \
    static FsmmTypedPool *type_name##_default_pool;                                                \
    FsmmTypedPool *type_name##_pool_of_copy = g_atomic_pointer_get (&type_name##_default_pool);    \
    if (type_name##_pool_of_copy == NULL)                                                          \
      {                                                                                            \
        type_name##_pool_of_copy = fsmm_typed_pool_get_default (type_name##_type_in_pool ());      \
        g_atomic_pointer_set (&type_name##_default_pool, type_name##_pool_of_copy);                \
      }                                                                                            \
    return fsmm_boxed_copy (type_name##_pool_of_copy, type_name##_to_copy);                        \
  }                                                                                                \
                                                                                                   \
  static void type_name##_free_to_pool (gpointer type_name##_to_free)                              \
  {                                                                                                \
    fsmm_boxed_free (type_name##_type_in_pool (), type_name##_to_free);                            \
  }                                                                                                \
                                                                                                   \
  /* Parameters, so that the compiler checks them, and no name hides one that the user gave. */    \
  static GType type_name##_register_type (                                                         \
    void (*type_name##_init_in_pool) (TypeName *),                                                 \
    void (*type_name##_copy_in_pool) (const TypeName *, TypeName *), /* NOLINT: is a type */       \
    void (*type_name##_clear_in_pool) (TypeName *),                                                \
    char *(*type_name##_to_string_in_pool) (const TypeName *))                                     \
  {                                                                                                \
    FsmmTypeLayout type_name##_layout_in_pool;                                                     \
    GType g_define_type_id = g_boxed_type_register_static (                                        \
        g_intern_static_string (#TypeName), type_name##_copy_to_pool, type_name##_free_to_pool);   \
    _FSMM_FILL_LAYOUT (type_name##_layout_in_pool, TypeName, type_name##_init_in_pool,             \
                       type_name##_copy_in_pool, type_name##_clear_in_pool,                        \
                       type_name##_to_string_in_pool);                                             \
    fsmm_boxed_type_register_layout (g_define_type_id, &type_name##_layout_in_pool);               \
    {                                                                                              \
      _C_;                                                                                         \
    }                                                                                              \
    return g_define_type_id;                                                                       \
  }                                                                                                \
                                                                                                   \
  static GType type_name##_type_in_pool (void)                                                     \
  {                                                                                                \
    static gsize type_name##_type_id;                                                              \
    if (g_once_init_enter (&type_name##_type_id))                                                  \
      {                                                                                            \
        GType type_name##_new_type = type_name##_register_type (init, copy, clear, to_string);     \
        g_once_init_leave (&type_name##_type_id, type_name##_new_type);                            \
      }                                                                                            \
    return type_name##_type_id;                                                                    \
  }                                                                                                \
                                                                                                   \
  GType type_name##_get_type (void)                                                                \
  {                                                                                                \
    return type_name##_type_in_pool ();                                                            \
  }

/* Only for the macros above. Casting twice avoids all of the compilers' warnings about casts. */
#ifdef __cplusplus
#define _FSMM_FUNC(Type, func) (reinterpret_cast<Type> (reinterpret_cast<void (*) (void)> (func)))
#else
#define _FSMM_FUNC(Type, func) ((Type) (void (*) (void)) (func))
#endif
#define _FSMM_FILL_LAYOUT(layout, TypeName, init_func, copy_func, clear_func, to_string_func)      \
  (layout).size = sizeof (TypeName);                                                               \
  (layout).alignment = __alignof__ (TypeName);                                                     \
  (layout).init = _FSMM_FUNC (FsmmInitFunc, init_func);                                            \
  (layout).copy = _FSMM_FUNC (FsmmCopyFunc, copy_func);                                            \
  (layout).clear = _FSMM_FUNC (FsmmClearFunc, clear_func);                                         \
  (layout).to_string = _FSMM_FUNC (FsmmToStringFunc, to_string_func)
FSMM_AVAILABLE_IN_1_0
gpointer fsmm_boxed_copy (FsmmTypedPool *pool, gconstpointer instance);
FSMM_AVAILABLE_IN_1_0
void fsmm_boxed_free (GType type, gpointer instance);
FSMM_AVAILABLE_IN_1_0
void fsmm_boxed_type_register_layout (GType type, const FsmmTypeLayout *layout);

G_END_DECLS
