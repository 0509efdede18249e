/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A model of how thread caches tell who has a block, and a look at every state it can get into.
 *
 * Each block has a byte outside its memory. A free without the lock finds LIVE in it, and writes
 * CACHED by this thread; an alloc finds that there, and writes LIVE. These are two accesses and not
 * one: two threads may free a block at once, and both go on. The byte then names the last of them.
 * The other free is lost, which is found out and reported when its thread, or the store, comes to
 * use the block. What calls leave behind for others must change in one access, a compare-and-swap:
 * from CACHED to FREE in a flush, from FREE to CACHED in a refill. The lock does not keep a thread
 * that needs none from the byte.
 *
 * Asserted is that all calls could have been made one after the other, in an order that agrees with
 * which had returned before which began. In it, a free of a live block frees it, and any other is
 * either refused at once, or accepted and reported as lost exactly once; a block that is handed
 * out, or given back to the system, is not live. So a block has two users only where a late free
 * took it from the first, which nothing can tell from a free by that user. Between calls, the byte,
 * bit and caches of a block agree, unless a loss of it is not yet reported; all losses are reported
 * once caches and store are emptied; and the store's count is right.
 *
 * Why the steps are small enough: of a block, only the byte is shared without a lock. All accesses
 * to one byte, relaxed ones too, have one order, which agrees with that within each thread and with
 * that of the locks. So, however a processor reorders accesses to different addresses, what happens
 * to a block is one of the interleavings here, in which a call comes before another at least if
 * somebody can know that it does. What is behind the lock, or private to a thread, changes in one
 * step with the byte, as nobody can look in between. The stop alone relies on the order of two
 * addresses. For it there is a store buffer: that a thread is busy can be held back, even beyond
 * what it stores later. That it no longer is, and that the stop is over, must be stored with
 * release, and loaded with acquire.
 *
 * Caches are bags, and a flush or refill moves one block: that includes every order of an array,
 * and every size of a batch. Not modelled are what is in blocks, blocks that belong to handles, new
 * chunks, peaks and limits, and epochs. */

#include <glib.h>
#include <string.h>

#define N_THREADS 3
#define N_BLOCKS 2

/* What can be left out, to see that it is missed. */
typedef enum {
  NOTHING,
  FREE_CHECK,
  ALLOC_CHECK,
  FLUSH_CHECK,
  REFILL_CHECK,
  TAKE_CHECK,
  BIT_CHECK,
  STORE_CHECK,
  STOP_CHECK,
  FLUSH_SWAP,
  REFILL_SWAP,
  BARRIER,
  WAIT,
  N_PARTS,
} Part;

/* Where a block is, and what its byte says. */
typedef enum {
  FREE,   /* in the store */
  LIVE,   /* with a user */
  GONE,   /* given back to the system, and its byte too */
  CACHED, /* in a thread's cache; the byte says plus the number of the thread */
} Place;

/* A call moves a block from one place to another. */
static const struct {
  const char *name;
  Place from;
  Place to;
  Part check; /* that the block is still there */
  Part swap;  /* what makes reading and writing the byte one step; NOTHING: they are two */
} calls[] = {
  { "free", LIVE, CACHED, FREE_CHECK, NOTHING },
  { "alloc", CACHED, LIVE, ALLOC_CHECK, NOTHING },
  { "flush", CACHED, FREE, FLUSH_CHECK, FLUSH_SWAP },
  { "refill", FREE, CACHED, REFILL_CHECK, REFILL_SWAP },
  { "give", LIVE, FREE, FREE_CHECK, NOTHING }, /* a free with the lock */
  { "take", FREE, LIVE, TAKE_CHECK, NOTHING }, /* an alloc with the lock */
  { "trim", FREE, GONE, NOTHING, NOTHING },    /* all blocks, which are one chunk */
};

#define TRIM 6 /* its place there */

typedef enum {
  BEGIN,
  READ,
  WRITE,
  SHOW_BUSY,
  ISSUE_BARRIER,
  WAIT_FOR_OTHERS,
  FLUSH_OTHERS,
} Step;

