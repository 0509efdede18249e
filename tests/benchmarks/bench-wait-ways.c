/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "bench-wait-ways.h"

#include <fsmm-glib/fsmm-glib.h>
#include <stdlib.h>

#define THING_SIZE 64

/* --- A pool with a limit --- */

static gpointer
create_pool (guint n_things)
{
  return fsmm_pool_new_full (NULL, THING_SIZE, 0, 0, n_things, NULL);
}

static gpointer
take_block (gpointer self)
{
  return fsmm_pool_alloc_wait (self, -1, NULL, NULL);
}

static void
free_block (gpointer self, gpointer thing)
{
  fsmm_pool_free (self, thing, NULL);
}

const BenchWay bench_way_pool = { create_pool, g_object_unref, take_block, free_block };

/* --- Tokens in a queue --- */

static gpointer
create_tokens (guint n_things)
{
  GAsyncQueue *queue = g_async_queue_new_full (g_free);

  for (guint i = 0; i < n_things; i++)
    g_async_queue_push (queue, g_malloc (THING_SIZE));

  return queue;
}

static void
destroy_tokens (gpointer self)
{
  g_async_queue_unref (self);
}

static gpointer
pop_token (gpointer self)
{
  return g_async_queue_pop (self);
}

static void
push_token (gpointer self, gpointer thing)
{
  g_async_queue_push (self, thing);
}

const BenchWay bench_way_tokens = { create_tokens, destroy_tokens, pop_token, push_token };

/* --- A number, and malloc --- */

typedef struct {
  GMutex mutex;
  GCond has_room;
  guint n_left;
} Counter;

static gpointer
create_counter (guint n_things)
{
  Counter *self = g_new0 (Counter, 1);

  g_mutex_init (&self->mutex);
  g_cond_init (&self->has_room);
  self->n_left = n_things;

  return self;
}

static void
destroy_counter (gpointer data)
{
  Counter *self = data;

  g_cond_clear (&self->has_room);
  g_mutex_clear (&self->mutex);
  g_free (self);
}

static gpointer
count_and_malloc (gpointer data)
{
  Counter *self = data;

  g_mutex_lock (&self->mutex);
  while (self->n_left == 0)
    g_cond_wait (&self->has_room, &self->mutex);
  self->n_left--;
  g_mutex_unlock (&self->mutex);

  return malloc (THING_SIZE);
}

static void
free_and_count (gpointer data, gpointer thing)
{
  Counter *self = data;

  free (thing);
  g_mutex_lock (&self->mutex);
  self->n_left++;
  g_cond_signal (&self->has_room);
  g_mutex_unlock (&self->mutex);
}

const BenchWay bench_way_counter = {
  create_counter, destroy_counter, count_and_malloc, free_and_count,
};
