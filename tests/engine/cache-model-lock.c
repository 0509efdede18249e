/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The steps of a thread that has the lock. */

#include "cache-model-steps.h"

/* --- Coming in --- */

static Step
after_flushing (Thread *self, Step step)
{
  if (self->mask == 0)
    return step;

  self->after_flush = step;
  return FLUSH_OR;
}

static Step
first_step_of_taking (const State *s, Thread *self)
{
  if (self->is_second)
    return self->epoch == s->epoch ? FIND : RELEASE_LOCKED;

  return self->claims != 0 ? POP : after_flushing (self, SORT_NEWS);
}

static Step
first_step (const State *s, Thread *self)
{
  switch ((Call) self->call)
    {
    case CALL_FREE:
      return FREE_LOCKED;
    case CALL_DESTROY:
    case CALL_MANY:
    case CALL_MANY_FAIL:
      return self->is_second ? RELEASE_LOCKED : FREE_LOCKED;
    case CALL_ALLOC:
    case CALL_MAKE:
      return first_step_of_taking (s, self);
    case CALL_END:
      return after_flushing (self, SORT_NEWS);
    case CALL_TRIM:
    case CALL_DROP:
    case CALL_DROP_STEPS:
    case N_CALLS:
    default:
      return TAKE_STOPPED;
    }
}

gboolean
model_lock (State *s, guint t)
{
  if (s->is_locked)
    return FALSE;

  s->is_locked = s->threads[t].has_lock = TRUE;
  return model_go_on (s, t, first_step (s, &s->threads[t]));
}

/* --- Freeing --- */

static gboolean
free_in_closed_chunk (State *s, guint t)
{
  model_see_live (s, t);
  model_set (s, t, s->threads[t].block, FREE);
  s->n_live--;
  model_accept_free (s, t);

  return model_end_call (s, t);
}

static gboolean
free_open (State *s, guint t)
{
  Thread *self = &s->threads[t];
  guint region = model_region_of (s, self->block);
  guint8 owner = s->regions[region].owner;

  if (owner != NONE)
    return model_go_on (s, t, owner == t ? OWN_LOAD : REMOTE_LOAD);

  self->region = region;
  self->then = ADOPT;
  return model_go_on (s, t, s->without == ADOPT_COLLECT ? ADOPT : COLLECT_WORD);
}

gboolean
model_free_locked (State *s, guint t)
{
  const Thread *self = &s->threads[t];
  guint8 place = s->regions[model_region_of (s, self->block)].place;

  if (place >= DETACHED || model_look (s, self->block) != LIVE)
    return model_give_up (s, t);
  if (self->call != CALL_FREE)
    return model_go_on (s, t, CLAIM);

  return place == CLOSED ? free_in_closed_chunk (s, t) : free_open (s, t);
}

gboolean
model_release_locked (State *s, guint t)
{
  Thread *self = &s->threads[t];
  guint region = model_region_of (s, self->block);

  if (self->call >= CALL_MANY || self->epoch == s->epoch || s->without == EPOCH_CHECK)
    return free_open (s, t);

  if (self->is_in_effect)
    {
      model_end_taking (s, t);
      model_drop_block (s, self->block);
    }
  model_set (s, t, self->block, FREE);
  s->claimers[self->block] = NONE;
  s->n_live -= s->regions[region].place == CLOSED;
  model_unpin (s, region);
  return model_end_call (s, t);
}

gboolean
model_adopt (State *s, guint t)
{
  model_own (s, t, s->threads[t].region);

  return model_go_on (s, t, OWN_LOAD);
}

/* --- Collecting --- */

gboolean
model_sort_news (State *s, guint t)
{
  for (guint r = 0; r < N_REGIONS; r++)
    if (s->regions[r].is_listed)
      {
        Region *region = &s->regions[r];

        model_fail_if (s, region->place != OPEN, "news of a region are read that is gone");
        region->is_listed = FALSE;
        if (region->owner == NONE)
          region->has_news = FALSE;
        else
          s->threads[region->owner].inbox |= 1U << r;
      }

  return model_go_on (s, t, TAKE_IN);
}

static void
pass_on (State *s, guint region)
{
  Region *self = &s->regions[region];

  if (self->owner == NONE || s->without == NEWS_PASSED_ON)
    self->has_news = FALSE;
  else
    s->threads[self->owner].inbox |= 1U << region;
}

