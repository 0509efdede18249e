/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Does what its argument says, for FSMM_DEBUG=record=FILE to write down. */

#include <fsmm-glib/fsmm-glib.h>

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BLOCK_BYTES 1024
#define MAX_BLOCKS 1000

typedef struct {
  FsmmPool *pool;
  gpointer blocks[MAX_BLOCKS];
  gsize n_blocks;
} Stock;

static void
stock_init (Stock *self, const char *name)
{
  self->pool = fsmm_pool_new_full (name, BLOCK_BYTES, 0, 0, MAX_BLOCKS, NULL);
  self->n_blocks = 0;
}

static void
stock_set (Stock *self, gsize n_blocks)
{
  for (; self->n_blocks < n_blocks; self->n_blocks++)
    self->blocks[self->n_blocks] = fsmm_pool_alloc0 (self->pool, NULL);
  while (self->n_blocks > n_blocks)
    fsmm_pool_free (self->pool, self->blocks[--self->n_blocks], NULL);
}

/* Two or three looks. */
static void
wait_for_look (void)
{
  g_usleep (250 * 1000);
}

/* --- Acts --- */

static void
go_through_course (void)
{
  static const gsize course[] = { 100, 900, 50 };
  g_autoptr (FsmmTypedPool) dates = fsmm_typed_pool_new (G_TYPE_DATE, 0, NULL);
  g_autoptr (FsmmObjectPool) objects = g_object_new (FSMM_TYPE_OBJECT_POOL, "name", "lent", "item-type",
                                                     G_TYPE_OBJECT, NULL);
  g_autoptr (FsmmLease) lease = fsmm_object_pool_borrow (objects, NULL);
  Stock stock;

  stock_init (&stock, "steps");
  for (gsize i = 0; i < G_N_ELEMENTS (course); i++)
    {
      stock_set (&stock, course[i]);
      wait_for_look ();
    }
  stock_set (&stock, 0);
  g_object_unref (stock.pool);
  wait_for_look ();
}

static gpointer
take_seven (gpointer pool)
{
  for (guint i = 0; i < 7; i++)
    fsmm_pool_alloc (pool, NULL);

  return NULL;
}

/* A thread's work ends just before the program does, and long before the first look. */
static void
end_at_once (void)
{
  FsmmPool *pool = fsmm_pool_new_full ("last", 64, 0, 0, 0, NULL);

  g_thread_join (g_thread_new ("taker", take_seven, pool));
}

static void
name_pools (int n_names, char **names)
{
  for (int i = 0; i < n_names; i++)
    fsmm_pool_alloc (fsmm_pool_new_full (names[i], 64, 0, 0, 0, NULL), NULL);
  fsmm_pool_alloc (fsmm_pool_new (64, 0, NULL), NULL);
}

static void
end_child (pid_t child)
{
  int status;

  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_true (WIFEXITED (status) && WEXITSTATUS (status) == 0);
}

/* One child makes a pool, in another folder, and one does not. */
static void
fork_twice (void)
{
  Stock own;
  pid_t child;

  stock_init (&own, "parent");
  stock_set (&own, 10);
  wait_for_look ();
  child = fork ();
  if (child == 0)
    {
      Stock others;

      g_assert_cmpint (chdir ("/"), ==, 0);
      stock_init (&others, "child");
      stock_set (&others, 20);
      wait_for_look ();
      exit (0);
    }
  end_child (child);

  child = fork ();
  if (child == 0)
    exit (0);
  end_child (child);
  stock_set (&own, 30);
}

/* The child makes a pool when this process has ended. */
static void
leave_child (void)
{
  Stock own;

  stock_init (&own, "parent");
  stock_set (&own, 10);
  if (fork () == 0)
    {
      g_usleep (G_USEC_PER_SEC);
      end_at_once ();
    }
}

static gpointer
be_busy (gpointer data)
{
  Stock *self = data;

  while (TRUE)
    {
      stock_set (self, MAX_BLOCKS);
      stock_set (self, 1);
    }

  return NULL;
}

/* Until the end, which finds it at work. */
static void
start_work (void)
{
  for (guint i = 0; i < 2; i++)
    {
      Stock *stock = g_new (Stock, 1);

      stock_init (stock, "busy");
      g_thread_unref (g_thread_new ("busy", be_busy, stock));
    }
}

static void
fork_at_work (void)
{
  start_work ();
  for (guint i = 0; i < 40; i++)
    {
      pid_t child = fork ();

      if (child == 0)
        {
          end_at_once ();
          exit (0);
        }
      end_child (child);
      g_usleep (10 * 1000);
    }
}

/* As who becomes a daemon: with pools, though these are for later. */
static void
close_files (void)
{
  Stock stock;
  clock_t start;

  stock_init (&stock, "daemon");
  stock_set (&stock, 1);
  wait_for_look ();
  for (int i = STDERR_FILENO + 1; i < 100; i++)
    close (i);

  start = clock ();
  wait_for_look ();
  wait_for_look ();
  g_assert_cmpint (clock () - start, <, CLOCKS_PER_SEC / 8);
  stock_set (&stock, 2);
  wait_for_look ();
}

/* The other program has the same environment. */
static void
start_another (const char *self)
{
  const char *arguments[] = { self, "end-at-once", NULL };
  Stock stock;

  stock_init (&stock, "outer");
  stock_set (&stock, 3);
  g_assert_true (g_spawn_sync (NULL, (char **) arguments, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, NULL,
                               NULL, NULL));
}

int
main (int argc, char **argv)
{
  const char *act = argc > 1 ? argv[1] : "";

  if (strcmp (act, "course") == 0)
    go_through_course ();
  else if (strcmp (act, "end-at-once") == 0)
    end_at_once ();
  else if (strcmp (act, "names") == 0)
    name_pools (argc - 2, argv + 2);
  else if (strcmp (act, "fork") == 0)
    fork_twice ();
  else if (strcmp (act, "leave-child") == 0)
    leave_child ();
  else if (strcmp (act, "fork-at-work") == 0)
    fork_at_work ();
  else if (strcmp (act, "close-files") == 0)
    close_files ();
  else if (strcmp (act, "start-another") == 0)
    start_another (argv[0]);
  else if (strcmp (act, "work") == 0)
    {
      start_work ();
      g_usleep (argc > 2 ? atol (argv[2]) * 1000 : 0);
    }
  else
    g_error ("there is no act \"%s\"", act);

  return 0;
}
