/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What gcc -fanalyzer is told in front of each file. GLib's headers do not say that g_free () takes
 * back what the others return, nor that most of these never return NULL; and that a test ends with
 * g_assert_nonnull () they say to clang alone. */

#pragma once

#define ALLOCATES __attribute__ ((malloc (g_free, 1)))
#define MODEL extern inline __attribute__ ((gnu_inline, always_inline))

void g_free (void *memory);
void *g_try_malloc (__SIZE_TYPE__ size) ALLOCATES;
void *g_try_malloc0 (__SIZE_TYPE__ size) ALLOCATES;
void *g_try_malloc_n (__SIZE_TYPE__ n, __SIZE_TYPE__ size) ALLOCATES;
void *g_try_malloc0_n (__SIZE_TYPE__ n, __SIZE_TYPE__ size) ALLOCATES;

MODEL void *
g_malloc (__SIZE_TYPE__ size)
{
  return g_try_malloc (size) ?: (__builtin_abort (), (void *) 0);
}

MODEL void *
g_malloc0 (__SIZE_TYPE__ size)
{
  return g_try_malloc0 (size) ?: (__builtin_abort (), (void *) 0);
}

MODEL void *
g_malloc_n (__SIZE_TYPE__ n, __SIZE_TYPE__ size)
{
  return g_try_malloc_n (n, size) ?: (__builtin_abort (), (void *) 0);
}

MODEL void *
g_malloc0_n (__SIZE_TYPE__ n, __SIZE_TYPE__ size)
{
  return g_try_malloc0_n (n, size) ?: (__builtin_abort (), (void *) 0);
}

/* Its own definition is what fsmm-system.c is analysed with. */
MODEL void *
fsmm_system_try_new0 (__SIZE_TYPE__ size)
{
  return g_try_malloc0 (size);
}

#undef ALLOCATES
#undef MODEL

void g_assertion_message (const char *domain,
                          const char *file,
                          int line,
                          const char *function,
                          const char *message) __attribute__ ((noreturn));
