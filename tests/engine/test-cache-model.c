/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Every interleaving of small programs, on the model of how threads share blocks without a lock. */

#include "cache-model.h"
#include "fsmm-test.h"

#include <string.h>

/* Calls, as bits. */
#define F (1U << CALL_FREE)
#define A (1U << CALL_ALLOC)
#define DESTROY (1U << CALL_DESTROY)
#define MAKE (1U << CALL_MAKE)
#define MANY (1U << CALL_MANY)
#define FAIL (1U << CALL_MANY_FAIL)
#define TRIM (1U << CALL_TRIM)
#define DROP (1U << CALL_DROP)
#define STEPS (1U << CALL_DROP_STEPS)
#define END (1U << CALL_END)

typedef struct {
  const char *name;
  guint8 regions[N_REGIONS]; /* which blocks are in each */
  guint8 owners[N_REGIONS];
  struct {
    guint calls;   /* that the thread may make, on any block */
    guint n_calls; /* how many, at most */
  } threads[N_THREADS];
  guint8 max_blocks;
  guint8 idle;        /* blocks that are not LIVE at first */
  gboolean has_stops; /* an alloc may stop others, too */
  gboolean is_symmetric;
  gboolean takes_over;
} Program;

static const Program programs[] = {
  { "free", { 1 }, { 0 }, .threads = { { F | A, 5 }, { F | A, 5 } } },
  { "three", { 1 }, { 0 }, .threads = { { F | A, 3 }, { F | A, 3 }, { F, 3 } } },
  { "two-regions", { 1, 2 }, { 0, 0 }, .threads = { { F | A, 3 }, { F | A, 3 } } },
  { "two-blocks", { 3 }, { 0 }, .threads = { { F | A, 3 }, { F | A, 3 } } },
  { "news", { 3, 12 }, { 0, 0 }, .threads = { { A, 1 }, { F, 2 }, { F, 2 } } },
  { "end", { 1, 2 }, { 0, 1 }, .threads = { { F | A | END, 3 }, { F | A | END, 3 } } },
  { "end-three", { 1 }, { 0 }, .threads = { { F | END, 2 }, { F | A, 3 }, { F | A, 2 } } },
  { "many", { 1 }, { 0 }, .threads = { { F | A | END, 3 }, { MANY | FAIL | A, 3 } } },
  { "many-three", { 1 }, { 0 },
    .threads = { { F | A | END, 2 }, { MANY | FAIL, 2 }, { F | A, 2 } } },
  { "many-own", { 1 }, { 0 }, .threads = { { MANY | FAIL | A, 3 }, { F | A, 3 } } },
  { "many-trim", { 1 }, { 0 }, .threads = { { F | A, 2 }, { MANY | FAIL, 2 }, { TRIM, 1 } },
    .has_stops = TRUE },
  { "trim", { 1 }, { 0 }, .threads = { { F | A, 3 }, { F | A, 2 }, { TRIM, 1 } },
    .has_stops = TRUE },
  { "trim-two", { 1, 2 }, { 0, 1 }, .threads = { { F | A | TRIM, 3 }, { F | A | TRIM, 2 } },
    .has_stops = TRUE },
  { "symmetric", { 1 }, { 0 }, .threads = { { F | A, 3 }, { F | A, 2 }, { TRIM, 1 } },
    .has_stops = TRUE, .is_symmetric = TRUE },
  { "drop", { 1 }, { 0 }, .threads = { { F | A, 3 }, { F | A, 2 }, { DROP, 1 } },
    .has_stops = TRUE },
  { "over", { 1, 2 }, { 0, 1 }, .threads = { { F | A, 3 }, { F | A, 3 } },
    .has_stops = TRUE, .takes_over = TRUE },
  { "over-two-blocks", { 3 }, { 0 }, .threads = { { F | A, 3 }, { A, 2 } },
    .idle = 3, .has_stops = TRUE, .takes_over = TRUE },
  { "over-three", { 1 }, { 0 }, .threads = { { F | A, 2 }, { F | A, 2 }, { F, 1 } },
    .has_stops = TRUE, .takes_over = TRUE },
  { "over-end", { 1, 2 }, { 0, 1 }, .threads = { { F | A | END, 2 }, { F | A | END, 3 } },
    .has_stops = TRUE, .takes_over = TRUE },
  { "typed", { 1 }, { 0 },
    .threads = { { DESTROY | MAKE, 2 }, { DESTROY | MAKE, 2 }, { DROP | TRIM, 1 } },
    .has_stops = TRUE },
  { "typed-end", { 1, 2 }, { 0, 1 },
    .threads = { { DESTROY | MAKE | END, 3 }, { DESTROY | MAKE, 2 } },
    .has_stops = TRUE },
  { "steps", { 1 }, { 0 }, .threads = { { DESTROY | MAKE, 2 }, { DESTROY, 2 }, { STEPS, 1 } },
    .has_stops = TRUE },
  { "steps-two", { 3 }, { 0 },
    .threads = { { DESTROY | MAKE, 2 }, { DESTROY | DROP, 1 }, { STEPS, 1 } },
    .has_stops = TRUE },
  { "steps-free", { 1 }, { 0 }, .threads = { { F | A, 2 }, { F | A, 2 }, { STEPS, 1 } },
    .has_stops = TRUE },
  { "limit", { 7 }, { 0 }, .threads = { { F | A, 3 }, { F | A, 3 } },
    .max_blocks = 2, .idle = 4, .has_stops = TRUE },
  { "limit-trim", { 3, 12 }, { 0, 1 }, .threads = { { A, 2 }, { A | TRIM, 2 } },
    .max_blocks = 3, .idle = 11, .has_stops = TRUE },
  { "limit-two", { 3, 4 }, { 0, 0 }, .threads = { { F | A, 2 }, { F | A, 2 }, { A | TRIM, 1 } },
    .max_blocks = 2, .idle = 2, .has_stops = TRUE },
};

