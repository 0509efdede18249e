/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Four threads share a pool. Each takes 100000 blocks and hands every one to the next thread,
 * which checks what is written in it and frees it: a block may be freed by another thread than
 * the one that took it, and the pool needs no lock around it. */

#include <fsmm-glib/fsmm-glib.h>
#include <stdio.h>

#define N_THREADS 4
#define N_BLOCKS 100000
#define MAX_UNDER_WAY 100 /* from one thread to the next */

typedef struct {
  gsize sender;
  gsize number;
} Letter;

typedef struct {
  FsmmPool *pool;     /* (not owned) */
  gsize number;       /* of this thread */
  GAsyncQueue *inbox; /* (owned) */
  GAsyncQueue *next;  /* (not owned): the inbox of the next thread */
  gsize n_right;      /* how many letters came as they were sent, in order */
} Worker;

static void
send (Worker *self, gsize number)
{
  g_autoptr (GError) error = NULL;
  Letter *letter = fsmm_pool_alloc (self->pool, &error);

  if (letter == NULL)
    g_error ("%s", error->message); /* the others would wait for ever */

  *letter = (Letter){ self->number, number };
  g_async_queue_push (self->next, letter);
}

static void
receive (Worker *self, gsize number)
{
  Letter *letter = g_async_queue_pop (self->inbox);
  gboolean is_right = letter->number == number &&
                      letter->sender == (self->number + N_THREADS - 1) % N_THREADS;

  if (fsmm_pool_free (self->pool, letter, NULL) && is_right)
    self->n_right++;
}

static gpointer
work (gpointer data)
{
  for (gsize i = 0; i < N_BLOCKS + MAX_UNDER_WAY; i++)
    {
      if (i < N_BLOCKS)
        send (data, i);
      if (i >= MAX_UNDER_WAY)
        receive (data, i - MAX_UNDER_WAY);
    }

  return NULL;
}

int
main (void)
{
  Worker workers[N_THREADS];
  GThread *threads[N_THREADS];
  gsize n_right = 0;
  g_autoptr (GError) error = NULL;
  g_autoptr (FsmmPool) pool = fsmm_pool_new (sizeof (Letter), 0, &error);

  if (pool == NULL)
    return 1;

  for (gsize i = 0; i < N_THREADS; i++)
    workers[i] = (Worker){ .pool = pool, .number = i, .inbox = g_async_queue_new () };
  for (gsize i = 0; i < N_THREADS; i++)
    workers[i].next = workers[(i + 1) % N_THREADS].inbox;

  for (gsize i = 0; i < N_THREADS; i++)
    threads[i] = g_thread_new ("worker", work, &workers[i]);
  for (gsize i = 0; i < N_THREADS; i++)
    {
      g_thread_join (threads[i]);
      n_right += workers[i].n_right;
    }
  for (gsize i = 0; i < N_THREADS; i++)
    g_async_queue_unref (workers[i].inbox);

  printf ("%d threads, %d blocks each\n", N_THREADS, N_BLOCKS);
  printf ("arrived as sent: %zu\n", n_right);
  printf ("still live: %zu\n", fsmm_pool_get_n_allocated (pool));

  return n_right == N_THREADS * N_BLOCKS && fsmm_pool_get_n_allocated (pool) == 0 ? 0 : 1;
}
