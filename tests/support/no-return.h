/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Ways in which a user function does not return to its caller. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  const char *name;
  /* Calls @func, in which leave () is called: and returns all the same. */
  void (*run) (void (*func) (void));
  void (*leave) (void);
  /* Goes on where that was left, for as long as it takes to return; NULL: that cannot be done. */
  void (*resume) (void);
} NoReturnWay;

extern const NoReturnWay no_return_by_longjmp;
extern const NoReturnWay no_return_by_end_of_thread;
extern const NoReturnWay no_return_by_fiber;
extern const NoReturnWay no_return_by_exception;

G_END_DECLS
