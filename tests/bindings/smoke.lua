-- SPDX-License-Identifier: LGPL-2.1-or-later
-- The library as Lua sees it through the typelib.

local lgi = require 'lgi'
local Fsmm = lgi.require ('Fsmm', '1')
local GLib = lgi.GLib

-- Calls a function that must fail with an error of the given code, which has these words in it.
local function assert_fails (code, words, func, ...)
  local result, error = func (...)
  assert (not result, 'no error')
  assert (error:matches (Fsmm.Error, code), tostring (error))
  assert (error.message:find (words, 1, true), error.message)
end

local tests = {
  {'a handle is allocated, written, read and released', function ()
    local pool = Fsmm.Pool.new (64, 1024)
    local block = pool:acquire ()
    assert (pool.n_allocated == 1)
    assert (block:get_size () == 64)
    assert (block:write (3, 'hello'))
    assert (block:write_bytes (60, GLib.Bytes ('tail')))
    assert (tostring (block:read (3, 5)) == 'hello')
    assert (tostring (block:read (60, 4)) == 'tail')
    assert (block:get_bytes ().data:sub (4, 8) == 'hello')
    assert (block:release ())
    collectgarbage () -- what get_bytes () returned keeps the block
    collectgarbage ()
    assert (pool.n_allocated == 0)
  end},

  {'a handle that is collected gives its block back', function ()
    local pool = Fsmm.Pool.new (64, 0)
    for _ = 1, 100 do pool:acquire () end
    collectgarbage ()
    collectgarbage ()
    assert (pool.n_allocated == 0, pool.n_allocated)
  end},

  {'a handle keeps its pool', function ()
    local block = Fsmm.Pool.new (64, 0):acquire ()
    collectgarbage ()
    collectgarbage ()
    assert (block:write (0, 'x'))
    assert (tostring (block:read (0, 1)) == 'x')
  end},

  {'errors can be matched, and the pool goes on', function ()
    local pool = Fsmm.Pool.new_full ('nodes', 64, 0, 1024, 1)
    local block = pool:acquire ()
    assert_fails ('EXHAUSTED', '"nodes"', pool.acquire, pool)
    assert_fails ('OUT_OF_RANGE', 'has 64', block.read, block, 60, 5)
    block:release ()
    assert_fails ('RELEASED', '"nodes"', block.read, block, 0, 1)
    assert_fails ('RELEASED', '"nodes"', block.release, block)
    assert_fails ('INVALID_ARGUMENT', 'alloc-size is 0', Fsmm.Pool.new, 0, 0)
    assert (pool:acquire ():is_live ())
  end},

  {'handles report that their blocks have been dropped', function ()
    local pool = Fsmm.Pool.new (64, 1024)
    local blocks = {}
    for i = 1, 40 do blocks[i] = pool:acquire () end
    assert (pool.n_chunks == 3)
    assert (pool:free_all () == 40)
    for i = 1, 40 do assert (not blocks[i]:is_live ()) end
    assert_fails ('RELEASED', 'free_all', blocks[1].read, blocks[1], 0, 1)
  end},

  {'a box makes, shows and drops an instance of a boxed type', function ()
    local pool = Fsmm.TypedPool.new (GLib.Date, 0)
    local box = pool:alloc ()
    local value = lgi.GObject.Value (GLib.Date, GLib.Date.new_dmy (29, 2, 2024))
    assert (not box:peek ().value:valid ())
    assert (box:set_value (value))
    assert (box:to_string () == '2024-02-29')
    assert (box:peek ().value:get_day () == 29)
    box:drop ()
    assert_fails ('RELEASED', '"GDate"', box.peek, box)
    assert (pool.n_allocated == 0)
    assert_fails ('UNSUPPORTED_TYPE', 'has no layout', Fsmm.TypedPool.new, GLib.DateTime, 0)
  end},
}

local failed = false

print ('1..' .. #tests)
for i, test in ipairs (tests) do
  local ok, message = xpcall (test[2], debug.traceback)
  if not ok then
    failed = true
    print ('# ' .. tostring (message):gsub ('\n', '\n# '))
  end
  print ((ok and 'ok ' or 'not ok ') .. i .. ' ' .. test[1])
end

os.exit (failed and 1 or 0)
