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

async void borrow_in_turn (Fsmm.ObjectPool pool) {
  try {
    for (int i = 0; i < 10; i++) {
      var lease = yield pool.borrow_async ();

      assert (pool.n_lent == 1);
      Idle.add (borrow_in_turn.callback);
      yield;
      assert (lease.release ());
    }
  } catch (Error error) {
    assert_not_reached ();
  }
}

void test_objects () {
  try {
    var pool = new Fsmm.ObjectPool (typeof (SocketClient), 1);
    int n_resets = 0;

    pool.set_create_func ((pool) => {
      if (pool.n_discarded == 0)
        throw new IOError.BUSY ("later");
      return new SocketClient ();
    });
    try {
      pool.borrow ();
      assert_not_reached ();
    } catch (IOError.BUSY error) {
      assert (error.message == "later");
    }
    pool.add (new SocketClient ());
    pool.set_reset_func ((pool, object) => {
      n_resets++;
      return n_resets < 2;
    });

    Fsmm.Lease? lease = pool.borrow_wait (1000);
    unowned SocketClient client = (SocketClient) lease.get_object ();
    Fsmm.Lease? same = lease;

    client.timeout = 30;
    lease = null;
    assert (pool.n_lent == 1 && same.is_live ());
    assert (same.release ());
    assert (pool.n_idle == 1);
    try {
      same.release ();
      assert_not_reached ();
    } catch (Fsmm.Error.RELEASED error) {
      assert ("ended before" in error.message);
    }

    // One that the program has a reference to lingers.
    pool.sharing = Fsmm.Sharing.WAIT;
    pool.set_reset_func (null);
    lease = pool.borrow ();
    Object? kept = lease.get_object ();
    assert (lease.release ());
    assert (pool.n_lingering == 1);
    kept = null;
    assert (pool.n_idle == 1);

    int n_left = 3;
    for (int i = 0; i < 3; i++) {
      borrow_in_turn.begin (pool, (source, result) => {
        borrow_in_turn.end (result);
        n_left--;
      });
    }
    while (n_left > 0) {
      MainContext.default ().iteration (true);
    }

    lease = pool.borrow ();
    Object? stolen = lease.steal ();
    assert (stolen.ref_count == 1 && ((SocketClient) stolen).timeout == 30);
    pool.close ();
    try {
      pool.borrow ();
      assert_not_reached ();
    } catch (Fsmm.Error.CLOSED error) {
      assert (n_resets == 1);
    }
  } catch (Error error) {
    assert_not_reached ();
  }
}

void test_monitor () {
  try {
    var monitor = new Fsmm.Monitor (0);
    var pool = new Fsmm.Pool.full ("watched", 64, 0, 0, 5);
    var block = pool.acquire ();

    monitor.refresh ();
    for (uint i = 0; i < monitor.get_n_items (); i++) {
      var info = monitor.get_item (i) as Fsmm.PoolInfo;

      if (info.name != "watched")
        continue;
      assert (info.kind == Fsmm.PoolKind.RAW && info.item_type == Type.NONE);
      assert (info.n_allocated == 1 && info.max_blocks == 5);
      assert (info.dup_pool () == pool);
      assert (monitor.get_stats ().get_child_value (i).lookup_value ("n-allocated", null).get_uint64 () == 1);
      assert (block.release ());
    }
    assert (pool.n_allocated == 0);
  } catch (Fsmm.Error error) {
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
  Test.add_func ("/vala/objects", test_objects);
  Test.add_func ("/vala/monitor", test_monitor);

  return Test.run ();
}