typedef struct {
  guint8 step;            /* the next one */
  guint8 call;            /* that is under way */
  guint8 block;           /* that it moves */
  guint8 shows_busy;      /* FALSE: if the thread is busy, its store buffer still holds that */
  guint8 n_calls;         /* that it may still begin */
  guint8 cache[N_BLOCKS]; /* how often each block is in it */
} Thread;

/* What sequential histories a block can have had. One bit is for all those that agree in this: the
 * lower three bits of its number are how many frees are lost and not reported, the upper three
 * which threads' calls under way have taken effect. */
typedef struct {
  guint64 live;     /* those at whose end the block is live */
  guint64 not_live; /* all others */
} Histories;

#define NONE_LOST G_GUINT64_CONSTANT (0x0101010101010101)
#define MOST_LOST G_GUINT64_CONSTANT (0x8080808080808080)

static const guint64 in_effect[N_THREADS] = {
  G_GUINT64_CONSTANT (0xff00ff00ff00ff00),
  G_GUINT64_CONSTANT (0xffff0000ffff0000),
  G_GUINT64_CONSTANT (0xffffffff00000000),
};

typedef struct {
  Histories histories[N_BLOCKS];
  const char *fault;
  Thread threads[N_THREADS];
  guint8 bytes[N_BLOCKS];
  guint8 bits[N_BLOCKS]; /* set: the store has the block */
  guint8 n_out;          /* how many blocks the store counts as not in it */
  guint8 without;        /* the Part that is left out */
} State;

static void
fail_if (State *s, gboolean failed, const char *fault)
{
  if (failed && s->fault == NULL)
    s->fault = fault;
}

/* --- What calls one after the other could have done --- */

/* Lets calls that are under way take effect, or not yet, in every order. They count as under way
 * from their read to their write: if that were longer, more orders would be right. */
static Histories *
extend_histories (State *s, guint block)
{
  Histories *h = &s->histories[block];

  for (guint i = 0; i < N_THREADS * N_THREADS; i++)
    {
      guint t = i % N_THREADS;
      guint shift = 8 << t;
      const Thread *thread = &s->threads[t];
      guint64 live = h->live & ~in_effect[t];
      guint64 not_live = h->not_live & ~in_effect[t];

      if (thread->step != WRITE || thread->block != block)
        continue;

      if (calls[thread->call].from == LIVE)
        h->not_live |= live << shift | (not_live & ~MOST_LOST) << (shift + 1);
      else if (calls[thread->call].to == LIVE)
        h->live |= not_live << shift;
    }

  return h;
}

/* Keeps those of them that what is seen agrees with. */
static void
keep_histories (State *s, guint block, guint64 live, guint64 not_live, const char *fault)
{
  Histories *h = extend_histories (s, block);

  h->live &= live;
  h->not_live &= not_live;
  fail_if (s, h->live == 0 && h->not_live == 0, fault);
}

static void
keep_not_live (State *s, guint block, const char *fault)
{
  keep_histories (s, block, 0, G_MAXUINT64, fault);
}

static void
report_loss (State *s, guint block)
{
  keep_histories (s, block, ~NONE_LOST, ~NONE_LOST, "a loss is reported, but nothing is lost");
  s->histories[block].live >>= 1;
  s->histories[block].not_live >>= 1;
}

static void
return_to_user (State *s, guint t, guint block)
{
  keep_histories (s, block, in_effect[t], in_effect[t], "a block is handed out that is live");
  s->histories[block].live >>= 8 << t;
  s->histories[block].not_live >>= 8 << t;
}

/* --- From one place to another --- */

static guint8 *
byte_of (State *s, guint block)
{
  fail_if (s, s->bytes[block] == GONE, "a byte is used that is gone");

  return &s->bytes[block];
}

static guint8
byte_for (Place place, guint t)
{
  return place == CACHED ? CACHED + t : place;
}

