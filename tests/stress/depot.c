/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "depot.h"

#include "fsmm-test.h"

/* --- Cookies --- */

/* Every word of an item follows from the cookie in its first one, its address and its place. */
static guint64
word_for (const guint64 *words, gsize i)
{
  return (words[0] + i) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15) ^ (guintptr) words;
}

static void
sign (guint64 *words, gsize n_words, guint64 cookie)
{
  words[0] = cookie;
  for (gsize i = 1; i < n_words; i++)
    words[i] = word_for (words, i);
}

static void
assert_signed (const guint64 *words, gsize n_words)
{
  for (gsize i = 1; i < n_words; i++)
    if (words[i] != word_for (words, i))
      g_error ("word %" G_GSIZE_FORMAT " of %p, with cookie %" G_GUINT64_FORMAT
               ", has been written to by somebody else",
               i, (gpointer) words, words[0]);
}

/* --- Raw blocks --- */

static FsmmPool *
raw_open (Depot *depot)
{
  return fsmm_pool_new_full (depot->kind->name, depot->kind->alloc_size, 0,
                             depot->kind->chunk_bytes, depot->kind->max_blocks, NULL);
}

static void
raw_close (Depot *depot)
{
  g_object_unref (depot->pool);
}

static gpointer
raw_take (Depot *depot, GError **error)
{
  return fsmm_pool_alloc (depot->pool, error);
}

/* Too short for many that wait: their time is over as they are handed a block. */
#define A_SHORT_TIME 200

static gpointer
raw_wait (Depot *depot, GError **error)
{
  return fsmm_pool_alloc_wait (depot->pool, A_SHORT_TIME, NULL, error);
}

static guint64 *
raw_look (gpointer item)
{
  return item;
}

static void
raw_give (Depot *depot, gpointer item)
{
  fsmm_test_free (depot->pool, item);
}

/* --- Blocks of a pool that is compiled in --- */

typedef struct {
  guint64 words[5];
} Packet;

FSMM_DEFINE_POOL_INLINE (Packet, packet)

static FsmmPool *
inline_open (Depot *depot)
{
  return packet_pool_get ();
}

static void
inline_close (Depot *depot)
{
}

static gpointer
inline_take (Depot *depot, GError **error)
{
  return packet_pool_new ();
}

static void
inline_give (Depot *depot, gpointer item)
{
  packet_pool_free (item);
}

/* --- Instances that own something --- */

typedef struct {
  guint64 words[6];
  char *text; /* (owned) */
} Parcel;

static gint n_made, n_cleared; /* (atomic) */

static void
parcel_init (Parcel *self)
{
  g_assert_null (self->text);
  self->text = g_strdup ("in a parcel");
  g_atomic_int_inc (&n_made);
}

static void
parcel_clear (Parcel *self)
{
  g_assert_cmpstr (self->text, ==, "in a parcel");
  g_free (self->text);
  g_atomic_int_inc (&n_cleared);
}

GType parcel_get_type (void);
FSMM_DEFINE_BOXED_TYPE_EXTENDED (Parcel, parcel, parcel_init, NULL, parcel_clear, NULL, {})

static FsmmPool *
typed_open (Depot *depot)
{
  depot->typed = fsmm_typed_pool_new_full (depot->kind->name, parcel_get_type (),
                                           depot->kind->chunk_bytes, depot->kind->max_blocks, NULL);

  return fsmm_typed_pool_get_pool (depot->typed);
}

static void
typed_close (Depot *depot)
{
  g_object_unref (depot->typed);
}

static gpointer
instance_take (Depot *depot, GError **error)
{
  return fsmm_typed_pool_construct (depot->typed, error);
}

static gpointer
instance_wait (Depot *depot, GError **error)
{
  return fsmm_typed_pool_construct_wait (depot->typed, A_SHORT_TIME, NULL, error);
}

static void
instance_give (Depot *depot, gpointer item)
{
  fsmm_test_destroy (depot->typed, item);
}

/* --- Boxes --- */

static gpointer
box_take (Depot *depot, GError **error)
{
  return fsmm_typed_pool_alloc (depot->typed, error);
}

static guint64 *
box_look (gpointer item)
{
  Parcel *parcel = fsmm_box_get (item);

  g_assert_nonnull (parcel);
  return parcel->words;
}

static void
box_give (Depot *depot, gpointer item)
{
  fsmm_box_unref (item);
}

/* --- All kinds --- */

#define RAW_WAITING raw_open, raw_close, raw_wait, raw_look, raw_give
#define INSTANCES_WAITING typed_open, typed_close, instance_wait, raw_look, instance_give
#define RAW raw_open, raw_close, raw_take, raw_look, raw_give
#define INSTANCES typed_open, typed_close, instance_take, raw_look, instance_give
#define BOXES typed_open, typed_close, box_take, box_look, box_give

