/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Two threads do something to the same instances or handles, one after the other and both in the
 * same order, so that they come to the same one at the same moment again and again: one of them
 * has its way, nothing is cleared twice, and nothing is lost. Racing frees of raw blocks, of
 * which one may be found out later, are in test-threads.c. */

#include "fsmm-test.h"

#include "fsmm-glib/base/fsmm-lock.h"

#include <sched.h>
#include <string.h>

static gint n_made, n_cleared; /* (atomic) */

typedef struct {
  char *text; /* (owned) */
} Note;

static void
note_init (Note *self)
{
  self->text = g_strdup ("a note");
  g_atomic_int_inc (&n_made);
}

static void
note_copy (const Note *source, Note *destination)
{
  g_assert_null (destination->text);
  /* So that the other thread gets its turn in the middle, also where there is one processor. */
  sched_yield ();
  destination->text = g_strdup (source->text);
  g_atomic_int_inc (&n_made);
}

static void
note_clear (Note *self)
{
  g_assert_cmpstr (self->text, ==, "a note");
  g_clear_pointer (&self->text, g_free);
  sched_yield ();
  g_atomic_int_inc (&n_cleared);
}

GType note_get_type (void);
FSMM_DEFINE_BOXED_TYPE_EXTENDED (Note, note, note_init, note_copy, note_clear, NULL, {})

static Note a_note = { (char *) "a note" };

#define N_ITEMS 64
#define MOST_STEPS 200

typedef struct {
  FsmmPool *pool;
  FsmmTypedPool *notes;
  gpointer items[N_ITEMS];
  GValue value;
  guint n_won[2];  /* how often each thread had its way, in this round */
  gint n_at_point; /* (atomic) */
  gint places[2];  /* (atomic): the items that the threads have come to */
} Ring;

/* --- What is prepared --- */

static gpointer
make_instance (Ring *ring)
{
  return fsmm_test_construct (ring->notes);
}

static gpointer
make_box (Ring *ring)
{
  return fsmm_typed_pool_alloc (ring->notes, NULL);
}

/* Each of the two has a reference. */
static gpointer
make_shared_box (Ring *ring)
{
  return fsmm_box_ref (make_box (ring));
}

static gpointer
make_handle (Ring *ring)
{
  return fsmm_pool_acquire (ring->pool, NULL);
}

static gpointer
make_shared_handle (Ring *ring)
{
  return fsmm_block_ref (make_handle (ring));
}

static gpointer
make_block (Ring *ring)
{
  return fsmm_test_alloc (ring->pool);
}

/* --- What a thread does: returns how often it has its way --- */

static gsize
destroy (Ring *ring, gpointer item)
{
  g_autoptr (GError) error = NULL;
  gboolean destroyed = fsmm_typed_pool_destroy (ring->notes, item, &error);

  g_assert_true (destroyed || g_error_matches (error, FSMM_ERROR, FSMM_ERROR_DOUBLE_FREE) ||
                 g_error_matches (error, FSMM_ERROR, FSMM_ERROR_INVALID_POINTER));

  return destroyed;
}

static gsize
drop_all_notes (Ring *ring, gpointer item)
{
  return fsmm_typed_pool_free_all (ring->notes);
}

static gsize
drop_box (Ring *ring, gpointer item)
{
  fsmm_box_drop (item);

  return 0;
}

static gsize
unref_box (Ring *ring, gpointer item)
{
  fsmm_box_unref (item);

  return 0;
}

static gsize
steal (Ring *ring, gpointer item)
{
  gpointer instance = fsmm_box_steal (item);

  if (instance != NULL)
    fsmm_test_destroy (ring->notes, instance);

  return instance != NULL;
}

/* Whoever has put it into a box drops it there. */
static gsize
take (Ring *ring, gpointer item)
{
  g_autoptr (GError) error = NULL;
  FsmmBox *box = fsmm_box_new_take (ring->notes, item, &error);

  g_assert_true (box != NULL || g_error_matches (error, FSMM_ERROR, FSMM_ERROR_RELEASED) ||
                 g_error_matches (error, FSMM_ERROR, FSMM_ERROR_INVALID_POINTER));
  g_clear_pointer (&box, fsmm_box_unref);

  return error == NULL;
}

