/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cache-model.h"

#define NONE_LOST G_GUINT64_CONSTANT (0x0101010101010101)
#define MOST_LOST G_GUINT64_CONSTANT (0x8080808080808080)

static const guint64 in_effect[N_THREADS] = {
  G_GUINT64_CONSTANT (0xff00ff00ff00ff00),
  G_GUINT64_CONSTANT (0xffff0000ffff0000),
  G_GUINT64_CONSTANT (0xffffffff00000000),
};

void
model_fail_if (State *s, gboolean failed, const char *fault)
{
  if (failed && s->fault == NULL)
    s->fault = fault;
}

/* --- What calls one after the other could have done --- */

/* Lets calls that are under way take effect, or not yet, in every order. */
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

      if (!thread->is_in_effect || thread->block != block)
        continue;

      if (thread->call == CALL_ALLOC || thread->call == CALL_MAKE)
        h->live |= not_live << shift;
      else
        h->not_live |= live << shift | (not_live & ~MOST_LOST) << (shift + 1);
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
  model_fail_if (s, h->live == 0 && h->not_live == 0, fault);
}

/* The call has found the block LIVE: it can free it from now on. */
void
model_see_live (State *s, guint t)
{
  model_fail_if (s, extend_histories (s, s->threads[t].block)->live == 0,
                 "a block is LIVE that cannot be live");
  s->threads[t].is_in_effect = TRUE;
}

static void
end_effect (State *s, guint t, const char *fault)
{
  guint block = s->threads[t].block;

  keep_histories (s, block, in_effect[t], in_effect[t], fault);
  s->histories[block].live >>= 8 << t;
  s->histories[block].not_live >>= 8 << t;
  s->threads[t].is_in_effect = FALSE;
}

void
model_accept_free (State *s, guint t)
{
  end_effect (s, t, "a free is accepted that cannot be");
}

/* The call has done nothing so far, and will have to look again. */
void
model_retract (State *s, guint t)
{
  if (!s->threads[t].is_in_effect)
    return;

  keep_histories (s, s->threads[t].block, ~in_effect[t], ~in_effect[t],
                  "a call took effect in vain");
  s->threads[t].is_in_effect = FALSE;
}

static gboolean
is_freeing_many (const Thread *thread)
{
  return (thread->call == CALL_MANY || thread->call == CALL_MANY_FAIL) && thread->is_second;
}

/* What another thread is about to free with many may be live again when not all can be freed. */
void
model_refuse_free (State *s, guint t)
{
  guint block = s->threads[t].block;

  for (guint i = 0; i < N_THREADS; i++)
    if (i != t && s->threads[i].block == block && is_freeing_many (&s->threads[i]))
      return;

  keep_histories (s, block, 0, G_MAXUINT64, "a free is refused, but the block is live");
}

void
model_begin_taking (State *s, guint t)
{
  s->threads[t].is_in_effect = TRUE;
  model_fail_if (s, (extend_histories (s, s->threads[t].block)->live & in_effect[t]) == 0,
                 "a block is handed out that is live");
}

void
model_end_taking (State *s, guint t)
{
  end_effect (s, t, "a block is handed out that is live");
}

void
model_report (State *s, guint block)
{
  keep_histories (s, block, ~NONE_LOST, ~NONE_LOST, "a loss is reported, but nothing is lost");
  s->histories[block].live >>= 1;
  s->histories[block].not_live >>= 1;
}

/* The block is dropped, whoever has it. */
void
model_drop_block (State *s, guint block)
{
  Histories *h = extend_histories (s, block);

  h->not_live |= h->live;
  h->live = 0;
}

/* --- Cells and regions --- */

guint
model_region_of (const State *s, guint block)
{
  for (guint r = 0; r < N_REGIONS; r++)
    if (s->regions[r].blocks & 1U << block)
      return r;

  g_assert_not_reached ();
}

static void
check_there (State *s, guint region, const char *fault)
{
  model_fail_if (s, s->regions[region].place == GONE, fault);
}

guint8
model_look (State *s, guint block)
{
  check_there (s, model_region_of (s, block), "a cell is looked at that is gone");

  return s->cells[block];
}

