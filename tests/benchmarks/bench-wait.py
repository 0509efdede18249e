#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Measures waiting for a block in asyncio, beside a queue of asyncio that holds tokens.

Six tasks have three things among them: each takes one, lets the others run, and gives it back. The
figures are nanoseconds for each time that this is done.
"""

import asyncio

import gi
import rounds

gi.require_version("Fsmm", "1")
from gi.repository import Fsmm  # noqa: E402

N_TASKS = 6
N_THINGS = 3


async def use_tokens(queue, n_times):
    for _ in range(n_times):
        token = await queue.get()
        try:
            await asyncio.sleep(0)
        finally:
            queue.put_nowait(token)


async def share_tokens(n_each):
    queue = asyncio.Queue()
    for _ in range(N_THINGS):
        queue.put_nowait(bytearray(64))
    await asyncio.gather(*(use_tokens(queue, n_each) for _ in range(N_TASKS)))


async def use_blocks(pool, n_times):
    for _ in range(n_times):
        async with pool.acquire_async():
            await asyncio.sleep(0)


async def share_blocks(n_each):
    pool = Fsmm.Pool(alloc_size=64, max_blocks=N_THINGS)
    await asyncio.gather(*(use_blocks(pool, n_each) for _ in range(N_TASKS)))


def in_tasks(share):
    def run(n_each):
        asyncio.run(share(n_each))
        return n_each * N_TASKS
    return run


rounds.run(__doc__, {
    "Python: six tasks on three": {
        "asyncio.Queue of tokens": in_tasks(share_tokens),
        "pool.acquire_async()": in_tasks(share_blocks),
    },
})
