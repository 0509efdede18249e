/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cache-model.h"

const ModelCall model_calls[N_CALLS] = {
  { "free", LIVE, CACHED, FREE_CHECK, NOTHING },
  { "alloc", CACHED, LIVE, ALLOC_CHECK, NOTHING },
  { "flush", CACHED, FREE, FLUSH_CHECK, FLUSH_SWAP },
  { "refill", FREE, CACHED, REFILL_CHECK, REFILL_SWAP },
  { "give", LIVE, FREE, FREE_CHECK, NOTHING }, /* a free with the lock */
  { "take", FREE, LIVE, TAKE_CHECK, NOTHING }, /* an alloc with the lock */
  { "trim", FREE, GONE, NOTHING, NOTHING },    /* all blocks, which are one chunk */
};

#define NONE_LOST G_GUINT64_CONSTANT (0x0101010101010101)
#define MOST_LOST G_GUINT64_CONSTANT (0x8080808080808080)

static const guint64 in_effect[N_THREADS] = {
  G_GUINT64_CONSTANT (0xff00ff00ff00ff00),
  G_GUINT64_CONSTANT (0xffff0000ffff0000),
  G_GUINT64_CONSTANT (0xffffffff00000000),
};

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

      if (model_calls[thread->call].from == LIVE)
        h->not_live |= live << shift | (not_live & ~MOST_LOST) << (shift + 1);
      else if (model_calls[thread->call].to == LIVE)
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
  return model_calls[call].from == FREE || model_calls[call].to == FREE;
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

  arrive (s, t, self->block, model_calls[self->call].to);
  if (model_calls[self->call].from == LIVE || model_calls[self->call].to == LIVE)
    return_to_user (s, t, self->block);

  return end_call (s, t);
}

static gboolean
read_byte (State *s, guint t)
{
  const Thread *self = &s->threads[t];
  Part swap = model_calls[self->call].swap;

  if (!leave (s, t, self->block, model_calls[self->call].from, model_calls[self->call].check))
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
  Place from = model_calls[self->call].from;

  if (self->call == TRIM)
    return self->block == 0 && !any_thread (s, stops_others) && go_on (s, t, ISSUE_BARRIER);

  if ((from == CACHED && self->cache[self->block] == 0) || (from == FREE && !s->bits[self->block]))
    return FALSE;
  if (needs_lock (self->call) ? any_thread (s, has_lock)
                              : any_thread (s, stops_others) && s->without != STOP_CHECK)
    return FALSE;

  if (s->bytes[self->block] == GONE)
    {
      /* No chunk is known at the address. */
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

const ModelStep model_steps[N_STEPS] = {
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
void
model_check_end (State *s)
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
