/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "watch/fsmm-watcher.h"

#include "base/fsmm-lock.h"

#ifdef G_OS_UNIX
#include <signal.h>
#include <unistd.h>
#endif

#define MAX_FILES 16

GMutex fsmm_watcher_lock;

static GMainContext *watcher_context;  /* (owned) (nullable): NULL: it does not run */
static int files[MAX_FILES];           /* one more than each file, or 0 */

/* It ends with the process. */
static gpointer
watch (gpointer context)
{
  g_main_context_push_thread_default (fsmm_receive (context));
  while (TRUE)
    g_main_context_iteration (context, TRUE);

  return NULL;
}

/* Signals are for threads of the program: one of its own may wait for them. */
static GThread *
start_thread (GMainContext *context, GError **error)
{
  GThread *thread;
#ifdef G_OS_UNIX
  sigset_t all, kept;

  sigfillset (&all);
  pthread_sigmask (SIG_SETMASK, &all, &kept);
#endif
  thread = g_thread_try_new ("fsmm-monitor", watch, fsmm_publish (context), error);
#ifdef G_OS_UNIX
  pthread_sigmask (SIG_SETMASK, &kept, NULL);
#endif

  return thread;
}

GMainContext *
fsmm_watcher_start (GError **error)
{
  g_autoptr (GMainContext) context = NULL;
  GThread *thread;

  if (watcher_context != NULL)
    return watcher_context;

  context = g_main_context_new ();
  thread = start_thread (context, error);
  if (thread == NULL)
    return NULL;

  g_thread_unref (thread);
  watcher_context = g_steal_pointer (&context);

  return watcher_context;
}

static gboolean
replace_file (int old, int new)
{
  for (guint i = 0; i < MAX_FILES; i++)
    if (files[i] == old)
      {
        files[i] = new;
        return TRUE;
      }

  return FALSE;
}

gboolean
fsmm_watcher_add_file (int fd)
{
  return replace_file (0, fd + 1);
}

void
fsmm_watcher_remove_file (int fd)
{
  replace_file (fd + 1, 0);
}

/* Nobody is there who would answer: so whoever is connected is not to believe so. What is in memory
 * may be half changed, and stays. */
void
fsmm_watcher_forget (void)
{
  watcher_context = NULL;
  for (guint i = 0; i < MAX_FILES; i++)
    {
#ifdef G_OS_UNIX
      if (files[i] != 0)
        close (files[i] - 1);
#endif
      files[i] = 0;
    }
}
