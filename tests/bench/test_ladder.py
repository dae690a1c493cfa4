"""From the tape to the diagram: which send and which recv belong together."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from socklab import ladder
from socklab.tape import Event, text_of

if TYPE_CHECKING:
    from benching import Bench

pytest_plugins = ["benching"]

A, B = (10, 20), (20, 10)  # the two ends of a connection


def events(*rows: tuple) -> list[Event]:
    """Each row: (who, call, key, size)."""
    found = []
    for at, (who, call, key, size) in enumerate(rows):
        line = 0 if who == "check" else at
        found.append(Event(float(at), who, call, who, line, key=key, size=size,
                           data=b"x" * size, asked=size))
    return found


def arrows(*rows: tuple) -> list[tuple[str, str]]:
    return [(row.sender, row.receiver) for row in ladder.rows(events(*rows))]


def test_a_send_and_the_recv_of_its_bytes_share_a_row() -> None:
    assert arrows(("c", "connect", A, 0), ("s", "accept", B, 0), ("c", "send", A, 5),
                  ("s", "recv", B, 5), ("s", "sendall", B, 3), ("c", "recv", A, 3),
                  ("c", "close", A, 0), ("s", "recv", B, 0)) == [
        ("c", "s"), ("c", "s"), ("s", "c"), ("c", "s")]


def test_the_order_of_the_two_does_not_matter() -> None:
    """A recv may end before its send is told."""
    assert arrows(("s", "recv", B, 5), ("c", "send", A, 5)) == [("c", "s")]


def test_pieces_are_not_paired() -> None:
    assert arrows(("c", "send", A, 6), ("s", "recv", B, 2), ("s", "recv", B, 4),
                  ("c", "send", A, 1), ("s", "recv", B, 1)) == [
        ("c", ""), ("", ""), ("", ""), ("c", "s")]


def test_equal_sizes_at_other_places_are_not_paired() -> None:
    assert arrows(("c", "send", A, 3), ("c", "send", A, 5), ("s", "recv", B, 5),
                  ("s", "recv", B, 3))[0] == ("c", "")


def test_two_connections_are_kept_apart() -> None:
    other_a, other_b = (11, 20), (20, 11)
    assert arrows(("c", "send", A, 5), ("s", "recv", other_b, 5), ("d", "send", other_a, 5),
                  ("s", "recv", B, 5)) == [("c", ""), ("d", "s"), ("", "")]


def test_a_program_s_rows_stay_in_its_own_order() -> None:
    """So a pair is drawn in one row only if nothing of the receiver stands between."""
    assert arrows(("c", "send", A, 5), ("s", "listen", ("", 1), 0), ("s", "recv", B, 5)) == [
        ("c", ""), ("", ""), ("", "")]


def test_what_is_repeated_is_folded() -> None:
    found = ladder.rows(events(*[("s", "recv", B, 0)] * 50))
    for row in found:
        row.lines["s"] = "line 7"
    folded = ladder.fold(found)
    assert len(folded) == 2 and "49 times" in folded[1].cells["s"]


def test_the_check_s_words() -> None:
    words = [row.cells["check"] for row in ladder.rows(events(
        ("check", "connect", A, 0), ("check", "send", A, 5), ("check", "receive", A, 5),
        ("check", "half-close", A, 0), ("check", "reset", A, 0), ("check", "see end", A, 0)))]
    assert words == ["connects", "sends b'xxxxx'", "gets b'xxxxx'", "ends its stream",
                     "resets the connection", "sees the end"]


def test_a_program_s_words() -> None:
    def say(call: str, size: int = 0, asked: int = -1, data: bytes = b"", note: str = "",
            key: tuple = A, thread: str = "main") -> str:
        return ladder.say(Event(0.0, "a.py", call, size=size, asked=asked, data=data,
                                note=note, key=key, thread=thread))

    assert say("recv", 5, 1024) == "recv(1024): 5 bytes"
    assert say("recv", 1, 1) == "recv(1): 1 byte"
    assert say("recv", 0, 1024) == "recv(1024): b'' (the end)"
    assert say("send", 3, 10) == "send(10 bytes): only 3 taken"
    assert say("sendall", 10, 10) == "sendall(10 bytes)"
    assert say("connect", note="ConnectionRefusedError") == "connect(): ConnectionRefusedError"
    assert say("connect", note="no way", key=("::1", 5000)) == "connect() at ::1: no way"
    nobody = text_of(errno.ECONNREFUSED)
    assert say("connect", note=nobody, key=("::1", 5000)) == "connect() at ::1: refused"
    assert say("connect", note="no way", key=("127.0.0.1", 5000)) == "connect(): no way"
    assert say("listen", key=("127.0.0.1", 5000)) == "listens on port 5000"
    assert say("crash", note="TypeError") == "ends: TypeError"
    assert say("crash", note="TypeError", thread="Thread-1") == "a thread ends: TypeError"
    assert say("output", 6, data=b"hello\n") == "prints 'hello'"
    assert say("input", 6, data=b"hello\n") == "reads 'hello'"
    assert say("input", 0) == "sees the end of input"
    assert say("type", 6, data=b"hello\n") == "[types 'hello']"
    assert say("crash", note="ValueError") == "ends: ValueError"


WAIT = ("main", "recv", "s.py", 12, "", None, ())


def test_the_diagram_fits_and_ends_with_who_waits() -> None:
    found = ladder.rows(events(("check", "connect", A, 0), ("s.py", "accept", B, 0),
                               *[("check", "send", A, 400), ("s.py", "recv", B, 400)] * 20))
    text = ladder.text(found, {"s.py": [WAIT]}, ["check", "s.py"],
                       {"check": "the check", "s.py": "s.py"})
    assert all(len(line) <= 77 for line in text), max(text, key=len)
    assert text[0].split() == ["the", "check", "s.py"]
    assert text[1] == "… (8 steps before)"
    assert "■ waits in recv()" in text[-1] and text[-1].endswith("line 12")
    assert all("───▶" in line for line in text[2:-1])


def test_one_party_or_three_make_a_list() -> None:
    found = ladder.rows(events(("a", "connect", A, 0), ("b", "accept", B, 0),
                               ("c", "connect", (11, 20), 0)))
    text = ladder.text(found, {}, ["a", "b", "c"], {"a": "A", "b": "B", "c": "C"})
    assert [line[:3] for line in text] == ["A: ", "B: ", "C: "]
    assert ladder.text([], {}, [], {}) == []


def test_a_whole_talk(bench: Bench) -> None:
    server = bench.serve("""
        import socket
        c, _ = socket.create_server(("127.0.0.1", 5000)).accept()
        while data := c.recv(1024):
            c.sendall(data)
        c.close()
    """)
    peer = server.connect()
    bench.lab.settle()
    peer.send(b"hello")
    peer.expect(b"hello")
    bench.lab.settle()
    peer.half_close()
    peer.expect_end()
    server.expect_exit(0)
    rows = [row for row in ladder.rows(bench.lab.tape.ordered()) if "check" in row.cells]
    assert [(row.cells["check"], row.sender, row.lines.get("server.py")) for row in rows] == [
        ("connects", "check", "line 3"), ("sends b'hello'", "check", "line 4"),
        ("gets b'hello'", "server.py", "line 5"), ("ends its stream", "check", "line 4"),
        ("sees the end", "server.py", "line 6")]


def test_a_line_of_another_file_is_named_with_it() -> None:
    """A program's own lines are "line 7"; those of a module that it uses are not taken for them."""
    found = events(("s.py", "recv", B, 5), ("s.py", "recv", B, 5))
    found[0].file, found[0].line, found[1].line = "given_lines.py", 49, 2
    wait = ("main", "recv", "given_lines.py", 49, "", None, ())
    text = ladder.text(ladder.rows(found), {"s.py": [wait]}, ["check", "s.py"],
                       {"check": "the check", "s.py": "s.py"})
    given = "given_lines.py:49"
    assert [line.split()[-1] for line in text[1:]] == [given, "2", given]
