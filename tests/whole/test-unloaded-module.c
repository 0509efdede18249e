/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A program closes a module that has a static pool. */

#include "unloaded-module.h"

#include <dlfcn.h>

static const char *module_path;
static char **all_paths; /* of two modules that differ in how they define the same pool */

typedef struct {
  gpointer handle; /* (owned) */
  FsmmPool *(*get_pool) (void);
  gpointer (*new_spot) (void);
  void (*free_spot) (gpointer spot);
  void (*keep_spot) (void);
} Module;

static gpointer
find_symbol (gpointer handle, const char *name)
{
  gpointer symbol = dlsym (handle, name);

  g_assert_nonnull (symbol);
  return symbol;
}

static void
module_open_path (Module *self, const char *path)
{
  self->handle = dlopen (path, RTLD_NOW | RTLD_LOCAL);
  g_assert_nonnull (self->handle);

  self->get_pool = find_symbol (self->handle, "module_get_pool");
  self->new_spot = find_symbol (self->handle, "module_new_spot");
  self->free_spot = find_symbol (self->handle, "module_free_spot");
  self->keep_spot = find_symbol (self->handle, "module_keep_spot");
}

static void
module_open (Module *self)
{
  module_open_path (self, module_path);
}

static void
module_close (Module *self)
{
  g_assert_cmpint (dlclose (self->handle), ==, 0);
  g_assert_null (dlopen (module_path, RTLD_NOW | RTLD_NOLOAD));
}

static void
test_nothing_live (void)
{
  for (guint i = 0; i < 3; i++)
    {
      Module module;
      FsmmPool *pool; /* (nullable): while it exists */

      module_open (&module);
      module.free_spot (module.new_spot ());
      pool = module.get_pool ();
      g_object_add_weak_pointer (G_OBJECT (pool), (gpointer *) &pool);

      module_close (&module);
      g_assert_null (pool);
    }
}

static void
test_never_used (void)
{
  Module module;

  module_open (&module);
  module_close (&module);
}

/* A block that is live until the module goes, and is freed then, does not keep the pool. */
static void
test_freed_at_the_end (void)
{
  Module module;
  FsmmPool *pool;

  module_open (&module);
  module.keep_spot ();
  pool = module.get_pool ();
  g_object_add_weak_pointer (G_OBJECT (pool), (gpointer *) &pool);

  module_close (&module);
  g_assert_null (pool);
}

/* Whoever has the block can use it, and give it back. */
static void
test_block_is_live (void)
{
  Module module;
  FsmmPool *pool;
  double *spot;

  module_open (&module);
  spot = module.new_spot ();
  module_close (&module);

  *spot = 1.5;
  pool = fsmm_pool_for_block (spot);
  g_assert_nonnull (pool);
  g_assert_cmpstr (fsmm_pool_get_name (pool), ==, "Spot");
  fsmm_free (spot);
  g_object_unref (pool);
}

/* Types of the same name in two modules have a pool each. */
static void
test_same_name (void)
{
  Module modules[2];
  gpointer spots[2];

  for (guint i = 0; i < 2; i++)
    {
      module_open_path (&modules[i], all_paths[i]);
      spots[i] = modules[i].new_spot ();
      g_assert_cmpstr (fsmm_pool_get_name (modules[i].get_pool ()), ==, "Spot");
      g_assert_true (fsmm_pool_for_block (spots[i]) == modules[i].get_pool ());
    }
  g_assert_true (modules[0].get_pool () != modules[1].get_pool ());
  g_assert_false (fsmm_pool_is_allocated (modules[0].get_pool (), spots[1]));

  modules[0].free_spot (spots[0]);
  g_assert_cmpint (dlclose (modules[0].handle), ==, 0);
  g_assert_true (fsmm_pool_for_block (spots[1]) == modules[1].get_pool ());
  modules[1].free_spot (spots[1]);
  g_assert_cmpint (dlclose (modules[1].handle), ==, 0);
}

typedef struct {
  GAsyncQueue *to_use; /* of modules; the queue itself to end */
  GAsyncQueue *used;
} User;

static gpointer
use_modules (gpointer data)
{
  User *user = data;
  gpointer next;

  while ((next = g_async_queue_pop (user->to_use)) != user->to_use)
    {
      Module *module = next;

      module->free_spot (module->new_spot ());
      g_async_queue_push (user->used, module);
    }

  return NULL;
}

/* What a thread has of the pool goes with it, though the thread does not. */
static void
test_thread_goes_on (void)
{
  User user = { g_async_queue_new (), g_async_queue_new () };
  GThread *thread = g_thread_new ("user", use_modules, &user);

  for (guint i = 0; i < 3; i++)
    {
      Module module;
      FsmmPool *pool;

      module_open (&module);
      pool = module.get_pool ();
      g_object_add_weak_pointer (G_OBJECT (pool), (gpointer *) &pool);
      g_async_queue_push (user.to_use, &module);
      g_async_queue_pop (user.used);
      module_close (&module);
      g_assert_null (pool);
    }

  g_async_queue_push (user.to_use, user.to_use);
  g_thread_join (thread);
  g_async_queue_unref (user.to_use);
  g_async_queue_unref (user.used);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  module_path = argv[1];
  all_paths = &argv[2];

  g_test_add_func ("/unloaded-module/never-used", test_never_used);
  g_test_add_func ("/unloaded-module/nothing-live", test_nothing_live);
  g_test_add_func ("/unloaded-module/freed-at-the-end", test_freed_at_the_end);
  g_test_add_func ("/unloaded-module/block-is-live", test_block_is_live);
  g_test_add_func ("/unloaded-module/same-name", test_same_name);
  g_test_add_func ("/unloaded-module/thread-goes-on", test_thread_goes_on);

  return g_test_run ();
}
