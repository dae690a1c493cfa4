"""talk: type to a server of this machine, and see the bytes that travel both ways.

The keyboard is read in a thread of its own, because Windows cannot wait for a socket and
for the keyboard in one call.  All the rest happens in the main thread.
"""

from __future__ import annotations

import argparse
import ipaddress
import queue
import re
import select
import socket
import sys
import threading

from .tape import count, show

SIZE = 1024  # bytes that one recv takes at most, as in the lessons' programs
LOOK = 0.05  # seconds between two looks at the keyboard
MOST = 2000  # bytes shown of one send or recv
EXAMPLES = r"""examples (the server must be running, in another terminal):
  python lessons/socklab talk 5050
  python lessons/socklab talk 5050 --no-newline
  python lessons/socklab talk 5050 --no-newline --escapes
      then type for example: \x00\x00\x00\x02ok

While it runs:
  Enter                               sends the line
  Ctrl-D (Windows: Ctrl-Z and Enter)  ends your stream; you see what still comes
  Ctrl-C                              ends it all
"""
ESCAPE = re.compile(rb"\\(x[0-9a-fA-F]{2}|[nrt0\\])")
NAMED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"0": b"\0", b"\\": b"\\"}


def register(tools: argparse._SubParsersAction) -> None:
    """Add this tool to the command line."""
    parser = tools.add_parser(
        "talk", help="type to a server, and see the bytes that travel both ways",
        description="Type to a server on this machine, and see the bytes of each send\n"
                    "and each recv as Python shows them.",
        epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("port", type=port, metavar="PORT", help="the server's port")
    parser.add_argument("host", nargs="?", default="127.0.0.1", type=host, metavar="HOST",
                        help="127.0.0.1 (the default), ::1 or localhost")
    parser.add_argument("--no-newline", action="store_true",
                        help="send what is typed without a newline behind it")
    parser.add_argument("--escapes", action="store_true",
                        help=r"send \x00, \n, \r, \t, \0 and \\ as the bytes they stand for")
    parser.set_defaults(run=lambda options: talk(
        options.host, options.port, not options.no_newline, options.escapes))


def port(text: str) -> int:
    """Read the number of a port."""
    if text.isascii() and text.isdigit() and 0 < int(text) < 65536:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no port. A port is a number from 1 to "
                                     "65535, for example 5050.")


def host(text: str) -> str:
    """Read an address of this machine; others are refused."""
    try:
        if text == "localhost" or ipaddress.ip_address(text).is_loopback:
            return text
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(
        f"{text} is not an address of loopback. The kit stays on this machine, so that "
        "nothing you try here reaches anybody else: 127.0.0.1, ::1 or localhost.")


def talk(host: str, port: int, newline: bool = True, escapes: bool = False) -> int:
    """Talk to a server until one side has ended or Ctrl-C is pressed; return the status."""
    try:
        sock = socket.create_connection((host, port))
    except ConnectionRefusedError:
        print(f"Nobody listens on {host}, port {port}. Start the server first, in another "
              "terminal.")
        return 1
    except OSError as error:
        print(f"No connection with {host}, port {port}: {error}.")
        return 1
    with sock:
        print(f"Connected with {host}, port {port}, from port {sock.getsockname()[1]}.",
              flush=True)
        try:
            return _exchange(sock, keyboard(), b"\n" if newline else b"", escapes)
        except (ConnectionResetError, ConnectionAbortedError, BrokenPipeError) as error:
            _tell(f"the server has broken the connection off: a reset "
                  f"({type(error).__name__})")
            return 1


def keyboard() -> queue.SimpleQueue[str | None]:
    """Read this terminal in a thread, line by line; None stands for the end of input."""
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def read() -> None:
        for line in sys.stdin:
            lines.put(line)
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    return lines


def _exchange(sock: socket.socket, lines: queue.SimpleQueue[str | None], mark: bytes,
              escapes: bool) -> int:
    sock.setblocking(False)  # so that Ctrl-C is heard on every system, whatever waits
    to_send = b""
    while True:
        while not to_send and not lines.empty():
            line = lines.get()
            if line is None:
                sock.shutdown(socket.SHUT_WR)
                _tell("shutdown(SHUT_WR): your stream has ended; you still see what comes")
            else:
                to_send = encode(line, mark, escapes)
                if not to_send:
                    _tell("nothing is sent: zero bytes are no message")
        readable, writable, _ = select.select([sock], [sock] if to_send else [], [], LOOK)
        if writable:
            to_send = _send(sock, to_send)
        if readable and not _receive(sock):
            return 0


def _send(sock: socket.socket, data: bytes) -> bytes:
    """Send what the system takes now; return the rest."""
    taken = sock.send(data)
    short = "" if taken == len(data) else f": only {taken:,} taken"
    _tell(f"send({count(len(data), 'byte')}){short}  {show(data[:taken], MOST)}")
    return data[taken:]


def _receive(sock: socket.socket) -> bool:
    """Show what has come; return whether more may come."""
    data = sock.recv(SIZE)
    if data:
        _tell(f"recv({SIZE}): {count(len(data), 'byte')}  {show(data, MOST)}")
    else:
        _tell(f"recv({SIZE}): b''  The server has ended its stream: nothing more will come")
    return bool(data)


def _tell(text: str) -> None:
    print("    " + text, flush=True)


def encode(line: str, mark: bytes, escapes: bool) -> bytes:
    r"""Return the bytes of a typed line, with `mark` in place of its newline.

    >>> encode("\\x00ok\n", b"", escapes=True)
    b'\x00ok'
    """
    text = line.removesuffix("\n")
    data = text.encode("utf-8", "surrogateescape")  # what was no UTF-8 goes as it came
    data = ESCAPE.sub(_escaped, data) if escapes else data
    return data + (mark if text != line else b"")


def _escaped(found: re.Match[bytes]) -> bytes:
    text = found[1]
    return NAMED[text] if text in NAMED else bytes([int(text[1:], 16)])
