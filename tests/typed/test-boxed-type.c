/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Every GObject facility copies and frees instances through pools, without knowing it. */

#include "fsmm-test.h"

#include <string.h>

typedef struct {
  char *title;
  guint length;
} Track;

static void
track_copy (const Track *source, Track *destination)
{
  destination->title = g_strdup (source->title);
  destination->length = source->length;
}

static void
track_clear (Track *self)
{
  g_free (self->title);
}

#define TRACK_TYPE (track_get_type ())
GType track_get_type (void);
FSMM_DEFINE_BOXED_TYPE (Track, track, track_copy, track_clear)

/* --- An object with a property and a signal of that type --- */

#define PLAYER_TYPE (player_get_type ())
G_DECLARE_FINAL_TYPE (Player, player, TEST, PLAYER, GObject)

struct _Player {
  GObject parent_instance;
  Track *track;
};

G_DEFINE_FINAL_TYPE (Player, player, G_TYPE_OBJECT)

static void
player_init (Player *self)
{
}

static void
player_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  g_value_set_boxed (value, TEST_PLAYER (object)->track);
}

static void
player_set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  Player *self = TEST_PLAYER (object);

  g_clear_pointer (&self->track, fsmm_free);
  self->track = g_value_dup_boxed (value);
}

static void
player_finalize (GObject *object)
{
  g_clear_pointer (&TEST_PLAYER (object)->track, fsmm_free);
  G_OBJECT_CLASS (player_parent_class)->finalize (object);
}

static void
player_class_init (PlayerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = player_get_property;
  object_class->set_property = player_set_property;
  object_class->finalize = player_finalize;
  g_object_class_install_property (object_class, 1,
                                   g_param_spec_boxed ("track", NULL, NULL, TRACK_TYPE,
                                                       G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS));
  g_signal_new ("played", PLAYER_TYPE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                TRACK_TYPE);
}

/* --- Counting --- */

static gsize
n_live (void)
{
  return fsmm_typed_pool_get_n_allocated (fsmm_typed_pool_get_default (TRACK_TYPE));
}

static void
assert_track (const Track *track, const char *title)
{
  g_assert_cmpstr (track->title, ==, title);
  g_assert_cmpuint (track->length, ==, strlen (title));
  g_assert_true (fsmm_pool_for_block (track) ==
                 fsmm_typed_pool_get_pool (fsmm_typed_pool_get_default (TRACK_TYPE)));
}

static Track *
track_new (const char *title)
{
  Track on_stack = { (char *) title, strlen (title) };
  Track *track = g_boxed_copy (TRACK_TYPE, &on_stack);

  assert_track (track, title);

  return track;
}

/* --- Tests --- */

static void
test_copy_and_free (void)
{
  Track *track = track_new ("one");
  Track *copy = g_boxed_copy (TRACK_TYPE, track);

  g_assert_true (copy != track);
  g_assert_true (copy->title != track->title);
  assert_track (copy, "one");
  g_assert_cmpuint (n_live (), ==, 2);

  g_boxed_free (TRACK_TYPE, track);
  fsmm_free (copy);
  g_assert_cmpuint (n_live (), ==, 0);
}

static void
test_values (void)
{
  g_auto (GValue) value = G_VALUE_INIT;
  g_auto (GValue) copy = G_VALUE_INIT;
  Track *track = track_new ("value");
  Track *dup;

  g_value_init (&value, TRACK_TYPE);
  g_value_init (&copy, TRACK_TYPE);
  g_value_set_boxed (&value, track);
  g_assert_cmpuint (n_live (), ==, 2);
  g_value_copy (&value, &copy);
  dup = g_value_dup_boxed (&copy);
  g_assert_cmpuint (n_live (), ==, 4);
  g_value_take_boxed (&value, dup);
  g_assert_cmpuint (n_live (), ==, 3);
  assert_track (g_value_get_boxed (&copy), "value");

  g_value_unset (&value);
  g_value_unset (&copy);
  g_boxed_free (TRACK_TYPE, track);
  g_assert_cmpuint (n_live (), ==, 0);
}

static void
test_properties (void)
{
  Player *player = g_object_new (PLAYER_TYPE, NULL);
  Track *track = track_new ("property");
  Track *got;

  g_object_set (player, "track", track, NULL);
  g_assert_cmpuint (n_live (), ==, 2);
  g_object_get (player, "track", &got, NULL);
  g_assert_cmpuint (n_live (), ==, 3);
  assert_track (got, "property");
  g_assert_true (got != player->track && got != track);

  g_boxed_free (TRACK_TYPE, got);
  g_boxed_free (TRACK_TYPE, track);
  g_object_set (player, "track", NULL, NULL);
  g_assert_cmpuint (n_live (), ==, 0);
  g_object_unref (player);
}

