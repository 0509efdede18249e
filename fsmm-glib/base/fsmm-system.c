/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "base/fsmm-system.h"

#include <errno.h>
#include <stdlib.h>

#ifdef HAVE_MMAP
#include <sys/mman.h>
#include <unistd.h>
#endif

/* 0: no failure is asked for. */
static guint requests_until_failure;

static gboolean
request_must_fail (void)
{
  if (g_atomic_int_get (&requests_until_failure) == 0)
    return FALSE;

  return g_atomic_int_dec_and_test (&requests_until_failure);
}

void
fsmm_system_fail_nth (guint nth)
{
  g_atomic_int_set (&requests_until_failure, nth);
}

gboolean
fsmm_system_fail_none (void)
{
  return g_atomic_int_and (&requests_until_failure, 0) == 0;
}

/* Zeroed memory for bookkeeping, for g_free (). NULL if there is none. */
gpointer
fsmm_system_try_new0 (gsize size)
{
  if (request_must_fail ())
    return NULL;

  return g_try_malloc0 (size);
}

/* Zeroed memory in cache lines of its own, for fsmm_system_free_cache_aligned (). What malloc ()
 * returned is kept right before it. */
gpointer
fsmm_system_try_new0_cache_aligned (gsize size)
{
  guint8 *base = fsmm_system_try_new0 (size + sizeof (gpointer) + 2 * FSMM_SYSTEM_CACHE_LINE - 1);
  guint8 *aligned;

  if (base == NULL)
    return NULL;

  aligned = base + sizeof (gpointer);
  aligned += -(guintptr) aligned & (FSMM_SYSTEM_CACHE_LINE - 1);
  ((gpointer *) (gpointer) aligned)[-1] = base;

  return aligned;
}

/* What malloc () returned. */
gpointer
fsmm_system_get_unaligned (gpointer memory)
{
  return ((gpointer *) memory)[-1];
}

void
fsmm_system_free_cache_aligned (gpointer memory)
{
  g_free (fsmm_system_get_unaligned (memory));
}

/* Where the C library has no such function, that is as if there were no memory. */
gpointer
fsmm_system_try_new_aligned (gsize size, gsize alignment)
{
#ifdef HAVE_POSIX_MEMALIGN
  void *memory = NULL;

  if (!request_must_fail () &&
      posix_memalign (&memory, MAX (alignment, sizeof (gpointer)), size) == 0)
    return memory;
#endif

  return NULL;
}

void
fsmm_system_free_aligned (gpointer memory)
{
  free (memory);
}

#ifdef HAVE_MMAP

/* LeakSanitizer looks for pointers in memory from malloc (), but not in mappings: without this it
 * would call everything a leak that is owned by an object in a pool. */
void __lsan_register_root_region (const void *base, size_t size) __attribute__ ((weak));
void __lsan_unregister_root_region (const void *base, size_t size) __attribute__ ((weak));

/* Whether what is in a mapping keeps anything from being a leak. It does once it is mapped. */
void
fsmm_system_set_scanned (gpointer base, gsize size, gboolean is_scanned)
{
  if (is_scanned && __lsan_register_root_region != NULL)
    __lsan_register_root_region (base, size);
  if (!is_scanned && __lsan_unregister_root_region != NULL)
    __lsan_unregister_root_region (base, size);
}

static guint8 *
map_pages (gsize size)
{
  void *base = mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  return base == MAP_FAILED ? NULL : base;
}

/* Maps more than is needed, and gives back what lies before and behind the aligned part. */
static guint8 *
map_and_cut (gsize size, gsize alignment)
{
  guint8 *base, *aligned;
  gsize before, behind;

  if (size > G_MAXSIZE - alignment)
    return NULL;

  base = map_pages (size + alignment);
  if (base == NULL)
    return NULL;

  before = -(guintptr) base & (alignment - 1);
  aligned = base + before;
  behind = alignment - before;

  if (before > 0)
    munmap (base, before);
  if (behind > 0)
    munmap (aligned + size, behind);

  return aligned;
}

/* Returns @size bytes of zeroed memory at a multiple of @alignment, or NULL if the system has none.
 * @size is a multiple of FSMM_SYSTEM_GRANULE, @alignment a power of two, at least as large. */
gpointer
fsmm_system_map (gsize size, gsize alignment)
{
  guint8 *base;

  g_assert (size > 0 && size % FSMM_SYSTEM_GRANULE == 0);
  g_assert (alignment % FSMM_SYSTEM_GRANULE == 0);

  if (request_must_fail ())
    return NULL;

  /* The kernel places mappings side by side, so that after an aligned one of the same size the next
   * is aligned too, more often than not. */
  base = map_pages (size);
  if (base != NULL && ((guintptr) base & (alignment - 1)) != 0)
    {
      munmap (base, size);
      base = map_and_cut (size, alignment);
    }

  if (base != NULL)
    fsmm_system_set_scanned (base, size, TRUE);

  return base;
}

