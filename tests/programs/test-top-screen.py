# SPDX-License-Identifier: LGPL-2.1-or-later
"""What fsmm-top shows on a terminal, and what keys do.

usage: test-top-screen.py FSMM-TOP PROGRAM
"""

import contextlib
import os
import re
import signal
import sys
import termios
import time

import tap

import showing
import terminal

TOP, PROGRAM = sys.argv[1:]
SLOWLY = "--interval=0.2"
UP, DOWN, LEFT, RIGHT = "\x1bOA", "\x1bOB", "\x1bOD", "\x1bOC"
END, HOME, PAGE_DOWN = "\x1b[4~", "\x1b[1~", "\x1b[6~"
LEAVE_SCREEN = b"\x1b[?1049l"


@contextlib.contextmanager
def looking_at(answer, *args, **options):
    """A terminal with a fake program on it, whose pools are there to be seen."""
    with showing.runtime_folder() as folder, showing.FakeProgram(folder, "7", answer) as fake, \
            terminal.Terminal([TOP, SLOWLY, *args], **options) as shown:
        shown.wait_for("PID 7")
        yield shown, fake


def figures(*pools):
    return lambda kind, identity: showing.in_frame(showing.figures(time.monotonic(), pools))


def find_names(shown):
    """The names in the table, from the top."""
    lines = shown.text.splitlines()[4:-1]
    return [re.split("  +", line)[0] for line in lines if line]


def wait_for_names(shown, *names):
    """What the terminal gets may come in pieces."""
    shown.wait_until(lambda: find_names(shown) == list(names), f"{names}")


def assert_restored(shown):
    assert shown.sent.rindex(LEAVE_SCREEN) > shown.sent.rindex(b"\x1b[?1049h")
    assert termios.tcgetattr(shown.end) == shown.modes
    assert b"\x1b[?25h" in shown.sent or b"\x1b[?12l\x1b[?25h" in shown.sent


def test_table():
    """it shows the pools of a real program, with states in words"""
    with showing.runtime_folder() as folder, showing.Program(folder, [PROGRAM, "3"]) as program, \
            terminal.Terminal([TOP, SLOWLY], columns=140) as shown:
        shown.wait_for("pool 0002")
        assert f"PID {program.pid}" in shown.text and "pools-to-see" in shown.text
        assert "13 pools" in shown.text
        line = shown.line("waited for")
        assert re.search(r"raw +- +64 +100 +100 +100 +1 waits .* 6.2.KiB", line), line
        assert " full " in shown.line("4096"), shown.line("4096")
        row, column = shown.find_row("waited for")
        assert shown.screen.buffer[row][column].fg == "red"
        shown.wait_until(lambda: re.search(r" [1-9]\d{3,} ", shown.line("busy")), "rate")


def test_quit():
    """q ends it, and leaves the terminal as it was"""
    with looking_at(figures()) as (shown, _):
        shown.press("q")
        assert shown.wait_for_end() == 0
        assert_restored(shown)


def test_signals():
    """a signal ends it, and the terminal is as it was"""
    for number in (signal.SIGINT, signal.SIGTERM):
        with looking_at(figures()) as (shown, _):
            os.kill(shown.process.pid, number)
            assert shown.wait_for_end() == -number
            assert_restored(shown)


def test_interrupt_key():
    """so does Ctrl+C"""
    with looking_at(figures()) as (shown, _):
        shown.press("\x03")
        assert shown.wait_for_end() == -signal.SIGINT
        assert_restored(shown)


def test_live():
    """figures follow the program, and pools come and go"""
    pools = [showing.pool(2, name="first", n_allocated=11)]
    with looking_at(lambda *_: showing.in_frame(showing.figures(time.monotonic(), pools))) as (shown, _):
        shown.wait_for(" 11 ")
        pools[0] = showing.pool(2, name="first", n_allocated=12345)
        shown.wait_for(" 12345 ")
        pools.append(showing.pool(4, name="second"))
        shown.wait_for("second")
        pools.pop(0)
        wait_for_names(shown, "second")


