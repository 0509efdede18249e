/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fuzz.h"

/* A second thread, so that blocks pass through the caches of two. Only one of the two runs at a
 * time, in an order that the input alone says: what a run does can so be repeated. */

static GThread *worker;
static GMutex lock;
static GCond changed;
static void (*work) (void); /* NULL: none, or it is done */
static gboolean must_end;
static gboolean is_chosen;
static gboolean has_had_enough;

static gpointer
run_worker (gpointer data)
{
  g_mutex_lock (&lock);
  while (!must_end)
    {
      if (work != NULL)
        {
          work ();
          work = NULL;
          g_cond_broadcast (&changed);
        }
      g_cond_wait (&changed, &lock);
    }
  g_mutex_unlock (&lock);

  return NULL;
}

/* What comes next is done by the other thread. */
void
fuzz_worker_toggle (void)
{
  is_chosen = !is_chosen;
}

/* The other thread ends before anything else is done. */
void
fuzz_worker_dismiss (void)
{
  is_chosen = FALSE;
  has_had_enough = TRUE;
}

/* 0: the first thread. */
guint
fuzz_worker_current (void)
{
  return is_chosen ? 1 : 0;
}

void
fuzz_worker_run (void (*func) (void))
{
  if (has_had_enough)
    fuzz_worker_end ();

  if (!is_chosen)
    {
      func ();
      return;
    }

  g_mutex_lock (&lock);
  if (worker == NULL)
    worker = g_thread_new ("worker", run_worker, NULL);

  work = func;
  g_cond_broadcast (&changed);
  while (work != NULL)
    g_cond_wait (&changed, &lock);
  g_mutex_unlock (&lock);
}

/* Called by the first thread. All that the other one has in caches goes back. */
void
fuzz_worker_end (void)
{
  is_chosen = FALSE;
  has_had_enough = FALSE;
  if (worker == NULL)
    return;

  g_mutex_lock (&lock);
  must_end = TRUE;
  g_cond_broadcast (&changed);
  g_mutex_unlock (&lock);

  g_thread_join (g_steal_pointer (&worker));
  must_end = FALSE;
}