gboolean
model_take_in (State *s, guint t)
{
  Thread *self = &s->threads[t];
  guint region;

  if (self->inbox == 0)
    return model_go_on (s, t, self->call == CALL_END ? RETIRE : REFILL);

  region = (guint) __builtin_ctz (self->inbox);
  self->inbox &= self->inbox - 1;
  model_fail_if (s, s->regions[region].place != OPEN, "news of a region are read that is gone");
  if (s->regions[region].owner != t)
    {
      pass_on (s, region);
      return TRUE;
    }

  self->region = region;
  self->then = TAKE_IN;
  if (s->without != NEWS_ORDER)
    s->regions[region].has_news = FALSE;
  return model_go_on (s, t, COLLECT_WORD);
}

gboolean
model_collect_word (State *s, guint t)
{
  Thread *self = &s->threads[t];

  self->word = s->regions[self->region].map;
  s->regions[self->region].map = 0;

  return model_go_on (s, t, COLLECT_CELL);
}

gboolean
model_collect_cell (State *s, guint t)
{
  Thread *self = &s->threads[t];

  if (s->without == NEWS_ORDER)
    s->regions[self->region].has_news = FALSE;
  if (self->word == 0)
    return model_go_on (s, t, self->then);

  model_collect_one (s, (guint) __builtin_ctz (self->word));
  self->word &= self->word - 1;
  return TRUE;
}

/* --- Getting more --- */

static guint
count_bits (guint8 bits)
{
  return (guint) __builtin_popcount (bits);
}

static guint8
keep_lowest (guint8 bits, guint n)
{
  while (count_bits (bits) > n)
    bits &= ~(1U << (31 - __builtin_clz (bits)));

  return bits;
}

/* How threads share what is left matters to none of what is asserted: here, the first takes all. */
static void
keep_within_limit (State *s, guint t, guint region)
{
  Thread *self = &s->threads[t];
  guint n_busy = count_bits (s->regions[region].blocks) - count_bits (self->claims);
  guint n_out;

  model_count (s, region, n_busy);
  n_out = s->without == LIMIT_CELLS ? (guint) MAX (s->n_live, 0) : model_get_counted (s);
  self->claims = keep_lowest (self->claims, s->max_blocks - MIN (n_out, s->max_blocks));
  model_count (s, region, n_busy + count_bits (self->claims));
}

/* FALSE: nothing is idle in own regions. Otherwise, the limit can still leave nothing of it. */
static gboolean
claim_word (State *s, guint t)
{
  Thread *self = &s->threads[t];

  for (guint r = 0; r < N_REGIONS; r++)
    if (s->regions[r].owner == t && model_find_idle (s, r) != 0)
      {
        self->claims = model_find_idle (s, r);
        if (s->max_blocks > 0)
          keep_within_limit (s, t, r);
        return TRUE;
      }

  return FALSE;
}

static gboolean
find_orphan (const State *s, Thread *self)
{
  for (guint r = 0; r < N_REGIONS; r++)
    if (s->regions[r].blocks != 0 && s->regions[r].place == OPEN && s->regions[r].owner == NONE)
      {
        self->region = r;
        return TRUE;
      }

  return FALSE;
}

static gboolean
is_worth_stopping (const State *s, guint t)
{
  if (s->threads[t].has_tried || s->without == RECLAIM || !s->has_stops)
    return FALSE;

  return s->max_blocks == 0 || model_get_counted (s) < s->max_blocks || s->n_live < s->max_blocks;
}

static gboolean
is_alone (const State *s, guint t)
{
  for (guint i = 0; i < N_THREADS; i++)
    if (i != t && s->threads[i].step != BEGIN)
      return FALSE;

  return TRUE;
}

static gboolean
get_more_or_refuse (State *s, guint t)
{
  if (is_worth_stopping (s, t))
    return model_go_on (s, t, TAKE_STOPPED);

  model_fail_if (s, s->has_stops && is_alone (s, t) && model_is_any_idle (s),
                 "a block is refused while another is idle");
  return model_end_call (s, t);
}

gboolean
model_refill (State *s, guint t)
{
  Thread *self = &s->threads[t];

  if (claim_word (s, t))
    return self->claims != 0 ? model_go_on (s, t, POP) : get_more_or_refuse (s, t);
  if (!find_orphan (s, self))
    return get_more_or_refuse (s, t);

  self->then = OWN_ORPHAN;
  return model_go_on (s, t, s->without == ADOPT_COLLECT ? OWN_ORPHAN : COLLECT_WORD);
}

gboolean
model_own_orphan (State *s, guint t)
{
  model_own (s, t, s->threads[t].region);

  return model_go_on (s, t, REFILL);
}

gboolean
model_retire (State *s, guint t)
{
  model_disown_all (s, t);
  s->threads[t].has_ended = TRUE;
  s->threads[t].n_calls = 0;

  return model_end_call (s, t);
}
