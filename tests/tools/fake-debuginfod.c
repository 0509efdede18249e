/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* In place of the library with which libdw asks servers: says that it was called. */

#include <stdio.h>

void *debuginfod_begin (void);
void debuginfod_end (void *client);
int debuginfod_find_debuginfo (void *client, const unsigned char *id, int length, char **path);
int debuginfod_find_executable (void *client, const unsigned char *id, int length, char **path);

static int client_data;

void *
debuginfod_begin (void)
{
  fputs ("a client was made\n", stderr);
  return &client_data;
}

void
debuginfod_end (void *client)
{
}

int
debuginfod_find_debuginfo (void *client, const unsigned char *id, int length, char **path)
{
  fputs ("a server was asked for debugging information\n", stderr);
  return -1;
}

int
debuginfod_find_executable (void *client, const unsigned char *id, int length, char **path)
{
  fputs ("a server was asked for a program\n", stderr);
  return -1;
}