void
model_set (State *s, guint t, guint block, Cell cell)
{
  guint8 claimer = s->claimers[block];

  check_there (s, model_region_of (s, block), "a cell is written that is gone");
  model_fail_if (s, claimer != NONE && claimer != t, "a block is changed that another has claimed");
  s->cells[block] = cell;
}

guint8
model_find_idle (const State *s, guint region)
{
  guint8 idle = 0;

  for (guint block = 0; block < N_BLOCKS; block++)
    if (s->regions[region].blocks & 1U << block && s->cells[block] == FREE)
      idle |= 1U << block;

  return idle;
}

void
model_own (State *s, guint t, guint region)
{
  s->regions[region].owner = t;
  s->threads[t].known |= 1U << region;
}

void
model_disown (State *s, guint region)
{
  Region *self = &s->regions[region];
  Thread *owner;

  if (self->owner == NONE)
    return;

  owner = &s->threads[self->owner];
  if (s->without != DISOWN_CLAIMS)
    owner->claims &= ~self->blocks;
  if (s->without != DISOWN_KNOWN)
    owner->known &= ~(1U << region);
  self->owner = NONE;
}

void
model_disown_all (State *s, guint t)
{
  for (guint r = 0; r < N_REGIONS; r++)
    if (s->regions[r].owner == t)
      model_disown (s, r);
}

/* Sets the bits of a thread's mask in the map. */
void
model_set_map (State *s, guint t)
{
  Thread *thread = &s->threads[t];

  for (guint block = 0; block < N_BLOCKS; block++)
    if (thread->mask & 1U << block)
      {
        Region *region = &s->regions[model_region_of (s, block)];

        model_fail_if (s, region->place != OPEN, "a bit is set in a map that is gone");
        if (region->map & 1U << block && s->without != MAP_CHECK)
          {
            model_report (s, block);
            s->n_live++;
          }
        region->map |= 1U << block;
      }

  thread->mask = 0;
}

void
model_collect_one (State *s, guint block)
{
  if (model_look (s, block) == REMOTE || s->without == COLLECT_CHECK)
    s->cells[block] = FREE;
  else if (s->without != COLLECT_REPORT)
    {
      model_report (s, block);
      s->n_live++;
    }
}

void
model_count (State *s, guint region, guint n)
{
  s->regions[region].n_counted = n;
}

guint
model_get_counted (const State *s)
{
  guint n = 0;

  for (guint r = 0; r < N_REGIONS; r++)
    n += s->regions[r].n_counted;

  return n;
}

/* --- While all other threads are stopped --- */

static guint
count_bits (guint8 bits)
{
  return (guint) __builtin_popcount (bits);
}

static void
collect_all (State *s)
{
  for (guint r = 0; r < N_REGIONS; r++)
    {
      Region *region = &s->regions[r];

      for (guint block = 0; block < N_BLOCKS; block++)
        if (region->map & 1U << block)
          model_collect_one (s, block);
      region->map = 0;
    }
}

static void
forget_all_news (State *s)
{
  for (guint r = 0; r < N_REGIONS; r++)
    s->regions[r].has_news = s->regions[r].is_listed = FALSE;
  for (guint t = 0; t < N_THREADS; t++)
    s->threads[t].inbox = 0;
}

void
model_quiesce (State *s)
{
  for (guint t = 0; t < N_THREADS; t++)
    {
      if (s->without != STOP_CLAIMS)
        s->threads[t].claims = 0;
      if (s->without != STOP_FLUSH)
        model_set_map (s, t);
    }

  if (s->without != STOP_NEWS)
    forget_all_news (s);
  if (s->without != STOP_COLLECT)
    collect_all (s);
  for (guint r = 0; r < N_REGIONS && s->max_blocks > 0 && s->without != STOP_COUNT; r++)
    model_count (s, r, count_bits (s->regions[r].blocks & ~model_find_idle (s, r)));
}

