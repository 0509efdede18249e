/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* All orders in which those that wait, whoever frees a block, and what ends a wait can come.
 *
 * Everything that waiting does is done with the store's lock held. So the code itself is run here, one
 * such piece after the other, in each order that several threads could bring about, on a pool that has
 * room for one block. A thread that sleeps goes on only where it would be woken. With each step of the
 * code left out, some order leads to a fault. */

#include "fsmm-test.h"

typedef enum
{
  NO_STEP,
  DIVERT,
  BE_FAIR,
  WAKE,
  SERVE,
  LET_OTHERS_GO_FIRST,
  SLEEP_AGAIN,
  CLOSE_ALL,
  N_STEPS
} Step;

static Step left_out;
static gint64 now;

#define FSMM_WAIT_NOW() now
#define FSMM_WAIT_DOES(step) (left_out != (step))

#undef G_LOG_DOMAIN
#include "fsmm-glib/engine/heap/fsmm-heap-wait.c"

/* --- Those that wait, and what happens to them --- */

typedef struct {
  FsmmWait wait;
  gboolean is_notified;
  gboolean is_late; /* its time is limited */
  gboolean is_cancelled;
  enum
  {
    NOT_HERE,
    WAITING,
    HAS_BLOCK,
    GONE
  } place;
} Waiter;

/* What there is to do, each once and in any order, but that what needs something else comes later. */
typedef enum
{
  COME_1,
  COME_2,
  LOOK_1, /* as often as it would be woken */
  LOOK_2,
  LEAVE_1, /* gives its block back */
  LEAVE_2,
  FREE,   /* the block that is live to begin with */
  CANCEL, /* the first one */
  PASS_TIME,
  FLUSH,
  PUSH_IN, /* a block is taken without waiting */
  PUSH_OUT,
  N_ACTIONS
} Action;

typedef struct {
  FsmmPool *pool;
  gpointer first; /* the block that is live to begin with */
  gpointer pushed;
  Waiter waiters[2];
  guint done;        /* a bit for each action */
  const char *fault; /* (nullable) */
} World;

/* What is left of a scenario: which actions there are, and what the two are like. */
typedef struct {
  guint actions;
  gboolean is_notified[2];
  int priority[2];
} Scenario;

#define BIT(action) (1u << (action))
#define ALL_OF_WAITERS                                                                             \
  (BIT (COME_1) | BIT (COME_2) | BIT (LOOK_1) | BIT (LOOK_2) | BIT (LEAVE_1) | BIT (LEAVE_2))

static void
note_notified (FsmmWaiter *waiter)
{
  ((Waiter *) (gpointer) waiter)->is_notified = TRUE;
}

static FsmmStore *
store_of (World *self)
{
  return &self->pool->store;
}

static gboolean
has_come (const World *self, guint i)
{
  return (self->done & BIT (COME_1 + i)) != 0;
}

/* Whether the sleep of a thread would end, or a main context look at a source. */
static gboolean
would_look (const World *self, guint i)
{
  const Waiter *waiter = &self->waiters[i];
  const FsmmWaiter *base = &waiter->wait.waiter;

  if (waiter->place != WAITING)
    return FALSE;
  if (base->notify != NULL)
    return waiter->is_notified || waiter->is_cancelled;

  return base->state != FSMM_WAITER_ASLEEP || base->is_cancelled || (waiter->is_late && now >= 2000);
}

static gboolean
is_possible (const World *self, const Scenario *scenario, Action action)
{
  gboolean is_to_do = (scenario->actions & ~self->done & BIT (action)) != 0;

  switch (action)
    {
    case LOOK_1:
    case LOOK_2:
      return would_look (self, action - LOOK_1);
    case LEAVE_1:
    case LEAVE_2:
      return self->waiters[action - LEAVE_1].place == HAS_BLOCK;
    case CANCEL:
      return is_to_do && has_come (self, 0);
    case PUSH_OUT:
      return self->pushed != NULL;
    case COME_1:
    case COME_2:
    case FREE:
    case PASS_TIME:
    case FLUSH:
    case PUSH_IN:
    case N_ACTIONS:
    default:
      return is_to_do;
    }
}

