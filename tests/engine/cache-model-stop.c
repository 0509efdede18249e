/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The steps of a thread that stops others, and what it does meanwhile. */

#include "cache-model-steps.h"

/* --- Stopping others --- */

static void
set_others (State *s, guint t, gboolean is_stopped, gboolean key_is_taken)
{
  for (guint i = 0; i < N_THREADS; i++)
    if (i != t && !s->threads[i].has_ended)
      {
        s->threads[i].is_stopped = is_stopped;
        s->threads[i].key_is_taken = key_is_taken;
      }
}

gboolean
model_take_stopped (State *s, guint t)
{
  Thread *self = &s->threads[t];

  if (self->has_stopped_others)
    return model_go_on (s, t, WORK_ALONE);

  set_others (s, t, TRUE, FALSE);
  self->has_stopped_others = TRUE;
  return model_go_on (s, t, TAKE_KEYS);
}

gboolean
model_take_keys (State *s, guint t)
{
  set_others (s, t, TRUE, TRUE);

  return model_go_on (s, t, ISSUE_BARRIER);
}

gboolean
model_issue_barrier (State *s, guint t)
{
  for (guint i = 0; i < N_THREADS && s->without != BARRIER && !s->is_symmetric; i++)
    s->threads[i].shows_busy = s->threads[i].is_busy;

  return model_go_on (s, t, WAIT_FOR_OTHERS);
}

gboolean
model_wait_for_others (State *s, guint t)
{
  for (guint i = 0; i < N_THREADS && s->without != WAIT; i++)
    if (i != t && s->threads[i].shows_busy)
      return FALSE;

  return model_go_on (s, t, WORK_ALONE);
}

gboolean
model_resume_keys (State *s, guint t)
{
  set_others (s, t, TRUE, FALSE);

  return model_go_on (s, t, RESUME_STOPPED);
}

gboolean
model_resume_stopped (State *s, guint t)
{
  set_others (s, t, FALSE, FALSE);
  s->threads[t].has_stopped_others = FALSE;

  return model_leave_for (s, t, s->threads[t].then);
}

/* --- While they are stopped --- */

static gboolean
can_take_over (const State *s, guint t, guint region)
{
  const Region *self = &s->regions[region];

  return self->blocks != 0 && self->owner != NONE && self->owner != t &&
         model_find_idle (s, region) == self->blocks;
}

static gboolean
take_over (State *s, guint t)
{
  for (guint r = 0; r < N_REGIONS && s->takes_over; r++)
    if (can_take_over (s, t, r))
      {
        model_disown (s, r);
        model_own (s, t, r);
        return TRUE;
      }

  return FALSE;
}

static void
reclaim (State *s)
{
  model_quiesce (s);
  for (guint t = 0; t < N_THREADS; t++)
    model_disown_all (s, t);
}

static gboolean
get_more (State *s, guint t)
{
  if (!take_over (s, t))
    {
      s->threads[t].has_tried = TRUE;
      reclaim (s);
    }

  return model_go_on (s, t, REFILL);
}

static void
trim (State *s)
{
  for (guint r = 0; r < N_REGIONS; r++)
    if (s->regions[r].place == OPEN && model_find_idle (s, r) == s->regions[r].blocks)
      {
        for (guint block = 0; block < N_BLOCKS; block++)
          model_fail_if (s, s->regions[r].blocks & 1U << block && s->histories[block].not_live == 0,
                         "a live block is given back to the system");
        model_close (s, r);
        model_remove (s, r);
      }
}

static gboolean
drop (State *s, guint t)
{
  Thread *self = &s->threads[t];
  gboolean is_in_steps = self->call == CALL_DROP_STEPS;

  s->epoch++;
  for (guint r = 0; r < N_REGIONS; r++)
    if (s->regions[r].place == OPEN)
      {
        model_close (s, r);
        self->region |= 1U << r;
        self->word |= s->regions[r].blocks;
        if (!is_in_steps)
          model_remove (s, r);
      }

  return model_leave_for (s, t, is_in_steps ? DROP_NEXT : BEGIN);
}

static gboolean
end_drop (State *s, guint t)
{
  for (guint r = 0; r < N_REGIONS; r++)
    if (s->threads[t].region & 1U << r)
      model_remove (s, r);

  return model_end_call (s, t);
}

gboolean
model_work_alone (State *s, guint t)
{
  const Thread *self = &s->threads[t];

  if (self->call == CALL_ALLOC || self->call == CALL_MAKE)
    return get_more (s, t);

  model_quiesce (s);
  if (self->call != CALL_TRIM)
    return self->is_second ? end_drop (s, t) : drop (s, t);

  trim (s);
  return model_end_call (s, t);
}

/* --- Dropping in steps --- */

gboolean
model_drop_next (State *s, guint t)
{
  Thread *self = &s->threads[t];

  if (self->word == 0)
    {
      self->is_second = TRUE;
      self->block = 0;
      return model_go_on (s, t, LOCK);
    }

  self->block = (guint8) __builtin_ctz (self->word);
  self->word &= self->word - 1;
  if (model_look (s, self->block) != LIVE)
    return TRUE;

  model_see_live (s, t);
  model_set (s, t, self->block, CLAIMED);
  model_accept_free (s, t);
  s->claimers[self->block] = t;
  return model_go_on (s, t, DROP_PUT_BACK);
}

gboolean
model_drop_put_back (State *s, guint t)
{
  const Thread *self = &s->threads[t];

  if (s->is_locked)
    return FALSE;

  model_set (s, t, self->block, FREE);
  s->claimers[self->block] = NONE;
  s->n_live--;
  return model_go_on (s, t, DROP_NEXT);
}
