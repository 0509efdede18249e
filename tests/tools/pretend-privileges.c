/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* To be loaded before a program: makes the system tell it that it has privileges. So the library
 * can be tested by those who may not give any to a program. */

/* For RTLD_NEXT. */
#define _GNU_SOURCE

#include <dlfcn.h>
#include <sys/auxv.h>

unsigned long
getauxval (unsigned long type)
{
  unsigned long (*real) (unsigned long type);

  if (type == AT_SECURE)
    return 1;

  *(void **) &real = dlsym (RTLD_NEXT, "getauxval");
  return real (type);
}
