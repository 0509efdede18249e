/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A program closes a plugin that has the static library in it, and knows nothing of the library. */

#include <dlfcn.h>
#include <glib.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *plugin_path;

typedef struct {
  gpointer handle; /* (owned) */
  void (*start) (void);
  void (*work) (void);
  void (*stop) (void);
} Plugin;

static gpointer
find_symbol (gpointer handle, const char *name)
{
  gpointer symbol = dlsym (handle, name);

  g_assert_nonnull (symbol);
  return symbol;
}

static void
plugin_open (Plugin *self)
{
  self->handle = dlopen (plugin_path, RTLD_NOW | RTLD_LOCAL);
  g_assert_nonnull (self->handle);

  self->start = find_symbol (self->handle, "static_plugin_start");
  self->work = find_symbol (self->handle, "static_plugin_work");
  self->stop = find_symbol (self->handle, "static_plugin_stop");
  self->start ();
}

static void
plugin_close (Plugin *self)
{
  self->stop ();
  g_assert_cmpint (dlclose (self->handle), ==, 0);
}

/* A thread that works with the plugin, and ends when it is told to. */
typedef struct {
  Plugin *plugin;
  GAsyncQueue *worked;
  GAsyncQueue *may_end;
} Worker;

static gpointer
work_and_wait (gpointer data)
{
  Worker *self = data;

  self->plugin->work ();
  g_async_queue_push (self->worked, self);
  g_async_queue_pop (self->may_end);
  return NULL;
}

static void
test_thread_ends_later (void)
{
  Plugin plugin;
  Worker worker = { &plugin, g_async_queue_new (), g_async_queue_new () };
  GThread *thread;

  plugin_open (&plugin);
  thread = g_thread_new ("worker", work_and_wait, &worker);
  g_async_queue_pop (worker.worked);
  plugin_close (&plugin);

  g_async_queue_push (worker.may_end, &worker);
  g_thread_join (thread);

  g_async_queue_unref (worker.worked);
  g_async_queue_unref (worker.may_end);
}

static void
test_fork_later (void)
{
  Plugin plugin;
  pid_t child;
  int status;

  plugin_open (&plugin);
  plugin.work ();
  plugin_close (&plugin);

  child = fork ();
  if (child == 0)
    _exit (0);
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_cmpint (status, ==, 0);
}

static void
test_open_again (void)
{
  for (guint i = 0; i < 3; i++)
    {
      Plugin plugin;

      plugin_open (&plugin);
      plugin.work ();
      plugin_close (&plugin);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  plugin_path = argv[1];

  g_test_add_func ("/static-plugin/thread-ends-later", test_thread_ends_later);
  g_test_add_func ("/static-plugin/fork-later", test_fork_later);
  g_test_add_func ("/static-plugin/open-again", test_open_again);

  return g_test_run ();
}