static const struct {
  const char *name;
  Part part;
  const char *program; /* in which it is missed */
} broken[] = {
  { "own-check", OWN_CHECK, "free" },
  { "exchange", EXCHANGE, "free" },
  { "claim-exchange", CLAIM_EXCHANGE, "typed" },
  { "claim-exchange-many", CLAIM_EXCHANGE, "many" },
  { "mask-check", MASK_CHECK, "free" },
  { "map-check", MAP_CHECK, "free" },
  { "collect-check", COLLECT_CHECK, "free" },
  { "collect-report", COLLECT_REPORT, "free" },
  { "adopt-collect", ADOPT_COLLECT, "end" },
  { "news-order", NEWS_ORDER, "news" },
  { "news-passed-on", NEWS_PASSED_ON, "over" },
  { "key-check", KEY_CHECK, "trim" },
  { "known-check", KNOWN_CHECK, "trim" },
  { "known-check-over", KNOWN_CHECK, "over" },
  { "stopped-check", STOPPED_CHECK, "symmetric" },
  { "stopped-check-trim", STOPPED_CHECK, "trim" },
  { "barrier", BARRIER, "trim" },
  { "fence", FENCE, "symmetric" },
  { "wait", WAIT, "trim" },
  { "stop-flush", STOP_FLUSH, "trim" },
  { "stop-collect", STOP_COLLECT, "drop" },
  { "stop-news", STOP_NEWS, "drop" },
  { "stop-claims", STOP_CLAIMS, "limit-trim" },
  { "stop-count", STOP_COUNT, "limit-two" },
  { "disown-claims", DISOWN_CLAIMS, "over-two-blocks" },
  { "disown-known", DISOWN_KNOWN, "trim" },
  { "disown-known-over", DISOWN_KNOWN, "over" },
  { "limit-cells", LIMIT_CELLS, "limit" },
  { "reclaim", RECLAIM, "limit" },
  { "pin", PIN, "typed" },
  { "epoch-check", EPOCH_CHECK, "typed" },
  { "closed-check-claim", CLOSED_CHECK, "steps" },
  { "closed-check-free", CLOSED_CHECK, "steps-free" },
  { "unclaim-exchange", UNCLAIM_EXCHANGE, "many" },
  { "many-report", MANY_REPORT, "many" },
  { "many-orphan", MANY_ORPHAN, "many" },
};