/* --- What must never be --- */

static void
fail (World *self, const char *fault)
{
  if (self->fault == NULL)
    self->fault = fault;
}

/* Whoever takes a block must not leave one behind that came first and has waited for long. */
static void
check_fair (World *self, const Waiter *taker)
{
  for (guint i = 0; i < 2; i++)
    {
      const Waiter *other = &self->waiters[i];
      gboolean comes_first = taker == NULL ||
                             other->wait.waiter.priority < taker->wait.waiter.priority ||
                             (other->wait.waiter.priority == taker->wait.waiter.priority &&
                              other->wait.waiter.since < taker->wait.waiter.since);

      if (other != taker && other->place == WAITING && fsmm_waiter_is_queued (&other->wait.waiter) &&
          comes_first && now - other->wait.waiter.since >= PATIENCE)
        fail (self, "one was overtaken that had waited for long");
    }
}

/* Blocks are with somebody, or free. */
static void
check_counts (World *self)
{
  gsize n_live = (self->first != NULL) + (self->pushed != NULL);

  for (guint i = 0; i < 2; i++)
    {
      const Waiter *waiter = &self->waiters[i];

      n_live += waiter->place == HAS_BLOCK ||
                (waiter->place == WAITING && waiter->wait.waiter.state == FSMM_WAITER_SERVED);
    }
  if (fsmm_pool_get_n_allocated (self->pool) != n_live)
    fail (self, "a block was lost");
  if (n_live > 1)
    fail (self, "the limit was exceeded");
}

/* Nobody has a block, and nothing more will happen. */
static void
check_end (World *self)
{
  for (guint i = 0; i < 2; i++)
    if (self->waiters[i].place == WAITING)
      fail (self, "one waits though there is room");
  if (self->fault == NULL && fsmm_heap_count_waiting (store_of (self)) > 0)
    fail (self, "the queue is not empty");
}

/* --- Doing it --- */

static void
come (World *self, guint i)
{
  Waiter *waiter = &self->waiters[i];

  now++;
  waiter->place = WAITING;
  if (fsmm_heap_wait_begin (store_of (self), &waiter->wait) != FSMM_ALLOC_OK)
    waiter->place = GONE;
}

static void
get_block (World *self, Waiter *waiter)
{
  g_assert_true (fsmm_heap_publish (store_of (self), &waiter->wait.claim, FSMM_STATE_LIVE));
  waiter->place = HAS_BLOCK;
}

static void
look_as_thread (World *self, Waiter *waiter)
{
  FsmmStore *store = store_of (self);
  FsmmDeferred deferred = FSMM_DEFERRED_INIT;
  gboolean was_served = waiter->wait.waiter.state == FSMM_WAITER_SERVED;
  gboolean is_over;

  fsmm_heap_lock (store);
  is_over = step_once (store, &waiter->wait, waiter->is_late ? 2000 : -1, &deferred);
  fsmm_heap_unlock_and_finish (store, &deferred);
  if (!is_over)
    return;

  waiter->place = GONE;
  if (waiter->wait.result != FSMM_ALLOC_OK)
    return;
  if (!was_served)
    check_fair (self, waiter);
  get_block (self, waiter);
}

static void
look_as_source (World *self, Waiter *waiter)
{
  fsmm_heap_wait_end (store_of (self), &waiter->wait, FSMM_ALLOC_CANCELLED);
  waiter->place = GONE;
  if (waiter->wait.result == FSMM_ALLOC_OK && waiter->is_cancelled)
    fsmm_heap_release (store_of (self), &waiter->wait.claim);
  else if (waiter->wait.result == FSMM_ALLOC_OK)
    get_block (self, waiter);
}

