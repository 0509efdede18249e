/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Every interleaving of small programs, on the model of how thread caches tell who has a block. */

#include "cache-model.h"

#include <string.h>

typedef struct {
  const char *path;
  guint n_blocks;
  struct {
    guint calls;   /* a bit for each that the thread may make, on any block */
    guint n_calls; /* how many, at most */
  } threads[N_THREADS];
} Program;

#define TRIMS (1U << TRIM)
#define OTHERS (TRIMS - 1)

/* The first has everything: with it, what is left out must be missed. */
static const Program programs[] = {
  { "/model/trim", 1, { { OTHERS, 3 }, { OTHERS, 3 }, { TRIMS, 2 } } },
  { "/model/trim-two-blocks", 2, { { OTHERS, 3 }, { OTHERS, 3 }, { TRIMS, 1 } } },
  { "/model/two-threads", 1, { { OTHERS | TRIMS, 5 }, { OTHERS | TRIMS, 5 } } },
  { "/model/two-threads-two-blocks", 2, { { OTHERS, 4 }, { OTHERS, 4 } } },
  { "/model/three-threads", 1, { { OTHERS, 3 }, { OTHERS, 3 }, { OTHERS, 2 } } },
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

static guint
hash_state (gconstpointer state)
{
  const guint8 *bytes = state;
  guint hash = 0;

  for (gsize i = 0; i < sizeof (State); i++)
    hash = (hash ^ bytes[i]) * 16777619;

  return hash;
}

static gboolean
equal_states (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, sizeof (State)) == 0;
}

/* Adds the state that the thread's step leads to. FALSE: it cannot take that. */
static gboolean
follow (Search *search, const Node *from, guint t, Step step, guint call, guint block)
{
  Node *node = g_memdup2 (from, sizeof *from);
  gboolean taken;

  node->from = from;
  node->thread = t;
  node->step = step;
  node->call = call;

  node->state.threads[t].call = call;
  node->state.threads[t].block = block;
  node->state.threads[t].n_calls -= step == BEGIN;
  taken = model_steps[step].take (&node->state, t);

  if (taken && !g_hash_table_contains (search->seen, node))
    {
      g_hash_table_add (search->seen, node);
      g_ptr_array_add (search->nodes, node);
    }
  else
    g_free (node);

  return taken;
}

/* Returns how many calls the thread can begin. */
static guint
follow_calls (Search *search, const Node *from, guint t)
{
  guint n_begun = 0;

  if (from->state.threads[t].n_calls == 0)
    return 0;

  for (guint call = 0; call < N_CALLS; call++)
    for (guint block = 0; block < search->program->n_blocks; block++)
      if (search->program->threads[t].calls & (1U << call))
        n_begun += follow (search, from, t, BEGIN, call, block);

  return n_begun;
}

/* Adds all states that one step leads to. Returns what is wrong with this one. */
static const char *
look_at (Search *search, const Node *node)
{
  State end;
  guint n_between_calls = 0, n_taken = 0;

  for (guint t = 0; t < N_THREADS; t++)
    {
      const Thread *self = &node->state.threads[t];

      if (self->step == BEGIN)
        {
          n_between_calls++;
          n_taken += follow_calls (search, node, t);
          continue;
        }

      n_taken += follow (search, node, t, self->step, self->call, self->block);
      if (!self->shows_busy)
        follow (search, node, t, SHOW_BUSY, self->call, self->block);
    }

  if (n_between_calls < N_THREADS)
    return n_taken > 0 ? node->state.fault : "no thread can go on";

  memcpy (&end, &node->state, sizeof end);
  model_check_end (&end);
  return end.fault;
}

static void
print_way_to (const Node *node)
{
  static const char *const bytes[] = { "free", "live", "gone", "A", "B", "C" };
  const State *s = &node->state;

  if (node->from == NULL)
    return;

  print_way_to (node->from);
  g_test_message ("%c: %-6s %-23s bytes %s %s, bits %u %u, %u out", 'A' + node->thread,
                  model_calls[node->call].name, model_steps[node->step].name, bytes[s->bytes[0]],
                  bytes[s->bytes[1]], s->bits[0], s->bits[1], s->n_out);
}

/* All blocks are live. */
static Node *
make_start (const Program *program, Part without)
{
  Node *node = g_new0 (Node, 1);
  State *s = &node->state;

  s->without = without;
  s->n_out = program->n_blocks;
  for (guint t = 0; t < N_THREADS; t++)
    s->threads[t].n_calls = program->threads[t].n_calls;
  for (guint block = 0; block < N_BLOCKS; block++)
    {
      s->bytes[block] = block < program->n_blocks ? LIVE : GONE;
      s->histories[block].live = s->bytes[block] == LIVE;
      s->histories[block].not_live = s->bytes[block] == GONE;
    }

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
  g_test_message ("%u states, %s", n_seen, fault != NULL ? fault : "nothing is wrong");

  g_hash_table_unref (search.seen);
  g_ptr_array_unref (search.nodes);

  return fault;
}

static void
test_program (gconstpointer program)
{
  g_assert_cmpstr (explore (program, NOTHING), ==, NULL);
}

static void
test_without_part (gconstpointer part)
{
  g_assert_nonnull (explore (&programs[0], GPOINTER_TO_UINT (part)));
}

int
main (int argc, char *argv[])
{
  static const char *const parts[N_PARTS] = {
    [FREE_CHECK] = "/model/broken/free-check",   [ALLOC_CHECK] = "/model/broken/alloc-check",
    [FLUSH_CHECK] = "/model/broken/flush-check", [REFILL_CHECK] = "/model/broken/refill-check",
    [TAKE_CHECK] = "/model/broken/take-check",   [BIT_CHECK] = "/model/broken/bit-check",
    [STORE_CHECK] = "/model/broken/store-check", [STOP_CHECK] = "/model/broken/stop-check",
    [FLUSH_SWAP] = "/model/broken/flush-swap",   [REFILL_SWAP] = "/model/broken/refill-swap",
    [BARRIER] = "/model/broken/barrier",         [WAIT] = "/model/broken/wait",
  };

  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (programs); i++)
    g_test_add_data_func (programs[i].path, &programs[i], test_program);
  for (Part part = NOTHING + 1; part < N_PARTS; part++)
    g_test_add_data_func (parts[part], GUINT_TO_POINTER (part), test_without_part);

  return g_test_run ();
}
