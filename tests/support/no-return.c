/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "no-return.h"

#include <pthread.h>
#include <setjmp.h>
#include <string.h>
#include <ucontext.h>

#ifdef HAVE_VALGRIND
#include <valgrind/valgrind.h>
#endif

/* What was on the stack must not be relied on. */
static G_GNUC_NO_INLINE void
overwrite_stack (void)
{
  volatile char bytes[16384];

  memset ((char *) bytes, 0x41, sizeof bytes);
}

/* --- longjmp () --- */

static jmp_buf target;

/* As deep as an interpreter may be at the time. */
static G_GNUC_NO_INLINE void
call_deeper (void (*func) (void))
{
  volatile char bytes[512];

  bytes[0] = 0;
  func ();
  bytes[1] = bytes[0];
}

static void
run_until_jump (void (*func) (void))
{
  if (setjmp (target) == 0)
    call_deeper (func);
  overwrite_stack ();
}

static void
jump (void)
{
  longjmp (target, 1);
}

const NoReturnWay no_return_by_longjmp = { "longjmp", run_until_jump, jump, NULL };

/* --- The end of the thread --- */

static gpointer
run_in_thread (gpointer func)
{
  ((void (*) (void)) func) ();

  return NULL;
}

static void
run_thread (void (*func) (void))
{
  g_thread_join (g_thread_new ("no-return", run_in_thread, (gpointer) func));
}

static void
end_thread (void)
{
  pthread_exit (NULL);
}

const NoReturnWay no_return_by_end_of_thread = { "end-of-thread", run_thread, end_thread, NULL };

/* --- Another stack --- */

#define FIBER_STACK_BYTES (256 * 1024)

static ucontext_t outside, fiber;
static void (*fiber_func) (void);
static GPtrArray *fiber_stacks; /* (element-type gpointer): kept, as those who went away may come back */

static void
run_fiber_func (void)
{
  fiber_func ();
}

static guint8 *
new_fiber_stack (void)
{
  guint8 *stack = g_malloc (FIBER_STACK_BYTES);

#ifdef HAVE_VALGRIND
  VALGRIND_STACK_REGISTER (stack, stack + FIBER_STACK_BYTES - 1);
#endif
  if (fiber_stacks == NULL)
    fiber_stacks = g_ptr_array_new ();
  g_ptr_array_add (fiber_stacks, stack);

  return stack;
}

static void
run_fiber (void (*func) (void))
{
  fiber_func = func;
  getcontext (&fiber);
  fiber.uc_stack.ss_sp = new_fiber_stack ();
  fiber.uc_stack.ss_size = FIBER_STACK_BYTES;
  fiber.uc_link = &outside;
  makecontext (&fiber, run_fiber_func, 0);
  swapcontext (&outside, &fiber);
  overwrite_stack ();
}

static void
leave_fiber (void)
{
  swapcontext (&fiber, &outside);
}

static void
resume_fiber (void)
{
  swapcontext (&outside, &fiber);
}

const NoReturnWay no_return_by_fiber = { "fiber", run_fiber, leave_fiber, resume_fiber };
