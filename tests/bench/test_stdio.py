"""The keyboard and the screen of a program, in every style of reading and printing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from benching import Bench

pytest_plugins = ["benching"]

STYLES = {
    "input": "while True:\n    try: show(input())\n    except EOFError: break",
    "input with a prompt": "while True:\n    try: show(input(''))\n    except EOFError: break",
    "for line in stdin": "for line in sys.stdin: show(line)",
    "readline": "while line := sys.stdin.readline(): show(line)",
    "iter": "for line in iter(sys.stdin.readline, ''): show(line)",
    "bytes": "for line in sys.stdin.buffer: show(line.decode())",
    "buffer.readline": "while line := sys.stdin.buffer.readline(): show(line.decode())",
    "read1": "while line := sys.stdin.buffer.read1(): show(line.decode())",
    "raw": "while line := sys.stdin.buffer.raw.read(1000): show(line.decode())",
    "os.read": "import os\nwhile line := os.read(0, 1000): show(line.decode())",
    "os.read of stdin": "import os\nwhile line := os.read(sys.stdin.fileno(), 99): "
                        "show(line.decode())",
    "fileinput": "import fileinput\nfor line in fileinput.input(): show(line)",
    "open(0)": "for line in open(0, encoding='utf-8'): show(line)",
    "a thread": "import threading, queue\nq = queue.Queue()\ndef read():\n"
                "    for line in sys.stdin: q.put(line)\n    q.put('')\n"
                "threading.Thread(target=read).start()\nwhile line := q.get(): show(line)",
    "select": "import select\nwhile select.select([sys.stdin], [], []) and "
              "(line := sys.stdin.readline()): show(line)",
    "asyncio": "import asyncio\nasync def main():\n"
               "    while line := await asyncio.to_thread(sys.stdin.readline): show(line)\n"
               "asyncio.run(main())",
    "an asyncio pipe": "import asyncio\nasync def main():\n"
                       "    reader = asyncio.StreamReader()\n"
                       "    await asyncio.get_running_loop().connect_read_pipe(\n"
                       "        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)\n"
                       "    while line := await reader.readline(): show(line.decode())\n"
                       "asyncio.run(main())",
}
POSIX = {"select", "an asyncio pipe", "open(0)"}


@pytest.mark.parametrize("style", STYLES)
def test_every_style_of_reading(bench: Bench, style: str) -> None:
    if style in POSIX and os.name == "nt":
        pytest.skip("not on Windows")
    program = bench.run("import sys\ndef show(line): print('<' + line.rstrip('\\r\\n') + '>')\n"
                        + STYLES[style] + "\nprint('over')\n")
    bench.lab.settle()
    for line in ("hello", "", "Grüezi 東京 🙂", "  blanks  "):
        program.type(line)
        program.expect_output(f"<{line}>\n")
        bench.lab.settle()  # proven: what was typed has been read
    program.end_input()
    program.expect_output("over")
    program.expect_exit(0)


def test_lines_typed_ahead_are_read_one_by_one(bench: Bench) -> None:
    program = bench.run("""
        import sys
        print(input(), sys.stdin.readline(), next(sys.stdin), sys.stdin.read(), sep="|")
    """)
    for line in ("one", "two", "three", "four", "five"):
        program.type(line)
    program.end_input()
    program.expect_exit(0)
    assert program.output == "one|two\n|three\n|four\nfive\n\n"


def test_a_program_that_does_not_read_leaves_it_and_is_still(bench: Bench) -> None:
    server = bench.serve("""
        import socket
        c, _ = socket.create_server(("127.0.0.1", 5000)).accept()
        c.recv(10)
        print(input())
    """)
    peer = server.connect()
    server.type("early")
    bench.lab.settle()
    server.expect_waits_for("recv")
    peer.send(b"x")
    server.expect_output("early")


def test_end_of_input(bench: Bench) -> None:
    program = bench.run("""
        import sys
        for read in (sys.stdin.readline, sys.stdin.read, lambda: list(sys.stdin), input):
            try:
                print(repr(read()))
            except EOFError as error:
                print("EOFError", error)
    """)
    program.end_input()
    program.expect_exit(0)
    assert program.output == "''\n''\n[]\nEOFError EOF when reading a line\n"


def test_typing_after_the_end_is_a_mistake_of_the_check(bench: Bench) -> None:
    program = bench.run("input()")
    program.end_input()
    with pytest.raises(ValueError):
        program.type("x")
    program.stop()


PRINTS = {
    "print": "print('hello')",
    "unflushed": "print('hello', end='')",
    "flush": "print('hello', flush=True)",
    "write": "sys.stdout.write('hello')",
    "bytes": "sys.stdout.buffer.write(b'hello')",
    "os.write": "import os; os.write(1, b'hello')",
    "os.write to stdout": "import os; os.write(sys.stdout.fileno(), b'hello')",
    "stderr": "print('hello', file=sys.stderr)",
    "prompt": "import threading; "
              "threading.Thread(target=input, args=['hello'], daemon=True).start()",
    "logging": "import logging; logging.warning('hello')",
    "logging to stdout": "import logging; logging.basicConfig(stream=sys.stdout, level=10); "
                         "logging.info('hello')",
    "writelines": "sys.stdout.writelines(['hel', 'lo'])",
    "detached": "import io; sys.stdout = io.TextIOWrapper(sys.stdout.detach()); "
                "print('hello', flush=True)",
    "reconfigured": "sys.stdout.reconfigure(encoding='ascii', errors='replace'); print('hello ü')",
    "a thread": "import threading; threading.Thread(target=print, args=['hello']).start()",
    "pprint": "import pprint; pprint.pprint('hello')",
    "warnings": "import warnings; warnings.warn('hello')",
}


@pytest.mark.parametrize("style", PRINTS)
def test_every_style_of_printing_is_seen_at_once(bench: Bench, style: str) -> None:
    program = bench.run(f"import sys, time\n{PRINTS[style]}\ntime.sleep(1e6)\n")
    program.expect_output("hello")
    assert program.running


def test_stdout_and_stderr_keep_their_order(bench: Bench) -> None:
    program = bench.run("""
        import sys
        for n in range(10):
            print(n, end=" ", file=[sys.stdout, sys.stderr][n % 2])
    """)
    program.expect_exit(0)
    assert program.output == "0 1 2 3 4 5 6 7 8 9 "
    assert program.errors == "1 3 5 7 9 "


def test_expect_output_consumes_in_order(bench: Bench) -> None:
    program = bench.run("print('one two three two one')")
    assert program.expect_output("two") == "one two"
    assert program.expect_output("two") == " three two"
    program.expect_exit(0)
    assert program.unread_output() == " one\n"
    assert program.output == "one two three two one\n"


def test_all_characters_arrive(bench: Bench) -> None:
    text = "Grüezi 東京 🙂 \u0000 \u200b \x1b[31m \r\n"
    program = bench.run(f"print({text!r}, end='')")
    program.expect_exit(0)
    assert program.output == text


def test_a_closed_stdout_is_the_program_s_own_affair(bench: Bench) -> None:
    server = bench.serve("""
        import socket, sys
        s = socket.create_server(("127.0.0.1", 5000))
        sys.stdout.close()
        sys.stderr.close()
        c, _ = s.accept()
        c.sendall(b"hello")
        raise SystemExit(3)
    """)
    server.connect().expect(b"hello")
    server.expect_exit(3)


def test_a_read_gives_one_line_as_a_terminal_does(bench: Bench) -> None:
    """Else select() would be silent about a line that a buffer already has."""
    program = bench.run("""
        import os, sys
        print(os.read(0, 100), os.read(0, 2), os.read(0, 100))
        print(repr(sys.stdin.readline()), os.read(0, 100))
        print(repr(sys.stdin.read()))
    """)
    for line in ["one", "two", "three", "", "the rest"]:
        program.type(line)
    program.end_input()
    program.expect_exit(0)
    assert program.output.splitlines() == [
        r"b'one\n' b'tw' b'o\n'", r"'three\n' b'\n'", r"'the rest\n'"]


def test_much_output_blocks_nobody(bench: Bench) -> None:
    program = bench.run("""
        for n in range(4_000):
            print("line", n)
        print("over")
    """)
    program.expect_output("over")
    program.expect_exit(0)
    assert program.output.count("\n") == 4_001


def test_a_server_may_print_every_byte_that_it_gets(bench: Bench) -> None:
    server = bench.serve("""
        import socket
        c, _ = socket.create_server(("127.0.0.1", 5000)).accept()
        data = c.recv(20_000, socket.MSG_WAITALL)
        for byte in data:
            print(byte)
        c.sendall(data)
    """)
    peer = server.connect()
    peer.send(bytes(20_000))
    peer.expect(bytes(20_000))


@pytest.mark.parametrize("text", ["while True: print('x' * 1000)",
                                  "import sys\nsys.stdout.write('x' * 200_000_000)"])
def test_output_without_end_is_stopped(bench: Bench, text: str) -> None:
    from socklab.lesson import Failure

    program = bench.run(text)
    with pytest.raises(Failure) as caught:
        program.expect_output("never")
    assert caught.value.kind == "flooded"
    assert len(program.output) < 60_000_000


def test_prompts_and_typed_lines(bench: Bench) -> None:
    program = bench.run("""
        name = input("Your name? ")
        print(f"Hello, {name}!")
        input()
    """)
    program.expect_output("Your name? ")
    program.expect_waits_for("input")
    program.type("Zoë")
    program.expect_output("Hello, Zoë!")


def test_stdin_is_no_terminal_and_says_so(bench: Bench) -> None:
    assert bench.output("""
        import sys
        print(sys.stdin.isatty(), sys.stdout.isatty(), sys.stdin.encoding, sys.stdout.encoding)
        print(sys.stdin.fileno(), sys.stdout.fileno(), sys.stderr.fileno())
    """) == "False False utf-8 utf-8\n0 1 2\n"


def test_what_others_print_during_a_traceback_is_no_part_of_it(bench: Bench) -> None:
    """Here the traceback is printed line by line, and another thread prints in between."""
    text = """
        import sys, threading

        def slow_hook(kind, error, trace):
            print("one", file=sys.stderr)
            other = threading.Thread(target=print, args=("this is a result",))
            other.start()
            other.join()
            print("two", file=sys.stderr)

        sys.excepthook = slow_hook
        1 / 0
    """
    program = bench.run(text)
    program.expect_exit(1)
    assert program.output == "this is a result\n"
    assert program.errors.split() == ["one", "two"]


def test_a_file_without_a_buffer_stays_open(bench: Bench) -> None:
    assert bench.output("""
        screen, keys = open(1, "wb", buffering=0), open(0, "rb", buffering=0)
        screen.write(b"name? ")
        screen.write(keys.readline())
    """, "Zoë") == "name? Zoë\n"