/* FALSE: the block is not there any more. */
static gboolean
leave (State *s, guint t, guint block, Place from, Part check)
{
  gboolean found = *byte_of (s, block) == byte_for (from, t) || s->without == check;

  if (from == CACHED)
    s->threads[t].cache[block]--;
  else if (from == FREE)
    {
      s->bits[block] = FALSE;
      s->n_out++;
    }

  if (!found && from == LIVE)
    keep_not_live (s, block, "a free is refused, but the block is live");
  else if (!found)
    report_loss (s, block);
  else if (from == LIVE)
    fail_if (s, extend_histories (s, block)->live == 0,
             "a free is accepted, but the block cannot be live");

  return found;
}

static void
arrive (State *s, guint t, guint block, Place to)
{
  *byte_of (s, block) = byte_for (to, t);

  if (to == CACHED)
    s->threads[t].cache[block]++;
  else if (to == FREE && s->bits[block] && s->without != BIT_CHECK)
    report_loss (s, block);
  else if (to == FREE)
    {
      s->bits[block] = TRUE;
      s->n_out--;
    }
}

/* Flushes one block. FALSE: the cache is empty. */
static gboolean
flush_cache (State *s, guint t)
{
  for (guint block = 0; block < N_BLOCKS; block++)
    if (s->threads[t].cache[block] > 0)
      {
        if (leave (s, t, block, CACHED, FLUSH_CHECK))
          arrive (s, t, block, FREE);
        return TRUE;
      }

  return FALSE;
}

/* Finds blocks that are out, though the store seems to have them. */
static void
check_store (State *s)
{
  for (guint block = 0; block < N_BLOCKS; block++)
    if (s->bits[block] && leave (s, 0, block, FREE, REFILL_CHECK))
      arrive (s, 0, block, FREE);
}

/* --- Steps: FALSE if one cannot be taken now --- */

static gboolean
needs_lock (guint call)
{
  return calls[call].from == FREE || calls[call].to == FREE;
}

static gboolean
is_busy (const Thread *thread)
{
  return (thread->step == READ || thread->step == WRITE) && !needs_lock (thread->call);
}

static gboolean
has_lock (const Thread *thread)
{
  return (thread->step == WRITE && needs_lock (thread->call)) || thread->step == FLUSH_OTHERS;
}

/* In truth each cache has a flag, which its thread alone reads; the barrier is after the last. */
static gboolean
stops_others (const Thread *thread)
{
  return thread->step >= ISSUE_BARRIER;
}

static gboolean
any_thread (const State *s, gboolean (*is) (const Thread *thread))
{
  for (guint t = 0; t < N_THREADS; t++)
    if (is (&s->threads[t]))
      return TRUE;

  return FALSE;
}

static gboolean
go_on (State *s, guint t, Step step)
{
  s->threads[t].step = step;

  return TRUE;
}

static gboolean
end_call (State *s, guint t)
{
  s->threads[t].call = 0;
  s->threads[t].block = 0;
  s->threads[t].shows_busy = FALSE;

  return go_on (s, t, BEGIN);
}

static gboolean
write_byte (State *s, guint t)
{
  const Thread *self = &s->threads[t];

  arrive (s, t, self->block, calls[self->call].to);
  if (calls[self->call].from == LIVE || calls[self->call].to == LIVE)
    return_to_user (s, t, self->block);

  return end_call (s, t);
}

static gboolean
read_byte (State *s, guint t)
{
  const Thread *self = &s->threads[t];
  Part swap = calls[self->call].swap;

  if (!leave (s, t, self->block, calls[self->call].from, calls[self->call].check))
    return end_call (s, t);

  go_on (s, t, WRITE);
  return swap == NOTHING || swap == s->without || write_byte (s, t);
}

/* Who needs the lock has it from here on, and reads. Others say that they are busy, and look
 * whether they must stop: if so, they have to give instead of freeing, and to take instead of
 * allocating. */
static gboolean
begin (State *s, guint t)
{
  const Thread *self = &s->threads[t];
  Place from = calls[self->call].from;

  if (self->call == TRIM)
    return self->block == 0 && !any_thread (s, stops_others) && go_on (s, t, ISSUE_BARRIER);

  if ((from == CACHED && self->cache[self->block] == 0) || (from == FREE && !s->bits[self->block]))
    return FALSE;
  if (needs_lock (self->call) ? any_thread (s, has_lock)
                              : any_thread (s, stops_others) && s->without != STOP_CHECK)
    return FALSE;

  if (s->bytes[self->block] == GONE)
    {
      /* Nobody knows the address. */
      keep_not_live (s, self->block, "a free is refused, but the block is live");
      return end_call (s, t);
    }

  return needs_lock (self->call) ? read_byte (s, t) : go_on (s, t, READ);
}

