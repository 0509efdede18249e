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

static FsmmPool *pool;
static GAsyncQueue *inboxes[N_THREADS];

static void
send (gsize sender, gsize number)
{
  g_autoptr (GError) error = NULL;
  Letter *letter = fsmm_pool_alloc (pool, &error);

  if (letter == NULL)
    g_error ("%s", error->message); /* the others would wait for ever */

  *letter = (Letter){ sender, number };
  g_async_queue_push (inboxes[(sender + 1) % N_THREADS], letter);
}

static gboolean
receive (gsize receiver, gsize number)
{
  Letter *letter = g_async_queue_pop (inboxes[receiver]);
  gboolean is_right = letter->number == number && (letter->sender + 1) % N_THREADS == receiver;

  return fsmm_pool_free (pool, letter, NULL) && is_right;
}

/* Returns how many letters came as they were sent, in order. */
static gpointer
work (gpointer data)
{
  gsize self = GPOINTER_TO_SIZE (data);
  gsize n_right = 0;

  for (gsize i = 0; i < N_BLOCKS + MAX_UNDER_WAY; i++)
    {
      if (i < N_BLOCKS)
        send (self, i);
      if (i >= MAX_UNDER_WAY && receive (self, i - MAX_UNDER_WAY))
        n_right++;
    }

  return GSIZE_TO_POINTER (n_right); /* how many came as they were sent, in order */
}

int
main (void)
{
  GThread *threads[N_THREADS];
  gsize n_right = 0;

  pool = fsmm_pool_new (sizeof (Letter), 0, NULL);
  for (gsize i = 0; i < N_THREADS; i++)
    inboxes[i] = g_async_queue_new ();
  for (gsize i = 0; i < N_THREADS; i++)
    threads[i] = g_thread_new ("worker", work, GSIZE_TO_POINTER (i));
  for (gsize i = 0; i < N_THREADS; i++)
    n_right += GPOINTER_TO_SIZE (g_thread_join (threads[i]));

  printf ("%d threads, %d blocks each\n", N_THREADS, N_BLOCKS);
  printf ("arrived as sent: %zu\n", n_right);
  printf ("still live: %zu\n", fsmm_pool_get_n_allocated (pool));

  g_clear_object (&pool);
  for (gsize i = 0; i < N_THREADS; i++)
    g_async_queue_unref (inboxes[i]);

  return n_right == N_THREADS * N_BLOCKS ? 0 : 1;
}