static void
test_bindings (void)
{
  Player *from = g_object_new (PLAYER_TYPE, NULL);
  Player *to = g_object_new (PLAYER_TYPE, NULL);
  Track *track = track_new ("bound");

  g_object_bind_property (from, "track", to, "track", G_BINDING_DEFAULT);
  g_object_set (from, "track", track, NULL);
  assert_track (to->track, "bound");
  g_assert_true (to->track != from->track);
  g_assert_cmpuint (n_live (), ==, 3);

  g_boxed_free (TRACK_TYPE, track);
  g_object_unref (from);
  g_object_unref (to);
  g_assert_cmpuint (n_live (), ==, 0);
}

static void
on_played (Player *player, Track *track, gpointer user_data)
{
  *(Track **) user_data = g_boxed_copy (TRACK_TYPE, track);
}

static void
test_signals (void)
{
  Player *player = g_object_new (PLAYER_TYPE, NULL);
  Track *track = track_new ("signal");
  Track *heard = NULL;

  g_signal_connect (player, "played", G_CALLBACK (on_played), &heard);
  g_signal_emit_by_name (player, "played", track);
  assert_track (heard, "signal");
  g_assert_cmpuint (n_live (), ==, 2);

  g_boxed_free (TRACK_TYPE, heard);
  g_boxed_free (TRACK_TYPE, track);
  g_object_unref (player);
  g_assert_cmpuint (n_live (), ==, 0);
}

static void
test_containers (void)
{
  GPtrArray *array = g_ptr_array_new_with_free_func (fsmm_free);
  GHashTable *table = g_hash_table_new_full (NULL, NULL, NULL, fsmm_free);
  GList *list = NULL;

  for (guint i = 0; i < 100; i++)
    {
      g_ptr_array_add (array, track_new ("array"));
      g_hash_table_insert (table, GUINT_TO_POINTER (i % 50), track_new ("table"));
      list = g_list_prepend (list, track_new ("list"));
    }
  g_assert_cmpuint (n_live (), ==, 250);

  g_ptr_array_unref (array);
  g_hash_table_unref (table);
  g_list_free_full (list, fsmm_free);
  g_assert_cmpuint (n_live (), ==, 0);
}

/* An instance of a pool that is not the default one goes back to its own. */
static void
test_instances_go_back_to_their_pool (void)
{
  g_autoptr (FsmmTypedPool) pool = fsmm_typed_pool_new (TRACK_TYPE, 0, NULL);
  Track *track = fsmm_typed_pool_construct (pool, NULL);
  g_auto (GValue) value = G_VALUE_INIT;

  track->title = g_strdup ("elsewhere");
  g_value_init (&value, TRACK_TYPE);
  g_value_take_boxed (&value, track);
  g_assert_cmpuint (fsmm_typed_pool_get_n_allocated (pool), ==, 1);
  g_assert_cmpuint (n_live (), ==, 0);
  g_value_unset (&value);
  g_assert_cmpuint (fsmm_typed_pool_get_n_allocated (pool), ==, 0);
}

/* As large as a track. */
typedef struct {
  gpointer data[2];
} Other;

GType other_get_type (void);
FSMM_DEFINE_BOXED_TYPE (Other, other, NULL, NULL)

static void
assert_free_complains (gpointer track, const char *pattern)
{
  fsmm_test_expect_report (pattern);
  g_boxed_free (TRACK_TYPE, track);
  fsmm_test_assert_reported ();
}

static void
test_wrong_frees_are_refused (void)
{
  Track on_stack = { NULL, 0 };
  Track *track = track_new ("once");
  g_autoptr (FsmmBox) box = fsmm_typed_pool_alloc (fsmm_typed_pool_get_default (TRACK_TYPE), NULL);
  g_autoptr (FsmmTypedPool) others = fsmm_typed_pool_new (other_get_type (), 0, NULL);
  g_autoptr (FsmmPool) raws = fsmm_pool_new_full ("raw", sizeof (Track), 0, 0, 0, NULL);
  gpointer other = fsmm_typed_pool_construct (others, NULL);
  gpointer raw = fsmm_pool_alloc (raws, NULL);

  assert_free_complains (&on_stack, "*no chunk of any pool*");
  assert_free_complains ((guint8 *) track + 4, "*offset 4 of the block*");
  assert_free_complains (fsmm_box_get (box), "*belongs to a handle*");
  assert_free_complains (other, "*\"Other\"*as a Track*");
  assert_free_complains (raw, "*\"raw\"*as a Track*");
  g_boxed_free (TRACK_TYPE, track);
  assert_free_complains (track, "*\"Track\"*free already*");
  fsmm_box_drop (box);
  g_assert_cmpuint (n_live (), ==, 0);
}