typedef struct _Node Node;
struct _Node {
  State state; /* first: a node is hashed and compared as its state */
  const Node *from;
  guint8 thread;
  guint8 call;
  guint8 step;
};

typedef struct {
  const Program *program;
  GPtrArray *nodes; /* (element-type Node): the further from the start, the later */
  GHashTable *seen; /* (element-type Node) (not owned) */
} Search;

#define SHOW_BUSY N_STEPS /* no step of the program: the store buffer is written */

static guint
hash_state (gconstpointer state)
{
  guint64 words[sizeof (State) / sizeof (guint64)];
  guint64 hash = 0;

  memcpy (words, state, sizeof words);
  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    {
      hash = (hash ^ words[i]) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
      hash ^= hash >> 29;
    }

  return (guint) (hash >> 16);
}

static gboolean
equal_states (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, sizeof (State)) == 0;
}

static gboolean
take_step (State *s, guint t, guint step)
{
  if (step != SHOW_BUSY)
    return model_steps[step].take (s, t);

  s->threads[t].shows_busy = TRUE;
  return TRUE;
}

/* Adds the state that the thread's step leads to. FALSE: it cannot take that. */
static gboolean
follow (Search *search, const Node *from, guint t, guint step, guint call, guint block)
{
  Node *node, next;

  memcpy (&next, from, sizeof next);
  next.from = from;
  next.thread = t;
  next.step = step;
  next.call = call;

  next.state.threads[t].call = call;
  next.state.threads[t].block = block;
  next.state.threads[t].n_calls -= step == BEGIN;
  if (!take_step (&next.state, t, step))
    return FALSE;

  model_check (&next.state);
  if (!g_hash_table_contains (search->seen, &next))
    {
      node = g_memdup2 (&next, sizeof next);
      g_hash_table_add (search->seen, node);
      g_ptr_array_add (search->nodes, node);
    }

  return TRUE;
}

static gboolean
is_for_block (guint call)
{
  return call == CALL_FREE || call == CALL_DESTROY || call == CALL_MANY || call == CALL_MANY_FAIL;
}

static void
follow_calls (Search *search, const Node *from, guint t)
{
  const Program *program = search->program;
  guint blocks = program->regions[0] | program->regions[1];

  for (guint call = 0; call < N_CALLS && from->state.threads[t].n_calls > 0; call++)
    for (guint block = 0; block < (is_for_block (call) ? N_BLOCKS : 1); block++)
      if (program->threads[t].calls & 1U << call && (!is_for_block (call) || blocks & 1U << block))
        follow (search, from, t, BEGIN, call, block);
}

/* Adds all states that one step leads to. Returns what is wrong with this one. */
static const char *
look_at (Search *search, const Node *node)
{
  guint n_between_calls = 0, n_taken = 0;
  State end;

  if (node->state.fault != NULL)
    return node->state.fault;

  for (guint t = 0; t < N_THREADS; t++)
    {
      const Thread *self = &node->state.threads[t];

      if (self->step == BEGIN)
        {
          n_between_calls++;
          follow_calls (search, node, t);
          continue;
        }

      n_taken += follow (search, node, t, self->step, self->call, self->block);
      if (self->is_busy && !self->shows_busy)
        follow (search, node, t, SHOW_BUSY, self->call, self->block);
    }

  if (n_between_calls < N_THREADS)
    return n_taken > 0 ? NULL : "no thread can go on";

  memcpy (&end, &node->state, sizeof end);
  model_check_end (&end);
  return end.fault;
}

static void
print_way_to (const Node *node)
{
  static const char *const cells[] = { "FREE", "LIVE", "CLAIMED", "REMOTE" };
  const State *s = &node->state;

  if (node->from == NULL)
    return;

  print_way_to (node->from);
  g_test_message ("%c: %-9s %u %-36s cells %s %s %s %s, maps %u %u, masks %u %u %u, count %d",
                  'A' + node->thread, model_calls[node->call], s->threads[node->thread].block,
                  node->step == SHOW_BUSY ? "shows that it is busy" : model_steps[node->step].name,
                  cells[s->cells[0]], cells[s->cells[1]], cells[s->cells[2]], cells[s->cells[3]],
                  s->regions[0].map, s->regions[1].map, s->threads[0].mask, s->threads[1].mask,
                  s->threads[2].mask, s->n_live);
}