static gboolean
show_busy (State *s, guint t)
{
  s->threads[t].shows_busy = is_busy (&s->threads[t]);

  return s->threads[t].shows_busy;
}

static gboolean
issue_barrier (State *s, guint t)
{
  for (guint i = 0; i < N_THREADS && s->without != BARRIER; i++)
    show_busy (s, i);

  return go_on (s, t, WAIT_FOR_OTHERS);
}

static gboolean
wait_for_others (State *s, guint t)
{
  for (guint i = 0; i < N_THREADS && s->without != WAIT; i++)
    if (s->threads[i].shows_busy)
      return FALSE;

  return !any_thread (s, has_lock) && go_on (s, t, FLUSH_OTHERS);
}

static gboolean
flush_others (State *s, guint t)
{
  for (guint i = 0; i < N_THREADS; i++)
    if (flush_cache (s, i))
      {
        fail_if (s, is_busy (&s->threads[i]), "a cache is flushed while its thread uses it");
        return TRUE;
      }

  if (s->without != STORE_CHECK)
    check_store (s);

  for (guint block = 0; block < N_BLOCKS && s->n_out == 0; block++)
    {
      keep_not_live (s, block, "a live block is given back to the system");
      s->bytes[block] = GONE;
      s->bits[block] = FALSE;
    }

  return end_call (s, t);
}

static const struct {
  const char *name;
  gboolean (*take) (State *s, guint t);
} steps[] = {
  [BEGIN] = { "begins", begin },
  [READ] = { "reads the byte", read_byte },
  [WRITE] = { "writes the byte", write_byte },
  [SHOW_BUSY] = { "shows that it is busy", show_busy },
  [ISSUE_BARRIER] = { "issues the barrier", issue_barrier },
  [WAIT_FOR_OTHERS] = { "sees nobody busy", wait_for_others },
  [FLUSH_OTHERS] = { "flushes one, or ends", flush_others },
};

/* --- What holds between calls --- */

static void
check_block (State *s, guint block)
{
  const Histories *h = &s->histories[block];
  guint8 byte = s->bytes[block];
  guint n_cached = 0;

  /* A loss may not be reported yet. */
  if ((h->live | h->not_live) & ~NONE_LOST)
    return;

  for (guint t = 0; t < N_THREADS; t++)
    {
      n_cached += s->threads[t].cache[block];
      fail_if (s, byte == CACHED + t && s->threads[t].cache[block] == 0, "a block is in no cache");
    }

  fail_if (s, n_cached != (byte >= CACHED), "a block is in a cache and elsewhere");
  fail_if (s, s->bits[block] != (byte == FREE), "a block's bit and byte do not agree");
  fail_if (s, (byte == LIVE ? h->live : h->not_live) == 0, "a block is not what its byte says");
}

static void
check_agreement (State *s)
{
  guint n_out = 0;

  for (guint block = 0; block < N_BLOCKS; block++)
    {
      check_block (s, block);
      n_out += s->bytes[block] != GONE && !s->bits[block];
    }

  fail_if (s, n_out != s->n_out, "the store's count is wrong");
}

/* A state between calls may be the last: what is lost must come out as all is emptied. */
static void
check_end (State *s)
{
  check_agreement (s);

  for (guint t = 0; t < N_THREADS; t++)
    while (flush_cache (s, t))
      ;
  check_store (s);

  for (guint block = 0; block < N_BLOCKS; block++)
    keep_histories (s, block, NONE_LOST, NONE_LOST, "a loss is never reported");
  check_agreement (s);
}

/* --- Every interleaving of small programs --- */

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
  taken = steps[step].take (&node->state, t);

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

  for (guint call = 0; call < G_N_ELEMENTS (calls); call++)
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
  check_end (&end);
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
                  calls[node->call].name, steps[node->step].name, bytes[s->bytes[0]],
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