static void
look (World *self, Waiter *waiter)
{
  if (waiter->wait.waiter.notify != NULL)
    look_as_source (self, waiter);
  else
    look_as_thread (self, waiter);
}

static void
give_back (World *self, gpointer *block)
{
  fsmm_test_free (self->pool, *block);
  *block = NULL;
}

static void
push_in (World *self)
{
  self->pushed = fsmm_pool_alloc (self->pool, NULL);
  if (self->pushed != NULL)
    check_fair (self, NULL);
}

static void
act (World *self, Action action)
{
  Waiter *waiter;

  self->done |= BIT (action);
  switch (action)
    {
    case COME_1:
    case COME_2:
      come (self, action - COME_1);
      break;
    case LOOK_1:
    case LOOK_2:
      look (self, &self->waiters[action - LOOK_1]);
      break;
    case LEAVE_1:
    case LEAVE_2:
      waiter = &self->waiters[action - LEAVE_1];
      waiter->place = GONE;
      fsmm_test_free (self->pool, waiter->wait.claim.block);
      break;
    case FREE:
      give_back (self, &self->first);
      break;
    case CANCEL:
      self->waiters[0].is_cancelled = TRUE;
      if (self->waiters[0].wait.waiter.notify == NULL)
        fsmm_heap_wait_cancel (store_of (self), &self->waiters[0].wait);
      break;
    case PASS_TIME:
      now += 5000;
      break;
    case FLUSH:
      fsmm_pool_set_flushing (self->pool, TRUE);
      if (fsmm_pool_get_n_waiting (self->pool) > 0)
        fail (self, "one waits though nobody may");
      break;
    case PUSH_IN:
      push_in (self);
      break;
    case PUSH_OUT:
      give_back (self, &self->pushed);
      break;
    case N_ACTIONS:
    default:
      g_assert_not_reached ();
    }
  check_counts (self);
}

/* --- All orders --- */

static void
world_init (World *self, const Scenario *scenario)
{
  now = 1;
  *self = (World) { .pool = fsmm_pool_new_full ("test", 64, 0, 1024, 1, NULL) };
  self->first = fsmm_test_alloc (self->pool);
  for (guint i = 0; i < 2; i++)
    fsmm_heap_wait_init (&self->waiters[i].wait, store_of (self), scenario->priority[i],
                         scenario->is_notified[i] ? note_notified : NULL);
  /* One whose time is limited is a thread. */
  self->waiters[1].is_late = !scenario->is_notified[1];
}

/* After a fault, some may still be in the queue. */
static void
world_clear (World *self)
{
  for (guint i = 0; i < 2; i++)
    {
      fsmm_heap_wait_end (store_of (self), &self->waiters[i].wait, FSMM_ALLOC_CANCELLED);
      if (self->waiters[i].place == WAITING && self->waiters[i].wait.result == FSMM_ALLOC_OK &&
          self->waiters[i].wait.waiter.state == FSMM_WAITER_SERVED)
        fsmm_heap_release (store_of (self), &self->waiters[i].wait.claim);
      fsmm_heap_wait_clear (&self->waiters[i].wait);
    }
  fsmm_pool_free_all (self->pool);
  g_object_unref (self->pool);
}

/* One order: the choices at the first moments are given, and at each later one it is the first that is
 * possible. Notes how many there were. */
#define MAX_MOMENTS 40

typedef struct {
  guint n_moments;
  guint chosen[MAX_MOMENTS];
  guint n_possible[MAX_MOMENTS];
  Action actions[MAX_MOMENTS];
} Order;

static void
print_order (const Order *order, const Scenario *scenario)
{
  static const char *const names[] = { "come 1",  "come 2", "look 1", "look 2",    "leave 1", "leave 2",
                                       "free",    "cancel", "time",   "flush",     "push in", "push out" };
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < 2; i++)
    g_string_append_printf (text, "%u: %s, priority %d; ", i + 1,
                            scenario->is_notified[i] ? "notified" : "a thread",
                            scenario->priority[i]);
  for (guint i = 0; i < order->n_moments; i++)
    g_string_append_printf (text, "%s, ", names[order->actions[i]]);
  g_test_message ("%s", text->str);
}