/* No thread owns the region from now on, and what is CLAIMED in it pins it. */
void
model_close (State *s, guint region)
{
  model_disown (s, region);
  s->regions[region].place = CLOSED;
  for (guint block = 0; block < N_BLOCKS && s->without != PIN; block++)
    if (s->regions[region].blocks & 1U << block)
      s->regions[region].n_pins += s->cells[block] == CLAIMED;
}

void
model_remove (State *s, guint region)
{
  Region *self = &s->regions[region];

  for (guint block = 0; block < N_BLOCKS; block++)
    if (self->blocks & 1U << block)
      model_drop_block (s, block);

  s->n_live -= (gint8) count_bits (self->blocks & ~model_find_idle (s, region));
  self->place = self->n_pins > 0 ? DETACHED : GONE;
}

void
model_unpin (State *s, guint region)
{
  Region *self = &s->regions[region];

  model_fail_if (s, self->n_pins == 0, "a chunk is unpinned that is not pinned");
  self->n_pins--;
  if (self->n_pins == 0 && self->place == DETACHED)
    self->place = GONE;
}

/* --- What holds at any time --- */

static guint
count_out (const State *s)
{
  guint n_out = 0;

  for (guint r = 0; r < N_REGIONS; r++)
    for (guint block = 0; block < N_BLOCKS && s->regions[r].place <= CLOSED; block++)
      if (s->regions[r].blocks & 1U << block)
        n_out += s->cells[block] == LIVE || s->cells[block] == CLAIMED;

  return n_out;
}

gboolean
model_is_any_idle (const State *s)
{
  guint n_blocks = 0;

  for (guint r = 0; r < N_REGIONS; r++)
    if (s->regions[r].place == OPEN)
      n_blocks += count_bits (s->regions[r].blocks);

  return count_out (s) < (s->max_blocks > 0 ? MIN (s->max_blocks, n_blocks) : n_blocks);
}

void
model_check (State *s)
{
  model_fail_if (s, s->max_blocks > 0 && count_out (s) > s->max_blocks, "the limit is exceeded");

  for (guint r = 0; r < N_REGIONS; r++)
    {
      const Region *region = &s->regions[r];

      model_fail_if (s, region->owner != NONE && region->place != OPEN,
                     "a closed chunk has an owner");
      for (guint block = 0; block < N_BLOCKS && region->place == GONE; block++)
        model_fail_if (s, region->blocks & 1U << block && s->claimers[block] != NONE,
                       "a block is gone that is made or cleared");
    }
}

/* --- What holds between calls --- */

static void
check_news (State *s, guint region)
{
  const Region *self = &s->regions[region];
  gboolean is_told = self->is_listed || self->owner == NONE || self->map == 0;

  for (guint t = 0; t < N_THREADS; t++)
    is_told = is_told || s->threads[t].inbox & 1U << region;

  model_fail_if (s, !is_told, "an owner is not told of its news");
  model_fail_if (s, self->place == CLOSED || self->place == DETACHED,
                 "a chunk is never given back");
}

static void
check_block (State *s, guint block)
{
  const Region *region = &s->regions[model_region_of (s, block)];
  const Histories *h = &s->histories[block];
  gboolean is_live = s->cells[block] == LIVE && region->place == OPEN;

  keep_histories (s, block, NONE_LOST, NONE_LOST, "a loss is never reported");
  model_fail_if (s, region->place == OPEN && s->cells[block] > LIVE, "a block is lost");
  model_fail_if (s, (is_live ? h->live : h->not_live) == 0, "a block is not what its cell says");
}

/* A state between calls may be the last: what is lost must come out when all are stopped. */
void
model_check_end (State *s)
{
  for (guint r = 0; r < N_REGIONS; r++)
    if (s->regions[r].blocks != 0)
      check_news (s, r);

  for (guint t = 0; t < N_THREADS; t++)
    model_set_map (s, t);
  collect_all (s);

  for (guint r = 0; r < N_REGIONS; r++)
    for (guint block = 0; block < N_BLOCKS; block++)
      if (s->regions[r].blocks & 1U << block)
        check_block (s, block);
  model_fail_if (s, s->n_live != (gint) count_out (s), "the count is wrong");
}
