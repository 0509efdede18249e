/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "watch/fsmm-watcher.h"

#include "base/fsmm-lock.h"
#include "watch/fsmm-own-file.h"

#ifdef G_OS_UNIX
#include <errno.h>
#include <signal.h>
#include <unistd.h>
#endif

/* Two things are done around each wait for files and for times.
 *
 * A child of fork () has whatever lock of GLib this thread has at that moment, and nobody who gives it
 * back. So who forks waits until the thread waits itself: it has busy_lock otherwise.
 *
 * GLib wakes a context by a file. If the program has closed all files that it does not know, the number
 * may be that of one of its own, and what there is in it would be taken from it, or the thread would not
 * rest, since there is no such file. There is no asking what file it is. So another one stands for all,
 * which can be told from any other; once that is gone, the thread looks at no file any more. */

GMutex fsmm_watcher_lock;

static GMutex busy_lock;
static GMainContext *watcher_context; /* (owned) (nullable): NULL: it does not run */

#ifdef G_OS_UNIX

static FsmmOwnFile file_mark = { .fd = -1 };

static gboolean
make_mark (GError **error)
{
  int room;

  file_mark = fsmm_own_file_open_socket ();
  /* GLib ends the program if there is no number left for what a context needs. */
  room = file_mark.fd >= 0 ? dup (file_mark.fd) : -1;
  if (room >= 0)
    {
      close (room);
      return TRUE;
    }

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "cannot open a file to wait for: %s",
               g_strerror (errno));
  fsmm_own_file_close (&file_mark);

  return FALSE;
}

static gboolean
has_files (void)
{
  return fsmm_own_file_is_open (&file_mark);
}

static void
close_mark (void)
{
  fsmm_own_file_close (&file_mark);
}

#else

static gboolean
make_mark (GError **error)
{
  return TRUE;
}

static gboolean
has_files (void)
{
  return TRUE;
}

static void
close_mark (void)
{
}

#endif

/* What is waited for stays open until then, also where the program closes it meanwhile. */
static gint
wait_for_files (GPollFD *files, guint n_files, gint timeout)
{
  gint n_ready;

  fsmm_unlock (&busy_lock);
  n_ready = g_poll (files, has_files () ? n_files : 0, timeout);
  fsmm_lock (&busy_lock);
  if (has_files ())
    return n_ready;

  for (guint i = 0; i < n_files; i++)
    files[i].revents = 0;

  return 0;
}

/* It ends with the process. */
static gpointer
watch (gpointer data)
{
  GMainContext *context = fsmm_receive (data);

  fsmm_lock (&busy_lock);
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

/* Returns: (transfer none) (nullable): unless it would not be woken */
static GMainContext *
get_running (GError **error)
{
  if (has_files ())
    return watcher_context;

  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED,
                       "the program has closed files that it had not opened, those of this library "
                       "among them; make its first pool after that");

  return NULL;
}

GMainContext *
fsmm_watcher_start (GError **error)
{
  g_autoptr (GMainContext) context = NULL;
  GThread *thread;

  if (watcher_context != NULL)
    return get_running (error);
  if (!make_mark (error))
    return NULL;

  context = g_main_context_new ();
  g_main_context_set_poll_func (context, wait_for_files);
  thread = start_thread (context, error);
  if (thread == NULL)
    {
      close_mark ();
      return NULL;
    }

  g_thread_unref (thread);
  watcher_context = g_steal_pointer (&context);

  return watcher_context;
}

void
fsmm_watcher_warn (const char *what, const GError *error)
{
  fsmm_unlock (&busy_lock);
  g_warning ("%s: %s", what, error->message);
  fsmm_lock (&busy_lock);
}

/* --- fork () --- */

void
fsmm_watcher_hold (void)
{
  fsmm_lock (&busy_lock);
}

void
fsmm_watcher_let_go (void)
{
  fsmm_unlock (&busy_lock);
}

/* What is in memory stays. */
void
fsmm_watcher_forget (void)
{
  watcher_context = NULL;
  close_mark ();
}
