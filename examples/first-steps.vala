// SPDX-License-Identifier: LGPL-2.1-or-later
/* First steps with pools in Vala: bytes, errors, and structs. */

struct Point {
  double x;
  double y;
}

/* A block is a handle: it goes back when the last reference to it does, or when it is released. */
void use_blocks () throws Fsmm.Error {
  var pool = new Fsmm.Pool (64);
  var block = pool.acquire ();

  block.write (0, "hello".data);
  print ("%s, from a block of %zu bytes\n", (string) block.read (0, 6), block.get_size ());

  var same = block;
  block = null;
  print ("live blocks: %zu, while there is another reference\n", pool.get_n_allocated ());
  same = null;
  print ("live blocks: %zu\n", pool.get_n_allocated ());
}

/* Whatever is wrong is an error, and the pool goes on. */
void make_mistakes () throws Fsmm.Error {
  var pool = new Fsmm.Pool.full ("nodes", 16, 0, 0, 1);
  var block = pool.acquire ();

  try {
    pool.acquire ();
  } catch (Fsmm.Error.EXHAUSTED error) {
    print ("%s\n", error.message);
  }

  try {
    block.read (10, 7);
  } catch (Fsmm.Error.OUT_OF_RANGE error) {
    print ("%s\n", error.message);
  }

  block.release ();
  try {
    block.read (0, 1);
  } catch (Fsmm.Error.RELEASED error) {
    print ("a block that was released is of no use any more\n");
  }

  print ("live blocks: %zu\n", pool.get_n_allocated ());
}

/* Structs without pointers in them can live in a pool, each in a box. */
void use_structs () throws Fsmm.Error {
  Fsmm.type_register_plain_layout (typeof (Point), sizeof (Point), 0);

  var points = new Fsmm.TypedPool (typeof (Point));
  var box = points.alloc ();
  Point point = { 1.5, 2 };

  box.set_value (point);
  point = (Point) box.peek ();
  print ("a point at %s, %s\n", point.x.to_string (), point.y.to_string ());

  for (int i = 0; i < 1000; i++)
    box = points.alloc ();
  print ("live points: %zu, at most %zu\n",
         points.get_n_allocated (), points.get_peak_allocated ());

  print ("dropped together: %zu\n", points.free_all ());
  print ("is the box still good for something: %s\n", box.is_live ().to_string ());
}

int main () {
  Intl.setlocale ();

  try {
    use_blocks ();
    make_mistakes ();
    use_structs ();
  } catch (Fsmm.Error error) {
    printerr ("%s\n", error.message);
    return 1;
  }

  return 0;
}
