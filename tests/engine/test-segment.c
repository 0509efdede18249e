/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How a store asks for memory, and which of it goes back while its addresses stay. */

#include "fsmm-test.h"

#include "fsmm-glib/engine/chunk/fsmm-segment.h"

#include <string.h>
#include <sys/mman.h>

#define SLOT_BYTES ((gsize) 64 * 1024)
#define HUGE_PAGE ((gsize) 2 * 1024 * 1024)
#define N_SLOTS 640

typedef struct {
  FsmmSegments segments;
  gsize slot_size;
  guint n_slots;
  gpointer slots[N_SLOTS];
  FsmmSegment *of[N_SLOTS];
} Slots;

static Slots *
slots_new (gsize slot_size, guint n_slots)
{
  Slots *self = g_new0 (Slots, 1);

  fsmm_segments_init (&self->segments, slot_size, FALSE);
  self->slot_size = slot_size;
  self->n_slots = n_slots;
  for (guint i = 0; i < n_slots; i++)
    {
      self->slots[i] = fsmm_segments_alloc_slot (&self->segments, &self->of[i]);
      g_assert_nonnull (self->slots[i]);
    }

  return self;
}

static void
free_slot (Slots *self, guint i, GQueue *unused)
{
  if (fsmm_segments_free_slot (&self->segments, self->of[i], self->slots[i]))
    fsmm_segments_remove (&self->segments, self->of[i], unused);
  self->slots[i] = NULL;
}

static void
slots_free (Slots *self)
{
  GQueue unused = G_QUEUE_INIT;

  for (guint i = 0; i < self->n_slots; i++)
    if (self->slots[i] != NULL)
      free_slot (self, i, &unused);
  g_assert_cmpuint (self->segments.n_bytes, ==, 0);
  g_assert_cmpuint (self->segments.open.length, ==, 0);
  fsmm_segments_release (&unused, FALSE);
  g_free (self);
}

static gsize
count_resident (const Slots *self, guint i)
{
  gsize page_size = self->segments.page_size;
  g_autofree guint8 *pages = g_new0 (guint8, MAX (1, self->slot_size / page_size));
  gpointer page = (gpointer) ((guintptr) self->slots[i] & ~(guintptr) (page_size - 1));
  gsize n_resident = 0;

  g_assert_cmpint (mincore (page, MAX (self->slot_size, page_size), pages), ==, 0);
  for (gsize j = 0; j < MAX (1, self->slot_size / page_size); j++)
    n_resident += pages[j] & 1;

  return n_resident;
}

/* Each time by an eighth, but no less than a granule and no more than a huge page. */
static void
test_stores_grow_by_an_eighth (void)
{
  Slots *slots = slots_new (SLOT_BYTES, N_SLOTS);
  gsize n_bytes = 0;
  guint n_segments = 0;

  for (guint i = 0; i < N_SLOTS; i++)
    if (i == 0 || slots->of[i] != slots->of[i - 1])
      {
        gsize size = slots->of[i]->size;

        g_assert_cmpuint (size, <=, MAX (SLOT_BYTES, n_bytes / 8));
        g_assert_cmpuint (2 * size, >, MIN (HUGE_PAGE, n_bytes / 8));
        g_assert_cmpuint (slots->of[i]->is_huge, ==, n_bytes >= 8 * HUGE_PAGE);
        n_bytes += size;
        n_segments++;
      }

  g_assert_cmpuint (slots->segments.n_bytes, ==, n_bytes);
  g_assert_cmpuint (n_segments, <, 70);
  slots_free (slots);
}

/* None is asked for where that is not wanted, and pages come at once instead. */
static void
test_without_huge_pages (void)
{
  if (g_test_subprocess ())
    {
      Slots *slots;

      g_setenv ("FSMM_HUGE_PAGES", "no", TRUE);
      slots = slots_new (SLOT_BYTES, N_SLOTS);
      for (guint i = 0; i < N_SLOTS; i++)
        g_assert_false (slots->of[i]->is_huge);
      slots_free (slots);
      return;
    }

  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
}

