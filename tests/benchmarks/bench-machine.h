/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the figures were measured on: without it they mean nothing. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* For a heading. */
char *bench_machine_describe (void);
/* As an object of JSON. */
void bench_machine_append (GString *json);

/* Seconds for which programs other than this one and those that it has run were on processors, from
 * some time on; 0 if the machine does not tell. Only differences mean anything. */
double bench_machine_others_seconds (void);

/* How much memory the machine has, or G_MAXSIZE if it does not tell. */
gsize bench_machine_memory (void);

/* How much of it can be had now, or G_MAXSIZE if it does not tell. */
gsize bench_machine_available (void);

G_END_DECLS