def test_sorting():
    """keys change the order, and the title says which it is"""
    with looking_at(figures(showing.pool(2, name="a", reserved_bytes=1, resident_bytes=7),
                            showing.pool(4, name="b", reserved_bytes=2, resident_bytes=6)),
                    columns=140) as (shown, _):
        shown.wait_for("RESERVED▾")
        wait_for_names(shown, "b", "a")
        shown.press("r")
        shown.wait_for("RESERVED▴")
        wait_for_names(shown, "a", "b")
        shown.press("r>")
        shown.wait_for("RESIDENT▾")
        wait_for_names(shown, "a", "b")
        shown.press(">")
        shown.wait_for("NAME▴")
        shown.press(LEFT + "<")
        shown.wait_for("RESERVED▾")


def test_selection():
    """a pool stays selected when the order changes, and moves are kept within the table"""
    pools = [showing.pool(2 * i, name=f"p{i}", reserved_bytes=100 - i) for i in range(1, 6)]
    with looking_at(lambda *_: showing.in_frame(showing.figures(1, pools)), lines=24) as (shown, _):
        def selected():
            rows = [row for row in range(4, 20) if shown.screen.buffer[row][0].reverse]
            return [shown.screen.display[row].split()[0] for row in rows]

        shown.wait_until(lambda: selected() == ["p1"], "first pool that is selected")
        shown.press(DOWN + "j")
        shown.wait_until(lambda: selected() == ["p3"], "third pool that is selected")
        pools[2] = showing.pool(6, name="p3", reserved_bytes=1000)
        shown.wait_until(lambda: find_names(shown)[:1] == ["p3"] and selected() == ["p3"], "other order")
        shown.press(UP + "k")
        pools.pop(2)
        shown.wait_until(lambda: selected() == ["p1"], "pool in its place")
        shown.press(END + DOWN)
        shown.wait_until(lambda: selected() == ["p5"], "last pool that is selected")


def test_map():
    """Enter shows a map of the chunks of a pool, which follows it"""
    with showing.runtime_folder() as folder, showing.Program(folder, [PROGRAM]), \
            terminal.Terminal([TOP, SLOWLY, "--sort=size"], columns=140) as shown:
        shown.wait_for("full")
        shown.press("\r")
        shown.wait_for("full: 8 live of 8")
        shown.wait_for("####")
        row, column = shown.find_row("####")
        assert re.search(r"0x\w+ +8/\d+ #{8}_*$", shown.screen.display[row].rstrip()), shown.text
        assert shown.screen.buffer[row][column].fg == "blue"
        assert "all live" in shown.text and "never handed out" in shown.text
        shown.press("m")
        shown.wait_for("RESIDENT")


def test_map_of_fake():
    """a map that changes is drawn anew, and cannot do anything to the terminal"""
    maps = ["  0x1000   5/9 #+._\n  evil\x1b[2J\x9b0m\n"]

    def answer(kind, identity):
        if kind == showing.FIGURES:
            return figures(showing.pool(2, name="a"))(kind, identity)
        assert identity == 2
        return showing.in_frame(showing.GLib.Variant("s", maps[0]).get_data_as_bytes().get_data())

    with looking_at(answer, columns=60) as (shown, _):
        shown.press("m")
        shown.wait_for("0x1000   5/9 #+._")
        shown.wait_for(r"evil\x1b[2J\u009b0m")
        maps[0] = "  0x1000   9/9 " + "#" * 60
        shown.wait_for("9/9 ###")
        # There is no room for the address.
        assert "0x1000" not in shown.text
        maps[0] = ""
        shown.wait_for("There is no chunk in it.")
        maps[0] = "\n".join(f"  chunk {i}" for i in range(100))
        shown.wait_for("chunk 1")
        shown.press(END)
        shown.wait_for("chunk 99")
        shown.press(HOME)
        shown.wait_for("chunk 0")


