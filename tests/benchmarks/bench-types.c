/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "bench-types.h"

#include "bench-peer.h"

#include <string.h>

void
bench_active_init (gpointer instance)
{
  *(guint64 *) instance = 1;
}

void
bench_active_clear (gpointer instance)
{
  bench_use (instance);
}

#if defined BENCH_PEER_FSMM || defined BENCH_PEER_MALLOC

#define DEFINE_STRUCTS(size)                                                                       \
  typedef struct                                                                                   \
  {                                                                                                \
    guint64 values[(size) / 8];                                                                    \
  } Plain##size, Active##size;                                                                     \
                                                                                                   \
  static GType plain_##size##_get_type (void);                                                     \
  static GType active_##size##_get_type (void);                                                    \
                                                                                                   \
  static void active_##size##_copy (const Active##size *source, Active##size *destination)         \
  {                                                                                                \
    *destination = *source;                                                                        \
  }

#if defined BENCH_PEER_FSMM

#define DEFINE_TYPES(size)                                                                         \
  DEFINE_STRUCTS (size)                                                                            \
                                                                                                   \
  static void active_##size##_init (Active##size *self)                                            \
  {                                                                                                \
    bench_active_init (self);                                                                      \
  }                                                                                                \
                                                                                                   \
  static void active_##size##_clear (Active##size *self)                                           \
  {                                                                                                \
    bench_active_clear (self);                                                                     \
  }                                                                                                \
                                                                                                   \
  FSMM_DEFINE_BOXED_TYPE (Plain##size, plain_##size, NULL, NULL)                                   \
  FSMM_DEFINE_BOXED_TYPE_EXTENDED (Active##size, active_##size, active_##size##_init,              \
                                   active_##size##_copy, active_##size##_clear, NULL, {})

#else

#define DEFINE_TYPES(size)                                                                         \
  DEFINE_STRUCTS (size)                                                                            \
                                                                                                   \
  static gpointer plain_##size##_duplicate (gpointer source)                                       \
  {                                                                                                \
    return g_memdup2 (source, size);                                                               \
  }                                                                                                \
                                                                                                   \
  static gpointer active_##size##_duplicate (gpointer source)                                      \
  {                                                                                                \
    gpointer copy = g_malloc (size);                                                               \
                                                                                                   \
    active_##size##_copy (source, copy);                                                           \
                                                                                                   \
    return copy;                                                                                   \
  }                                                                                                \
                                                                                                   \
  G_DEFINE_BOXED_TYPE (Plain##size, plain_##size, plain_##size##_duplicate, g_free)                \
  G_DEFINE_BOXED_TYPE (Active##size, active_##size, active_##size##_duplicate, active_free)

static void
active_free (gpointer instance)
{
  bench_active_clear (instance);
  g_free (instance);
}

#endif

DEFINE_TYPES (24)
DEFINE_TYPES (40)
DEFINE_TYPES (48)
DEFINE_TYPES (64)

static const struct {
  gsize size;
  GType (*get_plain) (void);
  GType (*get_active) (void);
} types[] = {
  { 24, plain_24_get_type, active_24_get_type },
  { 40, plain_40_get_type, active_40_get_type },
  { 48, plain_48_get_type, active_48_get_type },
  { 64, plain_64_get_type, active_64_get_type },
};

GType
bench_type_get_plain (gsize size)
{
  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    if (types[i].size == size)
      return types[i].get_plain ();

  return G_TYPE_INVALID;
}

GType
bench_type_get_active (gsize size)
{
  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    if (types[i].size == size)
      return types[i].get_active ();

  return G_TYPE_INVALID;
}

#else

GType
bench_type_get_plain (gsize size)
{
  return G_TYPE_INVALID;
}

GType
bench_type_get_active (gsize size)
{
  return G_TYPE_INVALID;
}

#endif
