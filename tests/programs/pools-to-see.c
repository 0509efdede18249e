/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A program with pools of all kinds, for those that look at them from outside.
 *
 * usage: pools-to-see [N]
 *
 * It has N more pools than those that are named here. What it is asked for comes in lines: */

#include <fsmm-glib/fsmm-glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How often, in milliseconds, and how many blocks are taken from the busy pool, and given back. */
#define INTERVAL 10
#define PER_INTERVAL 640

static FsmmPool *
make_pool (const char *name, gsize alloc_size, gsize max_blocks, guint n_live)
{
  FsmmPool *pool = fsmm_pool_new_full (name, alloc_size, 0, 0, max_blocks, NULL);

  for (guint i = 0; i < n_live; i++)
    if (fsmm_pool_alloc (pool, NULL) == NULL)
      g_error ("there is no block to take");

  return pool;
}

static void
make_typed_pools (void)
{
  FsmmTypedPool *dates = fsmm_typed_pool_new (G_TYPE_DATE, 0, NULL);
  FsmmObjectPool *sessions = g_object_new (FSMM_TYPE_OBJECT_POOL, "item-type", G_TYPE_OBJECT, "name",
                                           "sessions", "max-objects", 4, NULL);

  for (guint i = 0; i < 5; i++)
    if (fsmm_typed_pool_construct (dates, NULL) == NULL)
      g_error ("there is no date to take");
  for (guint i = 0; i < 2; i++)
    if (fsmm_object_pool_borrow (sessions, NULL) == NULL)
      g_error ("there is no session to borrow");
}

static gboolean
work (gpointer pool)
{
  gpointer blocks[PER_INTERVAL];

  for (guint i = 0; i < PER_INTERVAL; i++)
    blocks[i] = fsmm_pool_alloc (pool, NULL);
  for (guint i = 0; i < PER_INTERVAL; i++)
    fsmm_pool_free (pool, blocks[i], NULL);

  return G_SOURCE_CONTINUE;
}

static void
make_pools (guint n_more)
{
  FsmmPool *waited_for = make_pool ("waited for", 64, 100, 100);

  fsmm_pool_acquire_async (waited_for, G_PRIORITY_DEFAULT, NULL, NULL, NULL);
  make_pool ("limited", 48, 50, 10);
  make_pool ("full", 4096, 8, 8);
  make_pool (NULL, 32, 0, 3);
  make_pool ("größe 漢字", 24, 0, 1);
  make_pool ("evil\033[2J\r\n\302\2330m\a", 24, 0, 2);
  make_typed_pools ();
  for (guint i = 0; i < n_more; i++)
    {
      g_autofree char *name = g_strdup_printf ("pool %04u", i);

      make_pool (name, 16, 0, i % 32);
    }
  g_timeout_add (INTERVAL, work, make_pool ("busy", 128, 0, 0));
}

/* --- What it is asked for --- */

static void
print_pool (FsmmPoolInfo *info)
{
  const char *name = fsmm_pool_info_get_name (info);
  g_autofree char *shown = g_strescape (name != NULL ? name : "", NULL);

  g_print ("%s\t%zu\t%zu\t%zu\t%zu\t%u\t%zu\n", shown, fsmm_pool_info_get_alloc_size (info),
           fsmm_pool_info_get_n_allocated (info), fsmm_pool_info_get_peak_allocated (info),
           fsmm_pool_info_get_max_blocks (info), fsmm_pool_info_get_n_waiting (info),
           fsmm_pool_info_get_reserved_bytes (info));
}

/* "figures": a line for each pool, and an empty one. */
static void
print_figures (void)
{
  g_autoptr (FsmmMonitor) monitor = fsmm_monitor_new (0);

  fsmm_monitor_refresh (monitor);
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (monitor)); i++)
    {
      g_autoptr (FsmmPoolInfo) info = g_list_model_get_item (G_LIST_MODEL (monitor), i);

      print_pool (info);
    }
  g_print ("\n");
  fflush (stdout);
}

/* "end": it ends. So it does when nobody is there any more to ask. */
static gboolean
on_line (GIOChannel *channel, GIOCondition condition, gpointer data)
{
  g_autofree char *line = NULL;

  if (g_io_channel_read_line (channel, &line, NULL, NULL, NULL) != G_IO_STATUS_NORMAL ||
      g_str_equal (g_strstrip (line), "end"))
    exit (0);
  if (g_str_equal (line, "figures"))
    print_figures ();

  return G_SOURCE_CONTINUE;
}

int
main (int argc, char *argv[])
{
  g_autoptr (GIOChannel) channel = g_io_channel_unix_new (0);

  make_pools (argc > 1 ? (guint) atoi (argv[1]) : 0);
  g_io_add_watch (channel, G_IO_IN | G_IO_HUP, on_line, NULL);

  while (TRUE)
    g_main_context_iteration (NULL, TRUE);
}
