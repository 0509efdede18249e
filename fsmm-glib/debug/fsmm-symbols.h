/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the addresses of code are called. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What is known while a stack is described. */
typedef struct _FsmmSymbols FsmmSymbols;

FsmmSymbols *fsmm_symbols_open (void);
void fsmm_symbols_close (FsmmSymbols *self);

gboolean fsmm_symbols_is_inside (FsmmSymbols *self, gconstpointer return_address);
char *fsmm_symbols_describe (FsmmSymbols *self, gconstpointer return_address);

G_END_DECLS
