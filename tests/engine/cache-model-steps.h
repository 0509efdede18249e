/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the steps of the model's threads share. */

#pragma once

#include "cache-model.h"

G_BEGIN_DECLS

static inline gboolean
model_go_on (State *s, guint t, Step step)
{
  s->threads[t].step = step;

  return TRUE;
}

static inline void
model_leave (State *s, guint t)
{
  s->threads[t].is_busy = FALSE;
  s->threads[t].shows_busy = FALSE;
}

static inline gboolean
model_fail (State *s, const char *fault)
{
  model_fail_if (s, TRUE, fault);

  return TRUE;
}

/* Goes on with @step when the thread is neither busy nor has the lock. */
static inline gboolean
model_leave_for (State *s, guint t, Step step)
{
  Thread *self = &s->threads[t];

  model_leave (s, t);
  self->then = step;
  if (self->has_stopped_others)
    return model_go_on (s, t, RESUME_KEYS);

  if (self->has_lock)
    s->is_locked = self->has_lock = FALSE;
  self->has_tried = FALSE;
  if (step == BEGIN)
    self->call = self->block = self->is_second = self->region = self->word = self->epoch =
        self->after_flush = 0;
  self->then = 0;

  return model_go_on (s, t, step);
}

static inline gboolean
model_end_call (State *s, guint t)
{
  return model_leave_for (s, t, BEGIN);
}

/* What the call's block is freed from. */
static inline Cell
model_get_from (const Thread *self)
{
  return self->is_second ? CLAIMED : LIVE;
}

gboolean model_give_up (State *s, guint t);

/* Steps with the lock. */
gboolean model_lock (State *s, guint t);
gboolean model_free_locked (State *s, guint t);
gboolean model_release_locked (State *s, guint t);
gboolean model_sort_news (State *s, guint t);
gboolean model_take_in (State *s, guint t);
gboolean model_collect_word (State *s, guint t);
gboolean model_collect_cell (State *s, guint t);
gboolean model_adopt (State *s, guint t);
gboolean model_refill (State *s, guint t);
gboolean model_own_orphan (State *s, guint t);
gboolean model_retire (State *s, guint t);

/* Steps that stop others. */
gboolean model_take_stopped (State *s, guint t);
gboolean model_take_keys (State *s, guint t);
gboolean model_issue_barrier (State *s, guint t);
gboolean model_wait_for_others (State *s, guint t);
gboolean model_work_alone (State *s, guint t);
gboolean model_resume_keys (State *s, guint t);
gboolean model_resume_stopped (State *s, guint t);
gboolean model_drop_next (State *s, guint t);
gboolean model_drop_put_back (State *s, guint t);

G_END_DECLS
