/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The steps of calls that need no lock. Most are also taken by a thread that has it. */

#include "cache-model-steps.h"

const char *const model_calls[N_CALLS] = {
  [CALL_FREE] = "free", [CALL_ALLOC] = "alloc",    [CALL_DESTROY] = "destroy",
  [CALL_MAKE] = "make", [CALL_MANY] = "free many", [CALL_MANY_FAIL] = "fail to free many",
  [CALL_TRIM] = "trim", [CALL_DROP] = "drop",      [CALL_DROP_STEPS] = "drop all",
  [CALL_END] = "end",
};

/* --- Being busy --- */

static gboolean
knows (const State *s, const Thread *self)
{
  return self->call == CALL_FREE && self->known & 1U << model_region_of (s, self->block);
}

static gboolean
raise_busy (State *s, guint t, gboolean fence, Step step)
{
  s->threads[t].is_busy = TRUE;
  s->threads[t].shows_busy = !s->has_stops || fence;

  return model_go_on (s, t, step);
}

static gboolean
begin (State *s, guint t)
{
  const Thread *self = &s->threads[t];

  if (self->call >= CALL_TRIM)
    return model_lock (s, t);

  return raise_busy (s, t, FALSE, knows (s, self) ? LOOK_AT_KNOWN_KEY : LOOK_AT_KEY);
}

/* Once more, for a block that is not in a known region. */
static gboolean
raise_again (State *s, guint t)
{
  return raise_busy (s, t, FALSE, LOOK_AT_KEY);
}

static gboolean
has_key (const State *s, const Thread *self)
{
  return s->without == KEY_CHECK || !(s->is_symmetric || self->key_is_taken);
}

static gboolean
look_at_known_key (State *s, guint t)
{
  return has_key (s, &s->threads[t]) ? model_go_on (s, t, LOOK_IF_KNOWN)
                                     : model_leave_for (s, t, RAISE);
}

static gboolean
look_if_known (State *s, guint t)
{
  return knows (s, &s->threads[t]) || s->without == KNOWN_CHECK ? model_go_on (s, t, OWN_LOAD)
                                                                : model_leave_for (s, t, RAISE);
}

static gboolean
look_at_key (State *s, guint t)
{
  return has_key (s, &s->threads[t]) ? model_go_on (s, t, FIND)
                                     : model_leave_for (s, t, RAISE_SLOWLY);
}

static gboolean
raise_slowly (State *s, guint t)
{
  return raise_busy (s, t, s->is_symmetric && s->without != FENCE, LOOK_IF_STOPPED);
}

static gboolean
look_if_stopped (State *s, guint t)
{
  return s->threads[t].is_stopped && s->without != STOPPED_CHECK ? model_leave_for (s, t, LOCK)
                                                                 : model_go_on (s, t, FIND);
}

/* Tries again with the lock, or, with that, refuses. */
gboolean
model_give_up (State *s, guint t)
{
  Thread *self = &s->threads[t];

  model_retract (s, t);
  if (!self->has_lock)
    return model_leave_for (s, t, LOCK);

  model_fail_if (s, self->is_second, "a claim is not released");
  model_refuse_free (s, t);
  return model_end_call (s, t);
}

/* --- Finding --- */

static gboolean
find_claims (State *s, guint t)
{
  Thread *self = &s->threads[t];

  for (guint r = 0; r < N_REGIONS; r++)
    if (self->claims != 0 || s->max_blocks > 0 || s->regions[r].is_listed || self->inbox != 0)
      break;
    else if (s->regions[r].owner == t)
      self->claims = model_find_idle (s, r);

  return self->claims != 0 ? model_go_on (s, t, POP) : model_give_up (s, t);
}

static gboolean
publish (State *s, guint t)
{
  Thread *self = &s->threads[t];

  if (self->epoch != s->epoch)
    return model_leave_for (s, t, LOCK);

  model_set (s, t, self->block, LIVE);
  s->claimers[self->block] = NONE;
  model_end_taking (s, t);
  return model_end_call (s, t);
}

static gboolean
find_claimed (State *s, guint t, const Region *region)
{
  const Thread *self = &s->threads[t];
  gboolean is_many = self->call != CALL_DESTROY;

  if (!is_many && self->epoch != s->epoch && s->without != EPOCH_CHECK)
    return model_give_up (s, t);
  if (region->owner == t)
    return model_go_on (s, t, OWN_LOAD);
  if (region->owner != NONE || (is_many && s->without != MANY_ORPHAN))
    return model_go_on (s, t, REMOTE_LOAD);
  if (!is_many)
    return model_give_up (s, t);

  model_accept_free (s, t);
  return model_end_call (s, t);
}