static void
test_large_slots_are_segments (void)
{
  Slots *slots = slots_new (2 * HUGE_PAGE, 10);

  for (guint i = 0; i < slots->n_slots; i++)
    {
      g_assert_cmpuint (slots->of[i]->size, ==, 2 * HUGE_PAGE);
      g_assert_cmpuint (slots->of[i]->is_huge, ==, i >= 4);
    }
  slots_free (slots);
}

/* A chunk that is a small part of its store is in memory before it is used. */
static void
test_populates_a_small_part (void)
{
  Slots *slots = slots_new (SLOT_BYTES, 40);
  gsize n_pages = SLOT_BYTES / slots->segments.page_size;

#ifdef MADV_POPULATE_WRITE
  if (madvise (slots->slots[0], SLOT_BYTES, MADV_POPULATE_WRITE) == 0)
    for (guint i = 0; i < slots->n_slots; i++)
      g_assert_cmpuint (count_resident (slots, i), ==, i == 0 || i >= 7 ? n_pages : 0);
#endif

  slots_free (slots);
}

/* Every slot whose number has a bit of @mask is freed. What is in use keeps its memory, and all of
 * the rest goes. */
static void
check_tidying (gsize slot_size, guint mask)
{
  const guint n_slots = 320;
  Slots *slots = slots_new (slot_size, n_slots);
  gsize page_size = slots->segments.page_size;
  GQueue unused = G_QUEUE_INIT;
  gpointer freed[N_SLOTS] = { NULL };

  for (guint i = 0; i < n_slots; i++)
    memset (slots->slots[i], 1 + (int) (i % 200), slot_size);
  for (guint i = 0; i < n_slots; i++)
    if (i & mask)
      {
        freed[i] = slots->slots[i];
        free_slot (slots, i, &unused);
      }
  g_assert_true (slots->segments.has_dirty);
  fsmm_segments_tidy (&slots->segments);
  g_assert_false (slots->segments.has_dirty);

  for (guint i = 0; i < n_slots; i++)
    if (freed[i] == NULL)
      for (gsize j = 0; j < slot_size; j++)
        g_assert_cmpuint (((guint8 *) slots->slots[i])[j], ==, 1 + i % 200);
    else if (slot_size >= page_size && slots->of[i]->used != 0)
      {
        slots->slots[i] = freed[i];
        g_assert_cmpuint (count_resident (slots, i), ==, 0);
        slots->slots[i] = NULL;
      }

  fsmm_segments_release (&unused, FALSE);
  slots_free (slots);
}

static void
test_freed_slots_go_back (void)
{
  const gsize sizes[] = { 1024, 4096, 16384, SLOT_BYTES };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    for (guint mask = 1; mask < 64; mask++)
      check_tidying (sizes[i], mask);
}

/* Four slots of 1 KiB share a page with four others, which go one after the other. */
static void
test_page_of_small_slots_goes_with_the_last (void)
{
  Slots *slots = slots_new (1024, 64);
  gsize per_page = slots->segments.page_size / 1024;
  GQueue unused = G_QUEUE_INIT;
  gpointer last;

  if (per_page < 64)
    {
      for (guint i = 0; i < 64; i++)
        memset (slots->slots[i], 1, 1024);
      last = slots->slots[per_page - 1];
      for (guint i = 0; i < per_page; i++)
        {
          g_assert_cmpuint (*(guint8 *) last, ==, 1);
          free_slot (slots, i, &unused);
          fsmm_segments_tidy (&slots->segments);
        }
      slots->slots[0] = last;
      g_assert_cmpuint (count_resident (slots, 0), ==, 0);
      slots->slots[0] = NULL;
    }

  slots_free (slots);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/segment/grows-by-an-eighth", test_stores_grow_by_an_eighth);
  g_test_add_func ("/segment/without-huge-pages", test_without_huge_pages);
  g_test_add_func ("/segment/large-slots", test_large_slots_are_segments);
  g_test_add_func ("/segment/freed-slots-go-back", test_freed_slots_go_back);
  g_test_add_func ("/segment/page-of-small-slots", test_page_of_small_slots_goes_with_the_last);
  /* Under tools, pages are in memory that nobody has touched. */
  if (!fsmm_test_is_slow_environment ())
    g_test_add_func ("/segment/populates-a-small-part", test_populates_a_small_part);

  return g_test_run ();
}
