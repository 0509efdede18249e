/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "base/fsmm-privilege.h"

#if defined(HAVE_GETAUXVAL)
#include <sys/auxv.h>
#elif defined(G_OS_UNIX)
#include <unistd.h>
#endif

gboolean
fsmm_process_is_privileged (void)
{
#if defined(HAVE_GETAUXVAL)
  return getauxval (AT_SECURE) != 0;
#elif defined(HAVE_ISSETUGID)
  return issetugid () != 0;
#elif defined(G_OS_UNIX)
  return getuid () != geteuid () || getgid () != getegid ();
#else
  return FALSE;
#endif
}