static gboolean
find (State *s, guint t)
{
  const Thread *self = &s->threads[t];
  const Region *region;

  if (self->call == CALL_ALLOC || self->call == CALL_MAKE)
    return self->is_second ? publish (s, t) : find_claims (s, t);

  region = &s->regions[model_region_of (s, self->block)];
  if (self->is_second)
    return find_claimed (s, t, region);
  if (region->place >= DETACHED || (region->place == CLOSED && s->without != CLOSED_CHECK))
    return model_give_up (s, t);
  if (self->call == CALL_DESTROY || (self->call >= CALL_MANY && region->owner != NONE))
    return model_go_on (s, t, CLAIM);
  if (region->owner == NONE && region->place == OPEN)
    return model_give_up (s, t);

  return model_go_on (s, t, region->owner == t ? OWN_LOAD : REMOTE_LOAD);
}

/* --- Freeing --- */

/* The cell is what it is to be. FALSE if it is what a block is not freed from. */
static gboolean
see (State *s, guint t, Part check)
{
  Thread *self = &s->threads[t];

  if (model_look (s, self->block) != model_get_from (self) && s->without != check)
    return FALSE;

  if (!self->is_second)
    model_see_live (s, t);
  return TRUE;
}

static void
set_freed (State *s, guint t, Cell cell)
{
  Thread *self = &s->threads[t];

  model_set (s, t, self->block, cell);
  s->claimers[self->block] = NONE;
  s->n_live--;
  if (self->is_in_effect)
    model_accept_free (s, t);
}

/* The owner has freed what this thread has claimed with many. */
static gboolean
lose_claimed (State *s, guint t)
{
  guint block = s->threads[t].block;

  model_accept_free (s, t);
  if (s->without != MANY_REPORT)
    model_report (s, block);
  return model_end_call (s, t);
}

static gboolean
own_load (State *s, guint t)
{
  const Thread *self = &s->threads[t];

  if (see (s, t, OWN_CHECK))
    return model_go_on (s, t, OWN_STORE);

  return self->is_second && self->is_in_effect ? lose_claimed (s, t) : model_give_up (s, t);
}

static gboolean
own_store (State *s, guint t)
{
  set_freed (s, t, FREE);

  return model_end_call (s, t);
}

static gboolean
remote_load (State *s, guint t)
{
  const Thread *self = &s->threads[t];

  if (see (s, t, N_PARTS))
    return model_go_on (s, t, REMOTE_EXCHANGE);

  return self->is_second && self->is_in_effect ? lose_claimed (s, t) : model_give_up (s, t);
}

static gboolean
remote_exchange (State *s, guint t)
{
  const Thread *self = &s->threads[t];

  if (model_look (s, self->block) != model_get_from (self) && s->without != EXCHANGE)
    return self->is_second && self->is_in_effect ? lose_claimed (s, t) : model_give_up (s, t);

  set_freed (s, t, REMOTE);
  return model_go_on (s, t, NOTE);
}

static gboolean
note (State *s, guint t)
{
  Thread *self = &s->threads[t];
  guint8 region_blocks = s->regions[model_region_of (s, self->block)].blocks;
  guint8 bit = 1U << self->block;

  if ((self->mask & ~region_blocks) != 0)
    {
      self->after_flush = NOTE;
      return model_go_on (s, t, FLUSH_OR);
    }

  if (self->mask & bit && s->without != MASK_CHECK)
    {
      model_report (s, self->block);
      s->n_live++;
    }
  self->mask |= bit;
  return model_end_call (s, t);
}

/* --- Flushing a mask --- */

static gboolean
flush_or (State *s, guint t)
{
  Thread *self = &s->threads[t];

  if (self->mask == 0)
    return model_fail (s, "a mask is emptied while its thread uses it");

  self->region = model_region_of (s, (guint) __builtin_ctz (self->mask));
  model_set_map (s, t);

  return model_go_on (s, t, FLUSH_LOOK);
}

static gboolean
flush_look (State *s, guint t)
{
  const Thread *self = &s->threads[t];

  return model_go_on (s, t, s->regions[self->region].has_news ? self->after_flush : FLUSH_EXCHANGE);
}

static gboolean
flush_exchange (State *s, guint t)
{
  const Thread *self = &s->threads[t];
  Region *region = &s->regions[self->region];
  gboolean had_news = region->has_news;

  region->has_news = TRUE;

  return model_go_on (s, t, had_news ? self->after_flush : FLUSH_PUSH);
}

static gboolean
flush_push (State *s, guint t)
{
  const Thread *self = &s->threads[t];

  s->regions[self->region].is_listed = TRUE;

  return model_go_on (s, t, self->after_flush);
}

/* --- Claiming --- */

static gboolean
claim_store (State *s, guint t)
{
  Thread *self = &s->threads[t];

  model_set (s, t, self->block, CLAIMED);
  self->is_second = TRUE;
  if (self->call != CALL_DESTROY)
    return model_go_on (s, t,
                        self->call == CALL_MANY_FAIL ? UNCLAIM
                        : self->has_lock             ? RELEASE_LOCKED
                                                     : FIND);

  model_accept_free (s, t);
  s->claimers[self->block] = t;
  self->epoch = s->epoch;
  if (s->regions[model_region_of (s, self->block)].place == CLOSED && s->without != CLOSED_CHECK)
    {
      s->regions[model_region_of (s, self->block)].n_pins++;
      self->epoch = NONE;
    }
  return model_leave_for (s, t, RAISE);
}