/* --- The extended form --- */

/* Functions with the names that the documentation gives to the macro's parameters. */
typedef struct {
  char *text;
} Named;

static void
init_func (Named *self)
{
  self->text = g_strdup ("init");
}

static void
copy_func (const Named *source, Named *destination)
{
  destination->text = g_strconcat ("copy of ", source->text, NULL);
}

static guint n_named_cleared;

static void
clear_func (Named *self)
{
  g_free (self->text);
  n_named_cleared++;
}

static char *
to_string (const Named *self)
{
  return g_strdup (self->text);
}

GType named_get_type (void);
FSMM_DEFINE_BOXED_TYPE_EXTENDED (Named, named, init_func, copy_func, clear_func, to_string, {})

static void
test_any_name_will_do (void)
{
  g_autoptr (FsmmTypedPool) pool = fsmm_typed_pool_new (named_get_type (), 0, NULL);
  Named *named = fsmm_typed_pool_construct (pool, NULL);
  Named *copy = g_boxed_copy (named_get_type (), named);

  g_assert_cmpstr (copy->text, ==, "copy of init");
  g_boxed_free (named_get_type (), copy);
  g_boxed_free (named_get_type (), named);
  g_assert_cmpuint (n_named_cleared, ==, 2);
}

typedef struct {
  int answer;
} Extra;

static void
extra_init (Extra *self)
{
  self->answer = 42;
}

static GType seen_type;

GType extra_get_type (void);
FSMM_DEFINE_BOXED_TYPE_EXTENDED (Extra, extra, extra_init, NULL, NULL, NULL,
                                 seen_type = g_define_type_id)

static void
test_extended_form (void)
{
  Extra *extra = fsmm_typed_pool_construct (fsmm_typed_pool_get_default (extra_get_type ()), NULL);

  g_assert_true (seen_type == extra_get_type ());
  g_assert_cmpint (extra->answer, ==, 42);
  g_boxed_free (extra_get_type (), extra);
}

/* --- Many, with what they own --- */

/* A million, each with a string of its own: dropped at once, and nothing stays. */
static void
test_a_million_with_strings (void)
{
  guint n = fsmm_test_is_slow_environment () ? 5000 : 1000000;
  FsmmTypedPool *pool = fsmm_typed_pool_new (TRACK_TYPE, 0, NULL);
  gsize before = 0;

  /* The first two rounds show the heap and the pool how much there will be: these do not give all of that
   * back. */
  for (guint round = 0; round < 4; round++)
    {
      gsize after;

      for (guint i = 0; i < n; i++)
        {
          Track *track = fsmm_typed_pool_construct (pool, NULL);

          track->title = g_strdup_printf ("a title of its own, number %u", i);
        }
      g_assert_cmpuint (fsmm_typed_pool_free_all (pool), ==, n);

      after = fsmm_test_resident_bytes ();
      if (round > 1 && !fsmm_test_is_slow_environment ())
        g_assert_cmpuint (after, <, before + 1024 * 1024);
      before = after;
    }

  g_object_unref (pool);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/boxed-type/copy-and-free", test_copy_and_free);
  g_test_add_func ("/boxed-type/values", test_values);
  g_test_add_func ("/boxed-type/properties", test_properties);
  g_test_add_func ("/boxed-type/bindings", test_bindings);
  g_test_add_func ("/boxed-type/signals", test_signals);
  g_test_add_func ("/boxed-type/containers", test_containers);
  g_test_add_func ("/boxed-type/instances-go-back-to-their-pool",
                   test_instances_go_back_to_their_pool);
  g_test_add_func ("/boxed-type/wrong-frees-are-refused", test_wrong_frees_are_refused);
  g_test_add_func ("/boxed-type/any-name-will-do", test_any_name_will_do);
  g_test_add_func ("/boxed-type/extended-form", test_extended_form);
  g_test_add_func ("/boxed-type/a-million-with-strings", test_a_million_with_strings);

  return g_test_run ();
}