static gsize
set_box (Ring *ring, gpointer item)
{
  g_autoptr (GError) error = NULL;

  if (fsmm_box_set_value (item, &ring->value, &error))
    return 1;

  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_RELEASED);
  return 0;
}

static gsize
release (Ring *ring, gpointer item)
{
  g_autoptr (GError) error = NULL;

  if (fsmm_block_release (item, &error))
    return 1;

  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_RELEASED);
  return 0;
}

static gsize
unref_handle (Ring *ring, gpointer item)
{
  fsmm_block_unref (item);

  return 0;
}

/* What was lent stays as it is, whatever the other thread does. */
static gsize
lend (Ring *ring, gpointer item)
{
  static const guint8 zeroes[64];
  g_autoptr (GBytes) bytes = fsmm_block_get_bytes (item, NULL);

  if (bytes == NULL)
    return 0;

  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), 64, zeroes, 64);
  return 1;
}

static gsize
drop_all_blocks (Ring *ring, gpointer item)
{
  return fsmm_pool_free_all (ring->pool);
}

static gsize
free_block (Ring *ring, gpointer item)
{
  return fsmm_test_try_free (ring->pool, item);
}

static gsize
trim (Ring *ring, gpointer item)
{
  fsmm_pool_trim (ring->pool);

  return 0;
}

/* --- Who meets whom --- */

typedef struct {
  const char *path;
  gpointer (*prepare) (Ring *ring);
  gsize (*acts[2]) (Ring *ring, gpointer item);
  gint n_wins;                   /* for each item; -1: any number */
  void (*clean) (gpointer item); /* (nullable) */
} Race;

#define UNREF_BOX ((void (*) (gpointer)) fsmm_box_unref)
#define UNREF_HANDLE ((void (*) (gpointer)) fsmm_block_unref)

static const Race races[] = {
  { "/races/destroy-destroy", make_instance, { destroy, destroy }, 1, NULL },
  { "/races/destroy-drop-all", make_instance, { destroy, drop_all_notes }, -1, NULL },
  { "/races/drop-all-drop-all", make_instance, { drop_all_notes, drop_all_notes }, 1, NULL },
  { "/races/take-take", make_instance, { take, take }, 1, NULL },
  { "/races/take-destroy", make_instance, { take, destroy }, 1, NULL },
  { "/races/take-drop-all", make_instance, { take, drop_all_notes }, -1, NULL },
  { "/races/box-drop-drop", make_box, { drop_box, drop_box }, 0, UNREF_BOX },
  { "/races/box-steal-steal", make_box, { steal, steal }, 1, UNREF_BOX },
  { "/races/box-steal-drop", make_box, { steal, drop_box }, -1, UNREF_BOX },
  { "/races/box-set-drop", make_box, { set_box, drop_box }, -1, UNREF_BOX },
  { "/races/box-set-set", make_box, { set_box, set_box }, -1, UNREF_BOX },
  { "/races/box-set-drop-all", make_box, { set_box, drop_all_notes }, -1, UNREF_BOX },
  { "/races/box-drop-drop-all", make_box, { drop_box, drop_all_notes }, -1, UNREF_BOX },
  { "/races/box-unref-unref", make_shared_box, { unref_box, unref_box }, 0, NULL },
  { "/races/handle-release-release", make_handle, { release, release }, 1, UNREF_HANDLE },
  { "/races/handle-release-drop-all", make_handle, { release, drop_all_blocks }, 1, UNREF_HANDLE },
  { "/races/handle-lend-release", make_handle, { lend, release }, -1, UNREF_HANDLE },
  { "/races/handle-lend-drop-all", make_handle, { lend, drop_all_blocks }, -1, UNREF_HANDLE },
  { "/races/handle-unref-unref", make_shared_handle, { unref_handle, unref_handle }, 0, NULL },
  { "/races/free-drop-all", make_block, { free_block, drop_all_blocks }, 1, NULL },
  { "/races/free-trim", make_block, { free_block, trim }, 1, NULL },
};

typedef struct {
  const Race *race;
  Ring *ring;
  guint n_rounds;
  guint side; /* 0 or 1: the first one prepares, and looks at what came out */
} Runner;