/* The limits are below the number of slots, so that threads come to them. */
const DepotKind depot_kinds[DEPOT_N_KINDS] = {
  { "raw", 64, 0, 0, RAW },
  { "raw in small chunks", 24, 1024, 0, RAW },
  { "raw without caches", 256 * 1024, 0, 20, RAW },
  { "raw with a limit", 200, 4096, 200, RAW },
  { "instances", sizeof (Parcel), 0, 0, INSTANCES },
  { "instances with a limit", sizeof (Parcel), 1024, 300, INSTANCES },
  { "raw with waits", 64, 4096, 200, RAW_WAITING },
  { "instances with waits", sizeof (Parcel), 1024, 100, INSTANCES_WAITING },
  { "boxes", sizeof (Parcel), 4096, 0, BOXES },
  { "compiled in", sizeof (Packet), 0, 0, inline_open, inline_close, inline_take, raw_look,
    inline_give },
};

void
depot_open (Depot *self, const DepotKind *kind)
{
  *self = (Depot) { .kind = kind };
  self->pool = kind->open (self);
  g_assert_true (FSMM_IS_POOL (self->pool));
  self->n_words = self->typed != NULL ? G_N_ELEMENTS (((Parcel *) NULL)->words)
                                      : MIN (kind->alloc_size, 1024) / sizeof (guint64);
}

/* Asserts that nothing is lost, and that there is room again for all that there ever can be. */
void
depot_close (Depot *self, DepotCounts *counts)
{
  gsize max_blocks = self->kind->max_blocks;

  if (max_blocks > 0)
    fsmm_pool_set_max_blocks (self->pool, max_blocks);
  for (guint i = 0; i < G_N_ELEMENTS (self->slots); i++)
    depot_give (self, g_steal_pointer (&self->slots[i]), counts);
  fsmm_test_assert_counts (self->pool, 0, fsmm_pool_get_n_chunks (self->pool));
  g_assert_cmpint (self->n_taken, ==, 0);

  g_assert_true (fsmm_pool_reserve (self->pool, max_blocks, NULL));
  if (max_blocks > 0)
    g_assert_cmpuint (fsmm_pool_get_n_free (self->pool), ==, max_blocks);
  fsmm_pool_trim (self->pool);
  fsmm_test_assert_counts (self->pool, 0, 0);

  self->kind->close (self);
}

/* For when all are closed. */
void
depot_assert_all_cleared (void)
{
  g_assert_cmpint (g_atomic_int_get (&n_made), ==, g_atomic_int_get (&n_cleared));
}

/* NULL where all are taken that there can be. */
gpointer
depot_take (Depot *self, guint64 cookie, DepotCounts *counts)
{
  g_autoptr (GError) error = NULL;
  gpointer item = self->kind->take (self, &error);
  gsize n_taken;

  if (item == NULL)
    {
      if (!g_error_matches (error, FSMM_ERROR, FSMM_ERROR_TIMED_OUT))
        g_assert_error (error, FSMM_ERROR, FSMM_ERROR_EXHAUSTED);
      g_assert_cmpuint (self->kind->max_blocks, >, 0);
      counts->n_refused++;
      return NULL;
    }

  n_taken = (gsize) g_atomic_int_add (&self->n_taken, 1) + 1;
  if (self->kind->max_blocks > 0)
    g_assert_cmpuint (n_taken, <=, self->kind->max_blocks);
  sign (self->kind->look (item), self->n_words, cookie);
  counts->n_allocations++;

  return item;
}

/* Another thread that takes the item for its own finds the cookie wrong from now on. */
void
depot_give (Depot *self, gpointer item, DepotCounts *counts)
{
  guint64 *words;

  if (item == NULL)
    return;

  words = self->kind->look (item);
  assert_signed (words, self->n_words);
  counts->n_checks++;
  words[0] = ~words[0];
  g_atomic_int_add (&self->n_taken, -1);
  self->kind->give (self, item);
}

/* Makes less room, or more again. */
void
depot_move_limit (Depot *self, gsize percent)
{
  gsize max_blocks = self->kind->max_blocks;

  if (max_blocks > 0)
    fsmm_pool_set_max_blocks (self->pool, max_blocks * percent / 100);
}

/* Takes one item, and gives the one that lay in the slot. Either may be none. */
void
depot_exchange (Depot *self, guint slot, guint64 cookie, DepotCounts *counts)
{
  gpointer mine = depot_take (self, cookie, counts);

  depot_give (self, fsmm_test_swap (&self->slots[slot], mine), counts);
  __atomic_store_n (&counts->n_exchanges, counts->n_exchanges + 1, __ATOMIC_RELAXED);
}
