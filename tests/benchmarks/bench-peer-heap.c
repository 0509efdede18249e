/* SPDX-License-Identifier: LGPL-2.1-or-later */

#define _GNU_SOURCE

#include "bench-peer-heap.h"

#if defined BENCH_PEER_MALLOC

#include <dlfcn.h>
#include <string.h>

BenchHeapCalls bench_heap_calls;

static gpointer (*mimalloc_new) (void);
static void (*mimalloc_give) (gpointer block);

static gpointer
create_mimalloc (gsize size)
{
  return mimalloc_new ();
}

static void
give_mimalloc (gpointer heap, gpointer block)
{
  mimalloc_give (block);
}

/* It is loaded in front of the program, if at all. */
static gboolean
find_mimalloc (void)
{
  *(gpointer *) &mimalloc_new = dlsym (RTLD_DEFAULT, "mi_heap_new");
  *(gpointer *) &mimalloc_give = dlsym (RTLD_DEFAULT, "mi_free");
  *(gpointer *) &bench_heap_calls.take = dlsym (RTLD_DEFAULT, "mi_heap_malloc");
  *(gpointer *) &bench_heap_calls.drop = dlsym (RTLD_DEFAULT, "mi_heap_destroy");
  bench_heap_calls.create = create_mimalloc;
  bench_heap_calls.give = give_mimalloc;

  return mimalloc_new != NULL && mimalloc_give != NULL && bench_heap_calls.take != NULL &&
         bench_heap_calls.drop != NULL;
}

#ifdef __GLIBC__

#include <obstack.h>

#define obstack_chunk_alloc malloc
#define obstack_chunk_free free

static gpointer
create_obstack (gsize size)
{
  struct obstack *self = malloc (sizeof *self);

  obstack_init (self);

  return self;
}

static gpointer
take_obstack (gpointer heap, gsize size)
{
  return obstack_alloc ((struct obstack *) heap, size);
}

/* And what was taken later: nothing, in these workloads. */
static void
give_obstack (gpointer heap, gpointer block)
{
  obstack_free ((struct obstack *) heap, block);
}

static void
drop_obstack (gpointer heap)
{
  obstack_free ((struct obstack *) heap, NULL);
  free (heap);
}

/* The C library has obstacks: they stand beside its own malloc, and no other. */
static gboolean
find_obstacks (void)
{
  g_autofree char *malloc_library = bench_peer_library_of ("malloc");
  g_autofree char *obstack_library = bench_peer_library_of ("_obstack_begin");

  bench_heap_calls = (BenchHeapCalls){ create_obstack, take_obstack, give_obstack, drop_obstack };

  return strcmp (malloc_library, obstack_library) == 0;
}

#else

static gboolean
find_obstacks (void)
{
  return FALSE;
}

#endif

gboolean
bench_heap_find (void)
{
  return find_mimalloc () || find_obstacks ();
}

#elif defined BENCH_PEER_SLICE || defined BENCH_PEER_INLINE

BenchHeapCalls bench_heap_calls;

gboolean
bench_heap_find (void)
{
  return FALSE;
}

#else

gboolean
bench_heap_find (void)
{
  return TRUE;
}

#endif
