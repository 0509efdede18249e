/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What each thread has for itself. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The address of a thread's own data is known when the library is loaded, and costs one
 * instruction: the C library keeps room for that also where a program loads the library later
 * (some 1600 bytes, of which a few hundred are taken here). Others may not. */
#if defined(__GLIBC__) && defined(__ELF__)
#define FSMM_THREAD_LOCAL __thread __attribute__ ((tls_model ("initial-exec")))
#else
#define FSMM_THREAD_LOCAL __thread
#endif

extern FSMM_THREAD_LOCAL char fsmm_thread_token;

/* Stands for the calling thread: at any time, each thread has another one. */
static inline gconstpointer
fsmm_thread_self (void)
{
  return &fsmm_thread_token;
}

G_END_DECLS
