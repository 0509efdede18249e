/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A block that is freed twice, with all that can happen in between, in pools of each kind. What two
 * threads do at the same moment is in test-threads.c. */

#include "fsmm-test-kinds.h"

#include <string.h>

/* What happens, one thing after the other; small letters are names of blocks.
 *
 *   +a takes a block, -a frees it           P makes 1024 pairs of taking and freeing
 *   !a is refused, since it is free         T takes 1024 blocks, G frees them
 *   ?a is refused, since its chunk is gone  R brings back what caches hold
 *   <a >a *a are +a -a !a in a new thread   M gives back what memory it can
 *   =ba takes the block again that a was    X drops all blocks
 *       before, and calls it b */
typedef struct {
  const char *name;
  const char *script;
} Story;

static const Story stories[] = {
  { "at-once", "+a -a !a" },
  { "again-and-again", "+a -a !a !a !a" },
  { "delayed", "+a +b -a -b !a !b" },
  { "interleaved", "+a +b -a !a -b !a !b" },
  /* A stale pointer frees the block that came after it, which nothing can tell. The owner of that
   * block is told. */
  { "after-one-reuse", "+a -a =ba -a !b !a" },
  { "beside-one-reuse", "+a +b -b -a =ca !b -c !a" },
  { "with-1024-pairs-between", "+a +b -a P !a -b" },
  { "with-1024-frees-between", "+a T -a G !a" },
  { "freed-by-another-thread", "+a >a !a" },
  { "freed-again-by-another-thread", "+a -a *a !a" },
  { "of-a-block-of-another-thread", "<a -a *a !a" },
  { "when-the-other-thread-has-ended", "<a +b >a !a -b *a" },
  { "when-caches-are-empty", "+a +b -a R !a -b" },
  { "trimmed-beside-a-live-block", "+a +b -a M !a -b !b" },
  { "when-its-chunk-is-released", "+a -a M ?a" },
  { "when-all-is-dropped", "+a X ?a" },
  { "freed-and-dropped", "+a -a X ?a" },
  { "dropped-and-taken-again", "+a X +b -b !b" },
};

typedef struct {
  FsmmTestPool pool;
  gpointer blocks[26];
  gpointer many[1024];
} Stage;

static gpointer *
block_of (Stage *stage, char name)
{
  return &stage->blocks[name - 'a'];
}

static void
assert_refused (Stage *stage, gpointer block, FsmmError code, const char *words)
{
  FsmmPool *pool = stage->pool.pool;
  g_autoptr (GError) error = NULL;
  g_autofree char *where = g_strdup_printf ("%p", block);
  g_autofree char *pattern = g_strdup_printf ("*\"test\"*%p*%s*", block, words);
  gsize n_allocated = fsmm_pool_get_n_allocated (pool);
  gint n_cleared = fsmm_test_n_cleared ();

  g_assert_false (fsmm_test_pool_try_free (&stage->pool, block, &error));
  g_assert_error (error, FSMM_ERROR, (gint) code);
  g_assert_nonnull (strstr (error->message, "\"test\""));
  g_assert_nonnull (strstr (error->message, where));
  g_assert_nonnull (strstr (error->message, words));

  fsmm_test_expect_report (pattern);
  g_assert_false (fsmm_test_pool_try_free (&stage->pool, block, NULL));
  fsmm_test_assert_reported ();

  g_assert_false (fsmm_pool_is_allocated (pool, block));
  g_assert_null (fsmm_pool_for_block (block));
  g_assert_cmpuint (fsmm_pool_get_n_allocated (pool), ==, n_allocated);
  g_assert_cmpint (fsmm_test_n_cleared (), ==, n_cleared);
  fsmm_test_assert_sound (pool);
}

/* Two at a time: one alone might be the block that was freed last, over and over. */
static void
make_1024_pairs (Stage *stage)
{
  for (guint i = 0; i < 512; i++)
    {
      gpointer one = fsmm_test_pool_alloc (&stage->pool);
      gpointer two = fsmm_test_pool_alloc (&stage->pool);

      fsmm_test_pool_free (&stage->pool, one);
      fsmm_test_pool_free (&stage->pool, two);
    }
}

static void
take_1024 (Stage *stage)
{
  for (guint i = 0; i < G_N_ELEMENTS (stage->many); i++)
    stage->many[i] = fsmm_test_pool_alloc (&stage->pool);
}