static gboolean
claim (State *s, guint t)
{
  if (!see (s, t, N_PARTS))
    return model_give_up (s, t);

  return s->without == CLAIM_EXCHANGE ? model_go_on (s, t, CLAIM_STORE) : claim_store (s, t);
}

/* Another block cannot be claimed. */
static gboolean
unclaim (State *s, guint t)
{
  guint block = s->threads[t].block;

  model_retract (s, t);
  if (model_look (s, block) == CLAIMED || s->without == UNCLAIM_EXCHANGE)
    model_set (s, t, block, LIVE);

  return model_end_call (s, t);
}

/* --- Handing out --- */

static gboolean
pop (State *s, guint t)
{
  Thread *self = &s->threads[t];
  gboolean is_made = self->call == CALL_MAKE;

  if (self->claims == 0)
    return model_fail (s, "claims are given up while their thread uses them");

  self->block = (guint8) __builtin_ctz (self->claims);
  self->claims &= self->claims - 1;
  model_fail_if (s, model_look (s, self->block) != FREE, "a block is handed out that is not idle");
  model_set (s, t, self->block, is_made ? CLAIMED : LIVE);
  s->n_live++;
  model_begin_taking (s, t);

  if (!is_made)
    {
      model_end_taking (s, t);
      return model_end_call (s, t);
    }

  s->claimers[self->block] = t;
  self->epoch = s->epoch;
  self->is_second = TRUE;
  return model_leave_for (s, t, RAISE);
}

const ModelStep model_steps[N_STEPS] = {
  [BEGIN] = { "begins", begin },
  [RAISE] = { "is busy again", raise_again },
  [LOOK_AT_KNOWN_KEY] = { "looks at the key of a known region", look_at_known_key },
  [LOOK_IF_KNOWN] = { "looks if that is still known", look_if_known },
  [LOOK_AT_KEY] = { "looks at its key", look_at_key },
  [RAISE_SLOWLY] = { "is busy again, without a key", raise_slowly },
  [LOOK_IF_STOPPED] = { "looks if it is stopped", look_if_stopped },
  [FIND] = { "finds", find },
  [OWN_LOAD] = { "loads the cell, as owner", own_load },
  [OWN_STORE] = { "stores FREE", own_store },
  [REMOTE_LOAD] = { "loads the cell", remote_load },
  [REMOTE_EXCHANGE] = { "exchanges it for REMOTE", remote_exchange },
  [NOTE] = { "sets a bit in its mask", note },
  [FLUSH_OR] = { "sets bits in a map", flush_or },
  [FLUSH_LOOK] = { "looks if that has news", flush_look },
  [FLUSH_EXCHANGE] = { "says that it has news", flush_exchange },
  [FLUSH_PUSH] = { "puts it in the list of news", flush_push },
  [CLAIM] = { "exchanges LIVE for CLAIMED", claim },
  [CLAIM_STORE] = { "stores CLAIMED", claim_store },
  [UNCLAIM] = { "makes it LIVE again", unclaim },
  [LOCK] = { "locks", model_lock },
  [FREE_LOCKED] = { "looks, with the lock", model_free_locked },
  [RELEASE_LOCKED] = { "releases, with the lock", model_release_locked },
  [SORT_NEWS] = { "sorts news", model_sort_news },
  [TAKE_IN] = { "takes news in", model_take_in },
  [COLLECT_WORD] = { "takes bits out of a map", model_collect_word },
  [COLLECT_CELL] = { "collects one", model_collect_cell },
  [ADOPT] = { "adopts the region", model_adopt },
  [REFILL] = { "looks for idle blocks", model_refill },
  [OWN_ORPHAN] = { "owns an orphan", model_own_orphan },
  [POP] = { "hands out", pop },
  [RETIRE] = { "leaves its regions", model_retire },
  [TAKE_STOPPED] = { "says that others are stopped", model_take_stopped },
  [TAKE_KEYS] = { "takes their keys", model_take_keys },
  [ISSUE_BARRIER] = { "issues the barrier", model_issue_barrier },
  [WAIT_FOR_OTHERS] = { "sees nobody busy", model_wait_for_others },
  [WORK_ALONE] = { "works alone", model_work_alone },
  [RESUME_KEYS] = { "gives keys back", model_resume_keys },
  [RESUME_STOPPED] = { "lets others go on, and unlocks", model_resume_stopped },
  [DROP_NEXT] = { "claims the next to be cleared", model_drop_next },
  [DROP_PUT_BACK] = { "puts back what is cleared", model_drop_put_back },
};