/* One thread comes a little later than the other, by more or less each time: sooner or later
 * each is at each place while the other is at any. */
static void
linger (guint n_steps)
{
  for (volatile guint i = 0; i < n_steps; i++)
    ;
}

/* Waits until the other thread has come to the same item. */
static void
keep_pace (Ring *ring, guint side, guint item)
{
  guint n_waits = 0;

  ANNOTATE_HAPPENS_BEFORE (&ring->places[side]);
  g_atomic_int_set (&ring->places[side], (gint) item);
  while (g_atomic_int_get (&ring->places[1 - side]) < (gint) item)
    if (++n_waits % 1024 == 0)
      sched_yield ();
  ANNOTATE_HAPPENS_AFTER (&ring->places[1 - side]);
}

/* Spins, so that both go on at the same moment. */
static void
meet (Ring *ring, gint *point)
{
  guint n_waits = 0;

  *point += 2;
  ANNOTATE_HAPPENS_BEFORE (&ring->n_at_point);
  g_atomic_int_inc (&ring->n_at_point);
  while (g_atomic_int_get (&ring->n_at_point) < *point)
    if (++n_waits % 1024 == 0)
      sched_yield ();
  ANNOTATE_HAPPENS_AFTER (&ring->n_at_point);
}

static void
prepare (const Race *race, Ring *ring)
{
  for (guint i = 0; i < N_ITEMS; i++)
    {
      ring->items[i] = race->prepare (ring);
      g_assert_nonnull (ring->items[i]);
    }
}

static void
assert_outcome (const Race *race, Ring *ring)
{
  if (race->n_wins >= 0)
    g_assert_cmpuint (ring->n_won[0] + ring->n_won[1], ==, N_ITEMS * (guint) race->n_wins);
  for (guint i = 0; i < N_ITEMS && race->clean != NULL; i++)
    race->clean (ring->items[i]);

  fsmm_test_assert_sound (ring->pool);
  fsmm_test_assert_live (ring->notes, 0);
  g_assert_cmpuint (fsmm_pool_get_n_allocated (ring->pool), ==, 0);
  g_assert_cmpint (n_made, ==, n_cleared);
}

static gpointer
run (gpointer data)
{
  Runner *self = data;
  Ring *ring = self->ring;
  gint point = 0;

  for (guint round = 0; round < self->n_rounds; round++)
    {
      if (self->side == 0)
        prepare (self->race, ring);
      meet (ring, &point);

      ring->n_won[self->side] = 0;
      for (guint i = 0; i < N_ITEMS; i++)
        {
          keep_pace (ring, self->side, round * N_ITEMS + i);
          linger ((round + i) % 2 == self->side ? (round + i) / 2 % MOST_STEPS : 0);
          ring->n_won[self->side] += self->race->acts[self->side](ring, ring->items[i]);
        }

      meet (ring, &point);
      if (self->side == 0)
        assert_outcome (self->race, ring);
    }

  return NULL;
}

static void
test_race (gconstpointer race)
{
  guint n_rounds = fsmm_test_is_slow_environment () ? 20 : 1000;
  Ring ring = { .value = G_VALUE_INIT };
  Runner runners[2] = { { race, &ring, n_rounds, 0 }, { race, &ring, n_rounds, 1 } };
  GThread *threads[2];

  n_made = n_cleared = 0;
  ring.pool = fsmm_test_pool_new (64, 1024);
  ring.notes = fsmm_typed_pool_new (note_get_type (), 1024, NULL);
  g_value_init (&ring.value, note_get_type ());
  g_value_set_static_boxed (&ring.value, &a_note);

  for (guint i = 0; i < 2; i++)
    threads[i] = g_thread_new ("race", run, &runners[i]);
  for (guint i = 0; i < 2; i++)
    g_thread_join (threads[i]);

  g_object_unref (ring.pool);
  g_object_unref (ring.notes);
}

int
main (int argc, char *argv[])
{
  fsmm_test_want_caches ();
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (races); i++)
    g_test_add_data_func (races[i].path, &races[i], test_race);

  return g_test_run ();
}