static void
give_1024 (Stage *stage)
{
  for (guint i = 0; i < G_N_ELEMENTS (stage->many); i++)
    fsmm_test_pool_free (&stage->pool, stage->many[i]);
}

/* Takes a block that is free. Others that come first are given back. */
static void
take_again (Stage *stage, gpointer block)
{
  gsize n_free = fsmm_pool_get_n_free (stage->pool.pool);
  guint n_others = 0;
  gpointer taken;

  while ((taken = fsmm_test_pool_alloc (&stage->pool)) != block)
    {
      stage->many[n_others++] = taken;
      g_assert_cmpuint (n_others, <, n_free);
    }

  while (n_others > 0)
    fsmm_test_pool_free (&stage->pool, stage->many[--n_others]);
}

/* Does one thing with a block in the calling thread. */
static void
act_on_block (Stage *stage, char what, gpointer *block)
{
  switch (what)
    {
    case '+':
      *block = fsmm_test_pool_alloc (&stage->pool);
      break;
    case '-':
      fsmm_test_pool_free (&stage->pool, *block);
      break;
    case '!':
      assert_refused (stage, *block, FSMM_ERROR_DOUBLE_FREE, "free already");
      break;
    case '?':
      assert_refused (stage, *block, FSMM_ERROR_INVALID_POINTER, "released");
      break;
    default:
      g_assert_not_reached ();
    }
}

typedef struct {
  Stage *stage;
  char what;
  gpointer *block;
} Errand;

static gpointer
run_errand (gpointer data)
{
  Errand *errand = data;

  act_on_block (errand->stage, errand->what, errand->block);

  return NULL;
}

static void
act_on_block_somewhere (Stage *stage, char what, gpointer *block)
{
  static const char in_thread[][2] = { { '<', '+' }, { '>', '-' }, { '*', '!' } };

  for (guint i = 0; i < G_N_ELEMENTS (in_thread); i++)
    if (what == in_thread[i][0])
      {
        Errand errand = { stage, in_thread[i][1], block };

        g_thread_join (g_thread_new ("errand", run_errand, &errand));
        return;
      }

  act_on_block (stage, what, block);
}

static void
act_on_all (Stage *stage, char what)
{
  switch (what)
    {
    case 'P':
      make_1024_pairs (stage);
      break;
    case 'T':
      take_1024 (stage);
      break;
    case 'G':
      give_1024 (stage);
      break;
    case 'R':
      g_assert_true (fsmm_pool_reserve (stage->pool.pool, 1, NULL));
      break;
    case 'M':
      fsmm_pool_trim (stage->pool.pool);
      break;
    case 'X':
      g_assert_cmpuint (fsmm_test_pool_free_all (&stage->pool), <=, 1);
      break;
    default:
      g_assert_not_reached ();
    }
}

/* Does what the script says next. Returns how many letters that took. */
static guint
act (Stage *stage, const char *script)
{
  if (script[0] == ' ')
    return 1;

  if (g_ascii_isupper (script[0]))
    {
      act_on_all (stage, script[0]);
      return 1;
    }

  if (script[0] == '=')
    {
      *block_of (stage, script[1]) = *block_of (stage, script[2]);
      take_again (stage, *block_of (stage, script[1]));
      return 3;
    }

  act_on_block_somewhere (stage, script[0], block_of (stage, script[1]));
  return 2;
}

typedef struct {
  const Story *story;
  const FsmmTestKind *kind;
} Case;

static void
test_story (gconstpointer data)
{
  const Case *c = data;
  g_autofree Stage *stage = g_new0 (Stage, 1);

  fsmm_test_pool_open (&stage->pool, c->kind, "test");
  for (const char *next = c->story->script; *next != '\0';)
    next += act (stage, next);
  fsmm_test_pool_close (&stage->pool);
}

int
main (int argc, char *argv[])
{
  static Case cases[FSMM_TEST_N_KINDS][G_N_ELEMENTS (stories)];

  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < FSMM_TEST_N_KINDS; i++)
    for (guint j = 0; j < G_N_ELEMENTS (stories); j++)
      {
        g_autofree char *path = g_strdup_printf ("/double-free/%s/%s", fsmm_test_kinds[i].name,
                                                 stories[j].name);

        cases[i][j] = (Case) { &stories[j], &fsmm_test_kinds[i] };
        g_test_add_data_func (path, &cases[i][j], test_story);
      }

  return g_test_run ();
}
