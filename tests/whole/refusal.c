/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "refusal.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* The numbers of calls are those of one architecture: a kernel may know two. */
#if defined(__x86_64__)
#define THIS_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__i386__)
#define THIS_ARCHITECTURE AUDIT_ARCH_I386
#elif defined(__aarch64__)
#define THIS_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#ifdef THIS_ARCHITECTURE

/* Where the kernel tells a filter of an argument. Of 64 bits the lower half is looked at, which
 * comes first here. A call that is always refused has its number compared twice. */
static guint32
get_offset (const Refusal *refusal)
{
  if (refusal->when == ALWAYS)
    return offsetof (struct seccomp_data, nr);

  return offsetof (struct seccomp_data, args) +
         (refusal->when - IF_FIRST) * (guint32) sizeof (guint64);
}

static gboolean
install_filter (const Refusal *refusal, guint flags)
{
  guint32 call = (guint32) refusal->call;
  guint32 value = refusal->when == ALWAYS ? call : refusal->value;
  struct sock_filter steps[] = {
    BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, arch)),
    BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, THIS_ARCHITECTURE, 0, 5),
    BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, nr)),
    BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, call, 0, 3),
    BPF_STMT (BPF_LD | BPF_W | BPF_ABS, get_offset (refusal)),
    BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1),
    BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (guint32) refusal->error),
    BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog filter = { G_N_ELEMENTS (steps), steps };

  return prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         syscall (SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &filter) == 0;
}

#else

static gboolean
install_filter (const Refusal *refusal, guint flags)
{
  return FALSE;
}

#endif

/* Asks for nothing that would do harm if it were granted. */
static int
get_error (const Refusal *refusal)
{
  long arguments[3] = { 0 };

  if (refusal->when != ALWAYS)
    arguments[refusal->when - IF_FIRST] = (long) refusal->value;

  errno = 0;
  return syscall (refusal->call, arguments[0], arguments[1], arguments[2], 0, 0, 0) == -1 ? errno
                                                                                          : 0;
}

/* Whichever thread asks, until the process ends: so tests do this in one of their own. */
void
refuse (const Refusal *refusal)
{
  g_assert_true (install_filter (refusal, SECCOMP_FILTER_FLAG_TSYNC));
  g_assert_cmpint (get_error (refusal), ==, refusal->error);
}

/* To the calling thread alone. */
void
refuse_in_thread (const Refusal *refusal)
{
  g_assert_true (install_filter (refusal, 0));
  g_assert_cmpint (get_error (refusal), ==, refusal->error);
}

/* A filter stays: so a child finds out. */
gboolean
refusal_is_possible (void)
{
  const Refusal trial = { SYS_getppid, EPERM, ALWAYS, 0 };
  pid_t child = fork ();
  int status;

  if (child == 0)
    _exit (install_filter (&trial, SECCOMP_FILTER_FLAG_TSYNC) && get_error (&trial) == EPERM ? 0
                                                                                             : 1);

  return child > 0 && waitpid (child, &status, 0) == child && status == 0;
}
