/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* System calls that the kernel answers with an error, as a filter or an older kernel does. */

#pragma once

#include <glib.h>

#include <sys/syscall.h>

G_BEGIN_DECLS

typedef struct
{
  int call;
  int error; /* 0: the call is not refused */
  enum
  {
    ALWAYS,
    IF_FIRST,  /* its first argument is @value */
    IF_SECOND, /* and so on */
    IF_THIRD
  } when;
  guint32 value;
} Refusal;

#define REFUSED(which, errno_value)                                                                \
  {                                                                                                \
    .call = (which), .error = (errno_value)                                                        \
  }
#define REFUSED_IF(argument, is, which, errno_value)                                               \
  {                                                                                                \
    .call = (which), .error = (errno_value), .when = (argument), .value = (is)                     \
  }

/* What the C library calls for mmap () and nanosleep (). */
#ifdef SYS_mmap2
#define CALL_MMAP SYS_mmap2
#else
#define CALL_MMAP SYS_mmap
#endif
#ifdef SYS_clock_nanosleep_time64
#define CALL_NANOSLEEP SYS_clock_nanosleep_time64
#else
#define CALL_NANOSLEEP SYS_clock_nanosleep
#endif

gboolean refusal_is_possible (void);
void refuse (const Refusal *refusal);
void refuse_in_thread (const Refusal *refusal);

G_END_DECLS