def test_pause():
    """p stops the looks, and starts them again"""
    questions = []

    def answer(kind, identity):
        questions.append(kind)
        return figures()(kind, identity)

    with looking_at(answer) as (shown, _):
        shown.press("p")
        shown.wait_for("Paused")
        time.sleep(0.5)
        before = len(questions)
        time.sleep(1)
        assert len(questions) == before
        shown.press("p")
        shown.wait_until(lambda: len(questions) > before, "look")
        shown.wait_for("q quit")


def test_help():
    """h shows the keys"""
    with looking_at(figures(showing.pool(2, name="a"))) as (shown, _):
        shown.press("h")
        shown.wait_for("Page Up")
        shown.press("x")
        shown.wait_for("RESERVED")
        shown.press("?")
        shown.wait_for("Page Up")


def test_end():
    """when the program ends, its last figures stay until a key is pressed"""
    with showing.runtime_folder() as folder, showing.Program(folder, [PROGRAM]) as program, \
            terminal.Terminal([TOP, SLOWLY]) as shown:
        shown.wait_for("waited for")
        program.finish()
        shown.wait_for(f"PID {program.pid} has ended")
        assert "waited for" in shown.text
        shown.press("x")
        assert shown.wait_for_end() == 0
        assert_restored(shown)


def test_silence():
    """a program that does not answer any more is waited for, and keys work meanwhile"""
    is_silent = []

    def answer(kind, identity):
        return None if is_silent else figures(showing.pool(2, name="a"))(kind, identity)

    with looking_at(answer) as (shown, _):
        is_silent.append(True)
        shown.wait_for("PID 7 does not answer")
        shown.press("h")
        shown.wait_for("Page Up")
        is_silent.clear()
        shown.wait_for("q quit")
        is_silent.append(True)
        shown.wait_for("PID 7 does not answer")
        time.sleep(0.3)
        shown.press("xq")
        assert shown.wait_for_end() == 0


def test_rubbish():
    """rubbish in the middle is told, and does not last"""
    bad = []

    def answer(kind, identity):
        return bad[0] if bad else figures(showing.pool(2, name="a"))(kind, identity)

    with looking_at(answer) as (shown, _):
        bad.append(b"rubbish, and more of it")
        shown.wait_for("language of this version")
        bad.clear()
        shown.wait_for("q quit")


def test_sizes():
    """it fits on any terminal, also when that is resized"""
    names = [showing.pool(2 * i, name=f"pool {i}") for i in range(50)]
    with looking_at(figures(*names), columns=140, lines=24) as (shown, _):
        shown.wait_for("RESIDENT")
        shown.resize(80, 24)
        shown.wait_until(lambda: "TYPE" not in shown.text and "RESERVED" in shown.text, "fewer columns")
        for columns, lines in ((1, 1), (5, 2), (20, 5), (300, 3), (2, 40)):
            shown.resize(columns, lines)
            for _ in range(10):
                shown.read(0.1)
            shown.press("jmh" + PAGE_DOWN + "x" + "m")
        shown.resize(160, 60)
        shown.wait_for("pool 49")
        shown.press("q")
        assert shown.wait_for_end() == 0


def test_many():
    """it scrolls through thousands of pools"""
    pools = [showing.pool(2 * i, name=f"pool {i:04}") for i in range(1, 5001)]
    answer = showing.in_frame(showing.figures(1, pools))
    with looking_at(lambda *_: answer, "--sort=name", lines=20) as (shown, _):
        wait_for_names(shown, *(f"pool {i:04}" for i in range(1, 16)))
        shown.press(PAGE_DOWN)
        shown.wait_until(lambda: find_names(shown)[-1:] == ["pool 0016"], "next page")
        shown.press(END)
        shown.wait_for("pool 5000")
        shown.press(HOME)
        shown.wait_for("pool 0001")