static Action
choose (const World *world, const Scenario *scenario, Order *order)
{
  guint n = 0;
  Action chosen = N_ACTIONS;

  for (guint action = 0; action < N_ACTIONS; action++)
    if (is_possible (world, scenario, action) && n++ == order->chosen[order->n_moments])
      chosen = action;

  if (n > 0)
    order->n_possible[order->n_moments++] = n;
  return chosen;
}

/* Returns what went wrong, or NULL. */
static const char *
run_order (const Scenario *scenario, Order *order)
{
  const char *fault;
  Action action;
  World world;

  world_init (&world, scenario);
  order->n_moments = 0;
  while (world.fault == NULL && (action = choose (&world, scenario, order)) != N_ACTIONS)
    {
      order->actions[order->n_moments - 1] = action;
      act (&world, action);
      if (order->n_moments == MAX_MOMENTS)
        fail (&world, "there is no end to it");
    }
  if (world.fault == NULL)
    check_end (&world);

  fault = world.fault;
  world_clear (&world);

  return fault;
}

/* Makes the next order of this one. Returns FALSE if it was the last. */
static gboolean
advance (Order *order)
{
  guint i = order->n_moments;

  while (i > 0 && order->chosen[i - 1] + 1 == order->n_possible[i - 1])
    i--;
  if (i == 0)
    return FALSE;

  order->chosen[i - 1]++;
  for (; i < MAX_MOMENTS; i++)
    order->chosen[i] = 0;

  return TRUE;
}

static const char *
explore (const Scenario *scenario, guint *n_orders)
{
  Order order = { 0 };
  const char *fault;

  do
    {
      ++*n_orders;
      fault = run_order (scenario, &order);
    }
  while (fault == NULL && advance (&order));
  if (fault != NULL)
    print_order (&order, scenario);

  return fault;
}

/* What may come in between. All of it at once has too many orders where tools watch. */
static const guint events[] = {
  BIT (FREE) | BIT (CANCEL) | BIT (PASS_TIME) | BIT (FLUSH),
  BIT (FREE) | BIT (PASS_TIME) | BIT (PUSH_IN) | BIT (PUSH_OUT),
  BIT (FREE) | BIT (CANCEL) | BIT (PUSH_IN) | BIT (PUSH_OUT),
};

static const char *
explore_all (guint *n_orders)
{
  const char *fault = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (events) && fault == NULL; i++)
    for (guint kinds = 0; kinds < 4 && fault == NULL; kinds++)
      for (int priority = -1; priority <= 1 && fault == NULL; priority++)
        {
          const Scenario scenario = { ALL_OF_WAITERS | events[i],
                                      { (kinds & 1) != 0, (kinds & 2) != 0 },
                                      { 0, priority } };

          fault = explore (&scenario, n_orders);
        }

  return fault;
}

static void
test_no_fault (void)
{
  guint n_orders = 0;
  const char *fault = explore_all (&n_orders);

  g_test_message ("%u orders", n_orders);
  g_assert_cmpstr (fault, ==, NULL);
  g_assert_cmpuint (n_orders, >, 10000);
}

static void
test_each_step_is_needed (void)
{
  for (left_out = NO_STEP + 1; left_out < N_STEPS; left_out++)
    {
      guint n_orders = 0;
      const char *fault = explore_all (&n_orders);

      g_test_message ("step %d left out: %s", left_out, fault);
      g_assert_nonnull (fault);
    }
  left_out = NO_STEP;
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/wait-model/no-fault", test_no_fault);
  g_test_add_func ("/wait-model/each-step-is-needed", test_each_step_is_needed);

  return g_test_run ();
}