/* Gives back what fsmm_system_map () returned. Keeps errno, as free () does: a cleanup may run
 * between a call that failed and a look at why. */
void
fsmm_system_unmap (gpointer base, gsize size)
{
  int kept_errno = errno;

  fsmm_system_set_scanned (base, size, FALSE);

  /* A process may have only so many mappings, and a hole makes two of one: then the addresses
   * are lost, but not the memory. */
  if (munmap (base, size) != 0)
    (void) fsmm_system_discard (base, size);

  errno = kept_errno;
}

gsize
fsmm_system_get_page_size (void)
{
  return (gsize) sysconf (_SC_PAGESIZE);
}

/* Gives back whole pages, but not their addresses. Returns FALSE if the system refuses, which it does
 * if they are locked in memory, or if it is told to: what they read as afterwards is undefined. Keeps
 * errno. */
gboolean
fsmm_system_discard (gpointer base, gsize size)
{
  int kept_errno = errno;
  gboolean is_done = madvise (base, size, MADV_DONTNEED) == 0;

  errno = kept_errno;

  return is_done;
}

/* How many bytes of whole pages are in memory now; 0 if it has been unmapped meanwhile. Keeps errno. */
gsize
fsmm_system_count_resident (gpointer base, gsize size)
{
  unsigned char is_resident[1024];
  gsize page_size = fsmm_system_get_page_size ();
  gsize n_resident = 0;
  int kept_errno = errno;

  for (gsize offset = 0; offset < size; offset += sizeof is_resident * page_size)
    {
      gsize n_pages = MIN ((size - offset) / page_size, sizeof is_resident);

      if (mincore ((char *) base + offset, n_pages * page_size, is_resident) != 0)
        break;
      for (gsize i = 0; i < n_pages; i++)
        n_resident += is_resident[i] & 1;
    }
  errno = kept_errno;

  return n_resident * page_size;
}

/* Gets whole pages that are going to be written to, all at once: that takes a fraction of the time of getting
 * each when it is first touched. Where the system cannot do so, that is how they come. Keeps errno. */
void
fsmm_system_populate (gpointer base, gsize size)
{
#ifdef MADV_POPULATE_WRITE
  static gint is_unknown;
  int kept_errno = errno;

  if (!g_atomic_int_get (&is_unknown) && madvise (base, size, MADV_POPULATE_WRITE) != 0 &&
      (errno == EINVAL || errno == ENOSYS || errno == EPERM))
    g_atomic_int_set (&is_unknown, TRUE);
  errno = kept_errno;
#endif
}

/* Whether whoever runs the program has anything against them. */
gboolean
fsmm_system_may_use_huge_pages (void)
{
  static gint answer; /* (atomic): 0: not known yet */

  if (g_atomic_int_get (&answer) == 0)
    g_atomic_int_set (&answer, g_strcmp0 (g_getenv ("FSMM_HUGE_PAGES"), "no") == 0 ? -1 : 1);

  return g_atomic_int_get (&answer) > 0;
}

/* Asks for huge pages, which are quicker to get, to use and to give back, for a mapping that
 * starts at a multiple of one; or asks for none any more. Keeps errno. */
void
fsmm_system_advise_huge_pages (gpointer base, gsize size, gboolean are_wanted)
{
#if defined(MADV_HUGEPAGE) && defined(MADV_NOHUGEPAGE)
  int kept_errno = errno;

  madvise (base, size, are_wanted ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
  errno = kept_errno;
#endif
}

#else /* !HAVE_MMAP */

void
fsmm_system_set_scanned (gpointer base, gsize size, gboolean is_scanned)
{
}

/* A system without mmap (): memory from the C library, with the address that it returned kept right
 * before the aligned part. */

gpointer
fsmm_system_map (gsize size, gsize alignment)
{
  guint8 *base;
  guint8 *aligned;

  if (request_must_fail () || size > G_MAXSIZE - alignment - sizeof (gpointer))
    return NULL;

  base = g_try_malloc0 (size + alignment + sizeof (gpointer));
  if (base == NULL)
    return NULL;

  aligned = base + sizeof (gpointer);
  aligned += -(guintptr) aligned & (alignment - 1);
  ((gpointer *) aligned)[-1] = base;

  return aligned;
}

void
fsmm_system_unmap (gpointer base, gsize size)
{
  g_free (((gpointer *) base)[-1]);
}

gsize
fsmm_system_get_page_size (void)
{
  return FSMM_SYSTEM_GRANULE;
}

gboolean
fsmm_system_discard (gpointer base, gsize size)
{
  return FALSE;
}

void
fsmm_system_populate (gpointer base, gsize size)
{
}

gsize
fsmm_system_count_resident (gpointer base, gsize size)
{
  return size;
}

gboolean
fsmm_system_may_use_huge_pages (void)
{
  return FALSE;
}

void
fsmm_system_advise_huge_pages (gpointer base, gsize size, gboolean are_wanted)
{
}

#endif