def test_names():
    """names of any script and length keep their columns, and none is a command to the terminal"""
    hostile = "evil\x1b]0;title\x07\x9b31m\r\n"
    pools = [showing.pool(2, name="größe 漢字"), showing.pool(4, name=hostile),
             showing.pool(6, name="e\u0301tat"), showing.pool(8, name="漢字" * 40),
             showing.pool(10, name="x" * 300)]
    with looking_at(figures(*pools), columns=100) as (shown, _):
        shown.wait_for(r"evil\x1b]0;t")
        assert b"\x1b]" not in shown.sent and b"\x9b31" not in shown.sent
        shown.wait_for("q quit")
        columns = set()
        for row in range(4, 9):
            cells = [shown.screen.buffer[row][column].data for column in range(100)]
            columns.add(next(column for column in range(98) if cells[column:column + 3] == list("raw")))
        assert len(columns) == 1, shown.text
        assert "漢…" in shown.text or "字…" in shown.text, shown.text
        assert "x…" in shown.text


def test_no_color():
    """NO_COLOR is respected, and words say the same"""
    pools = [showing.pool(2, name="a"), showing.pool(4, name="b", n_allocated=5, max_blocks=5)]
    with looking_at(figures(*pools), NO_COLOR="1") as (shown, _):
        shown.wait_for(" full ")
        colored = re.findall(rb"\x1b\[(?:[0-9;]*;)?[34][0-8](?:;[0-9;]*)?m", shown.sent)
        assert not colored, colored
    with looking_at(figures(*pools), NO_COLOR="") as (shown, _):
        shown.wait_for(" full ")
        row, column = shown.find_row(" full ")
        assert shown.screen.buffer[row][column].fg == "red"


def test_plain_locale():
    """where the terminal has no more than ASCII, it gets no more"""
    with looking_at(figures(showing.pool(2, name="größe 漢字")), LC_ALL="C") as (shown, _):
        shown.wait_for("RESERVEDv")
        # What the letters become is for the C library to say.
        shown.wait_until(lambda: re.search(r"^gr\w+ \?\? +raw ", shown.text, re.M), "name")
        assert max(shown.sent) < 0x80


def test_choice():
    """of several programs, one is chosen with the arrow keys"""
    with showing.runtime_folder() as folder, \
            showing.FakeProgram(folder, "7", figures(showing.pool(2, name="first"))), \
            showing.FakeProgram(folder, "8", figures(showing.pool(2, name="second"))):
        with terminal.Terminal([TOP, SLOWLY]) as shown:
            shown.wait_for("Which program?")
            shown.press(UP + DOWN + DOWN + DOWN + "\r")
            shown.wait_for("second")
            assert "PID 8" in shown.text
        with terminal.Terminal([TOP, SLOWLY]) as shown:
            shown.wait_for("Which program?")
            shown.press("q")
            assert shown.wait_for_end() == 0
            assert_restored(shown)
        with terminal.Terminal([TOP, SLOWLY, "7"]) as shown:
            shown.wait_for("first")


def test_no_program():
    """without a program the screen is left alone"""
    with showing.runtime_folder(), terminal.Terminal([TOP]) as shown:
        assert shown.wait_for_end() == 1
        assert "FSMM_DEBUG=monitor PROGRAM" in shown.text and b"\x1b[" not in shown.sent


def test_unknown_terminal():
    """a terminal that nothing is known of is told what to do"""
    with showing.runtime_folder() as folder, showing.FakeProgram(folder, "7", figures()), \
            terminal.Terminal([TOP], TERM="no-such-terminal") as shown:
        assert shown.wait_for_end() == 1
        assert "--once prints a table" in shown.text


def test_once():
    """--once prints a table on a terminal as well, and so does a terminal that has no screen"""
    with showing.runtime_folder() as folder, \
            showing.FakeProgram(folder, "7", figures(showing.pool(2, name="a"))):
        for args, kind in ((["--once"], terminal.TYPE), ([], "dumb")):
            with terminal.Terminal([TOP, SLOWLY, *args], TERM=kind) as shown:
                assert shown.wait_for_end() == 0
                assert "RESIDENT" in shown.text and b"\x1b" not in shown.sent


tap.run([test_table, test_quit, test_signals, test_interrupt_key, test_live, test_sorting,
         test_selection, test_map, test_map_of_fake, test_pause, test_help, test_end, test_silence,
         test_rubbish, test_sizes, test_many, test_names, test_no_color, test_plain_locale,
         test_choice, test_no_program, test_unknown_terminal, test_once])
