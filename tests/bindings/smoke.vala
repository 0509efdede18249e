// SPDX-License-Identifier: LGPL-2.1-or-later
// The library as Vala sees it through the generated vapi.

struct Pair {
  double amount;
  int count;
}

void check_error (GLib.Error error, GLib.Error expected, string words) {
  assert_error (error, expected.domain, expected.code);
  assert (words in error.message);
}

void test_handle () {
  try {
    var pool = new Fsmm.Pool (64, 1024);
    Fsmm.Block? block = pool.acquire ();

    assert (pool.n_allocated == 1);
    assert (block.get_size () == 64);
    assert (block.write (3, "hello".data));
    assert (block.write_bytes (60, new Bytes ("tail".data)));
    assert ((string) block.read (3, 6) == "hello");

    Bytes? bytes = block.get_bytes ();
    assert (bytes.length == 64);
    bytes = null;
    assert (block.release ());
    assert (pool.n_allocated == 0);
  } catch (Fsmm.Error error) {
    assert_not_reached ();
  }
}

void test_references () {
  try {
    var pool = new Fsmm.Pool (64);
    Fsmm.Block? block = pool.acquire ();
    Fsmm.Block? same = block;

    block = null;
    assert (pool.n_allocated == 1);
    pool = null;
    assert (same.write (0, { 1, 2, 3 }));
    assert (same.read (2, 1)[0] == 3);
    same = null;
  } catch (Fsmm.Error error) {
    assert_not_reached ();
  }
}

void test_errors () {
  try {
    new Fsmm.Pool (0);
    assert_not_reached ();
  } catch (Fsmm.Error error) {
    check_error (error, new Fsmm.Error.INVALID_ARGUMENT (""), "alloc-size is 0");
  }

  try {
    var pool = new Fsmm.Pool.full ("nodes", 64, 0, 1024, 1);
    var block = pool.acquire ();

    try {
      pool.acquire ();
      assert_not_reached ();
    } catch (Fsmm.Error.EXHAUSTED error) {
      assert ("\"nodes\"" in error.message);
    }
    try {
      block.read (60, 5);
      assert_not_reached ();
    } catch (Fsmm.Error.OUT_OF_RANGE error) {
      assert ("has 64" in error.message);
    }
    assert (pool.free_all () == 1);
    try {
      block.release ();
      assert_not_reached ();
    } catch (Fsmm.Error.RELEASED error) {
      assert ("free_all" in error.message);
    }
  } catch (Fsmm.Error error) {
    assert_not_reached ();
  }
}

void test_structs () {
  try {
    Fsmm.type_register_plain_layout (typeof (Pair), sizeof (Pair), 0);

    var pairs = new Fsmm.TypedPool.full (null, typeof (Pair));
    var box = pairs.alloc ();
    Pair pair = { 1.5, 4 };

    assert (((Pair) box.peek ()).count == 0);
    assert (box.set_value (pair));
    assert (((Pair) box.peek ()).amount == 1.5);
    assert (pairs.pool.alloc_size == sizeof (Pair));

    var copy = pairs.alloc_value (box.peek ());
    assert (((Pair) copy.peek ()).count == 4);
    assert (pairs.n_allocated == 2);
    copy.drop ();
    box.drop ();
    assert (!box.is_live ());
    assert (pairs.n_allocated == 0);
  } catch (Fsmm.Error error) {
    assert_not_reached ();
  }
}

void test_unsupported_types () {
  try {
    new Fsmm.TypedPool (typeof (DateTime));
    assert_not_reached ();
  } catch (Fsmm.Error.UNSUPPORTED_TYPE error) {
    assert ("has no layout" in error.message);
  } catch (Fsmm.Error error) {
    assert_not_reached ();
  }
}

async void take_turns (Fsmm.Pool pool, Fsmm.TypedPool pairs) {
  try {
    for (int i = 0; i < 100; i++) {
      var block = yield pool.acquire_async ();
      var box = yield pairs.alloc_async (Priority.DEFAULT, null);

      assert (block.write (0, { 1 }));
      assert (pool.n_allocated == 1 && pairs.n_allocated == 1);
      Idle.add (take_turns.callback);
      yield;
      box.drop ();
      assert (block.release ());
    }
  } catch (Error error) {
    assert_not_reached ();
  }
}

void test_waiting () {
  try {
    var pool = new Fsmm.Pool.full (null, 64, 0, 0, 1);
    Fsmm.type_register_plain_layout (typeof (Pair), sizeof (Pair), 0);
    var pairs = new Fsmm.TypedPool.full (null, typeof (Pair), 0, 1);
    var block = pool.acquire_wait ();

    try {
      pool.acquire_wait (1000, new Cancellable ());
      assert_not_reached ();
    } catch (Fsmm.Error.TIMED_OUT error) {
      assert ("0.001 s" in error.message);
    }
    assert (block.release ());
    pairs.alloc_wait (0).drop ();

    int n_left = 3;
    for (int i = 0; i < 3; i++) {
      take_turns.begin (pool, pairs, (source, result) => {
        take_turns.end (result);
        n_left--;
      });
    }
    assert (pool.n_waiting == 2);
    while (n_left > 0) {
      MainContext.default ().iteration (true);
    }
    assert (pool.n_allocated == 0 && pairs.n_allocated == 0);

    pool.flushing = true;
    pool.max_blocks = 2;
    try {
      pool.acquire_wait ();
      assert_not_reached ();
    } catch (Fsmm.Error.CLOSED error) {
      assert ("flushing" in error.message);
    }
  } catch (Error error) {
    assert_not_reached ();
  }
}

int main (string[] args) {
  Test.init (ref args);
  Test.add_func ("/vala/handle", test_handle);
  Test.add_func ("/vala/references", test_references);
  Test.add_func ("/vala/errors", test_errors);
  Test.add_func ("/vala/structs", test_structs);
  Test.add_func ("/vala/waiting", test_waiting);
  Test.add_func ("/vala/unsupported-types", test_unsupported_types);

  return Test.run ();
}