static void
set_up_regions (State *s, const Program *program)
{
  for (guint r = 0; r < N_REGIONS; r++)
    {
      s->regions[r].blocks = program->regions[r];
      s->regions[r].owner = NONE;
      if (program->regions[r] == 0)
        continue;

      model_count (s, r, (guint) __builtin_popcount (program->regions[r] & ~program->idle));
      s->n_live += s->regions[r].n_counted;
      if (program->owners[r] != NONE)
        model_own (s, program->owners[r], r);
    }
}

/* One less where everything is slow, unless something is left out and will be missed soon. */
static guint
get_n_calls (const Program *program, guint t, Part without)
{
  guint n_calls = program->threads[t].n_calls;

  return n_calls - (n_calls > 1 && without == NOTHING && fsmm_test_is_slow_environment ());
}

static Node *
make_start (const Program *program, Part without)
{
  Node *node = g_new0 (Node, 1);
  State *s = &node->state;

  s->without = without;
  s->max_blocks = program->max_blocks;
  s->is_symmetric = program->is_symmetric;
  s->has_stops = program->has_stops;
  s->takes_over = program->takes_over;

  for (guint t = 0; t < N_THREADS; t++)
    s->threads[t].n_calls = get_n_calls (program, t, without);
  for (guint block = 0; block < N_BLOCKS; block++)
    {
      guint8 live = (program->regions[0] | program->regions[1]) & ~program->idle;
      gboolean is_live = (live & 1U << block) != 0;

      s->cells[block] = is_live ? LIVE : FREE;
      s->claimers[block] = NONE;
      s->histories[block].live = is_live;
      s->histories[block].not_live = !is_live;
    }
  set_up_regions (s, program);

  return node;
}

/* Looks at every state, or until something is wrong. Returns what that is, or NULL, and prints the
 * fewest steps that lead there. */
static const char *
explore (const Program *program, Part without)
{
  Search search = { program, g_ptr_array_new_with_free_func (g_free),
                    g_hash_table_new (hash_state, equal_states) };
  const char *fault = NULL;
  guint n_seen = 0;

  g_ptr_array_add (search.nodes, make_start (program, without));
  g_hash_table_add (search.seen, search.nodes->pdata[0]);

  while (fault == NULL && n_seen < search.nodes->len)
    fault = look_at (&search, search.nodes->pdata[n_seen++]);

  if (fault != NULL)
    print_way_to (search.nodes->pdata[n_seen - 1]);
  g_test_message ("%s: %u states, %s", program->name, n_seen,
                  fault != NULL ? fault : "nothing is wrong");

  g_hash_table_unref (search.seen);
  g_ptr_array_unref (search.nodes);

  return fault;
}

static void
test_program (gconstpointer program)
{
  g_assert_cmpstr (explore (program, NOTHING), ==, NULL);
}

static const Program *
find_program (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (programs); i++)
    if (strcmp (programs[i].name, name) == 0)
      return &programs[i];

  g_assert_not_reached ();
}

static void
test_broken (gconstpointer index)
{
  guint i = GPOINTER_TO_UINT (index);

  g_assert_nonnull (explore (find_program (broken[i].program), broken[i].part));
}

static void
add_test (const char *where, const char *name, gconstpointer data, GTestDataFunc func)
{
  char *path = g_strconcat (where, name, NULL);

  g_test_add_data_func (path, data, func);
  g_free (path);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (programs); i++)
    add_test ("/model/", programs[i].name, &programs[i], test_program);
  for (guint i = 0; i < G_N_ELEMENTS (broken); i++)
    add_test ("/model/broken/", broken[i].name, GUINT_TO_POINTER (i), test_broken);

  return g_test_run ();
}
