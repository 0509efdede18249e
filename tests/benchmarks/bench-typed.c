/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What typed pools and boxes cost above raw blocks, and beside the heap. Each case makes one
 * instance, and gives it back. */

#include "bench.h"

#include <fsmm-glib/fsmm-glib.h>
#include <string.h>

/* Plain data, without functions. */
typedef struct {
  double values[8];
} Plain;

GType plain_get_type (void);
FSMM_DEFINE_BOXED_TYPE (Plain, plain, NULL, NULL)

/* With functions that do next to nothing, so that their calls are what is measured. */
typedef struct {
  double values[8];
} Active;

static void
active_init (Active *self)
{
  self->values[0] = 1;
}

static void
active_copy (const Active *source, Active *destination)
{
  *destination = *source;
}

static void
active_clear (Active *self)
{
  bench_use (self);
}

GType active_get_type (void);
FSMM_DEFINE_BOXED_TYPE_EXTENDED (Active, active, active_init, active_copy, active_clear, NULL, {})

/* The same on the heap. */
static gpointer
heap_copy (gpointer source)
{
  Active *copy = g_new0 (Active, 1);

  active_copy (source, copy);

  return copy;
}

static void
heap_free (gpointer instance)
{
  active_clear (instance);
  g_free (instance);
}

GType heap_get_type (void);
typedef Active Heap;
G_DEFINE_BOXED_TYPE (Heap, heap, heap_copy, heap_free)

static FsmmPool *raw;
static FsmmTypedPool *plain_pool, *active_pool;

#define MEASURE(name, body)                                                                        \
  static gint64 name (guint64 n, gconstpointer data)                                               \
  {                                                                                                \
    gint64 start = bench_now ();                                                                   \
    for (guint64 i = 0; i < n; i++)                                                                \
      {                                                                                            \
        body                                                                                       \
      }                                                                                            \
    return bench_now () - start;                                                                   \
  }

MEASURE (raw_pair, {
  gpointer block = fsmm_pool_alloc0 (raw, NULL);
  bench_use (block);
  fsmm_pool_free (raw, block, NULL);
})

MEASURE (plain_pair, {
  gpointer instance = fsmm_typed_pool_construct (plain_pool, NULL);
  bench_use (instance);
  fsmm_typed_pool_destroy (plain_pool, instance, NULL);
})

MEASURE (active_pair, {
  gpointer instance = fsmm_typed_pool_construct (active_pool, NULL);
  bench_use (instance);
  fsmm_typed_pool_destroy (active_pool, instance, NULL);
})

MEASURE (heap_pair, {
  Active *instance = g_new0 (Active, 1);
  active_init (instance);
  bench_use (instance);
  active_clear (instance);
  g_free (instance);
})

MEASURE (plain_box, {
  FsmmBox *box = fsmm_typed_pool_alloc (plain_pool, NULL);
  bench_use (fsmm_box_get (box));
  fsmm_box_unref (box);
})

MEASURE (active_box, {
  FsmmBox *box = fsmm_typed_pool_alloc (active_pool, NULL);
  bench_use (fsmm_box_get (box));
  fsmm_box_unref (box);
})

MEASURE (rc_box, {
  Active *instance = g_atomic_rc_box_new0 (Active);
  active_init (instance);
  bench_use (instance);
  g_atomic_rc_box_release_full (instance, (GDestroyNotify) active_clear);
})

static gint64
boxed_pair (guint64 n, gconstpointer data)
{
  GType type = ((GType (*) (void)) data) ();
  Active source = { { 0 } };
  gint64 start = bench_now ();

  for (guint64 i = 0; i < n; i++)
    {
      gpointer copy = g_boxed_copy (type, &source);

      bench_use (copy);
      g_boxed_free (type, copy);
    }

  return bench_now () - start;
}

int
main (int argc, char *argv[])
{
  const BenchCase cases[] = {
    { "64 bytes of zeroes", "fsmm_pool_alloc0, free", raw_pair, NULL },
    { "64 bytes of zeroes", "construct, destroy without functions", plain_pair, NULL },
    { "64 bytes, init and clear", "g_new0, g_free", heap_pair, NULL },
    { "64 bytes, init and clear", "construct, destroy", active_pair, NULL },
    { "64 bytes owned by a handle", "construct, destroy without functions", plain_pair, NULL },
    { "64 bytes owned by a handle", "box without functions", plain_box, NULL },
    { "64 bytes owned by a handle", "construct, destroy", active_pair, NULL },
    { "64 bytes owned by a handle", "box", active_box, NULL },
    { "64 bytes owned by a handle", "GAtomicRcBox", rc_box, NULL },
    { "g_boxed_copy, g_boxed_free", "on the heap", boxed_pair, heap_get_type },
    { "g_boxed_copy, g_boxed_free", "in a pool", boxed_pair, active_get_type },
  };

  raw = fsmm_pool_new (sizeof (Plain), 0, NULL);
  plain_pool = fsmm_typed_pool_new (plain_get_type (), 0, NULL);
  active_pool = fsmm_typed_pool_new (active_get_type (), 0, NULL);

  return bench_main (argc, argv, "Typed pools and boxes", cases, G_N_ELEMENTS (cases));
}
