/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Sixty-four cells at a time give the same bits as one after the other. This is built twice: for
 * what the processor has, and for the form that suits any. */

#include "fsmm-test.h"

#include "fsmm-glib/engine/chunk/fsmm-cells.h"

#include <string.h>

static FsmmState cells[3 * FSMM_WORD_CELLS] __attribute__ ((aligned (64)));

/* The middle word. What is around it must not matter, so each test fills that with its own. */
#define WORD (cells + FSMM_WORD_CELLS)

static const FsmmState states[] = {
  FSMM_STATE_TAIL,   FSMM_STATE_LIVE,        FSMM_STATE_HELD, FSMM_STATE_CLAIMED,
  FSMM_STATE_REMOTE, FSMM_STATE_QUARANTINED, FSMM_STATE_FREE, FSMM_STATE_UNUSED,
};

static guint64
find_one_by_one (const FsmmState *word)
{
  guint64 idle = 0;

  for (guint i = 0; i < FSMM_WORD_CELLS; i++)
    if (word[i] == FSMM_STATE_FREE || word[i] == FSMM_STATE_UNUSED)
      idle |= (guint64) 1 << i;

  return idle;
}

static void
assert_same (void)
{
  g_assert_cmphex (fsmm_cells_find_idle (WORD), ==, find_one_by_one (WORD));
}

/* Each state in each place, among cells that all have another one. */
static void
test_each_state_in_each_cell (void)
{
  for (guint other = 0; other < G_N_ELEMENTS (states); other++)
    for (guint state = 0; state < G_N_ELEMENTS (states); state++)
      {
        memset (cells, states[other], sizeof cells);
        for (guint i = 0; i < FSMM_WORD_CELLS; i++)
          {
            WORD[i] = states[state];
            assert_same ();
            WORD[i] = states[other];
          }
      }
}

/* A processor's register, or a part of the word, has some of the cells: all patterns of eight that
 * are side by side, wherever they start. */
static void
test_all_patterns_of_eight (void)
{
  for (guint n = 0; n < 2; n++)
    for (guint pattern = 0; pattern < 256; pattern++)
      for (guint start = 0; start + 8 <= FSMM_WORD_CELLS; start++)
        {
          memset (cells, n ? FSMM_STATE_FREE : FSMM_STATE_LIVE, sizeof cells);
          for (guint i = 0; i < 8; i++)
            WORD[start + i] = pattern >> i & 1 ? FSMM_STATE_UNUSED : FSMM_STATE_REMOTE;
          assert_same ();
        }
}

static void
test_neighbours_do_not_count (void)
{
  memset (cells, FSMM_STATE_FREE, sizeof cells);
  memset (WORD, FSMM_STATE_LIVE, FSMM_WORD_CELLS);
  g_assert_cmphex (fsmm_cells_find_idle (WORD), ==, 0);

  memset (cells, FSMM_STATE_LIVE, sizeof cells);
  memset (WORD, FSMM_STATE_FREE, FSMM_WORD_CELLS);
  g_assert_cmphex (fsmm_cells_find_idle (WORD), ==, G_MAXUINT64);
}

static void
test_random_cells (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (11);

  for (guint n = 0; n < 20000; n++)
    {
      for (guint i = 0; i < G_N_ELEMENTS (cells); i++)
        cells[i] = states[g_rand_int_range (rand, 0, G_N_ELEMENTS (states))];
      assert_same ();
    }
}

/* As where malloc () gives memory that is aligned for a pointer only. */
static void
test_any_alignment (void)
{
  for (gsize offset = 0; offset < FSMM_WORD_CELLS; offset += sizeof (gpointer))
    {
      memset (cells, FSMM_STATE_FREE, sizeof cells);
      memset (WORD + offset, FSMM_STATE_LIVE, FSMM_WORD_CELLS);
      g_assert_cmphex (fsmm_cells_find_idle (WORD + offset), ==, 0);
      WORD[offset + 11] = FSMM_STATE_UNUSED;
      g_assert_cmphex (fsmm_cells_find_idle (WORD + offset), ==, 1 << 11);
    }
}

/* What is idle, and what is out, follows from the state alone. */
static void
test_kinds_of_states (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (states); i++)
    {
      FsmmState state = states[i];

      g_assert_cmpint (state >> 7, ==,
                       state == FSMM_STATE_FREE || state == FSMM_STATE_UNUSED);
      g_assert_cmpint (fsmm_state_is_out (state), ==,
                       state == FSMM_STATE_LIVE || state == FSMM_STATE_HELD ||
                           state == FSMM_STATE_CLAIMED);
      g_assert_cmpint (fsmm_state_is_in_use (&state), ==,
                       state == FSMM_STATE_LIVE || state == FSMM_STATE_HELD);
    }
}

/* --- Words --- */

static guint
count_one_by_one (guint64 word)
{
  guint n = 0;

  for (guint i = 0; i < 64; i++)
    n += word >> i & 1;

  return n;
}

static guint64
find_lowest_one_by_one (guint64 word, gsize n)
{
  guint64 lowest = 0;

  for (guint i = 0; i < 64 && count_one_by_one (lowest) < n; i++)
    lowest |= word & (guint64) 1 << i;

  return lowest;
}

static void
assert_word (guint64 word)
{
  g_assert_cmpuint (fsmm_word_count (word), ==, count_one_by_one (word));
  for (gsize n = 0; n <= 65; n++)
    g_assert_cmphex (fsmm_word_lowest (word, n), ==, find_lowest_one_by_one (word, n));
  g_assert_cmphex (fsmm_word_lowest (word, G_MAXSIZE), ==, word);
}

static void
test_words (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (13);

  assert_word (0);
  assert_word (G_MAXUINT64);
  for (guint i = 0; i < 64; i++)
    {
      assert_word ((guint64) 1 << i);
      assert_word (((guint64) 1 << i) - 1);
      assert_word (~((guint64) 1 << i));
    }
  for (guint i = 0; i < 300; i++)
    assert_word ((guint64) g_rand_int (rand) << 32 | g_rand_int (rand));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/cells/each-state-in-each-cell", test_each_state_in_each_cell);
  g_test_add_func ("/cells/all-patterns-of-eight", test_all_patterns_of_eight);
  g_test_add_func ("/cells/neighbours-do-not-count", test_neighbours_do_not_count);
  g_test_add_func ("/cells/random", test_random_cells);
  g_test_add_func ("/cells/any-alignment", test_any_alignment);
  g_test_add_func ("/cells/kinds-of-states", test_kinds_of_states);
  g_test_add_func ("/cells/words", test_words);

  return g_test_run ();
}
