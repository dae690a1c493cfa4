"""Messages between the grader and the programs that it runs.

A message is a tuple of simple values (None, bool, int, float, str, bytes, tuple).
On the wire it is a frame: four bytes of length (big-endian), then the values as JSON
(RFC 8259); {"b": text} stands for bytes, each a character, and {"i": text} for an int of
thousands of digits, in hexadecimal.  The standard library's `json` would take milliseconds
to import in every program that is started, so this uses the part of it that is written in
C.  (`pickle` would let a program run code in the grader.)  Imported on both sides.
"""

from __future__ import annotations

TYPE_CHECKING = False  # importing typing would make each start slower
if TYPE_CHECKING:
    from typing import Any

LIMIT = 64 * 1024 * 1024  # bytes; a longer frame is refused
LOST = 70  # exit status of a program whose connection to the grader has broken
PROCESSES = 16  # that one program may have started and not waited for
STARTS = 500  # that it may start in all


class WireError(Exception):
    """The bytes are not a message (a program wrote into a connection of the bench)."""


def _special(value: object) -> object:
    """What stands for a value that JSON does not know."""
    if isinstance(value, (bytes, bytearray)):
        return {"b": value.decode("latin-1")}
    raise TypeError(f"cannot send a {type(value).__name__}")


def _meant(found: dict) -> object:
    """The value that {"b": ...} or {"i": ...} stands for."""
    [(kind, text)] = found.items()
    return {"b": lambda: text.encode("latin-1"), "i": lambda: int(text, 16)}[kind]()


class _Rules:
    """How JSON is read: what json.JSONDecoder has as attributes."""

    strict = True
    object_hook = staticmethod(_meant)
    object_pairs_hook = array_hook = None  # Python 3.15 asks for array_hook, too
    parse_float, parse_int, parse_constant = float, int, float


_write: Any
_read: Any
try:
    from _json import encode_basestring_ascii, make_encoder, make_scanner

    _write = make_encoder(None, _special, encode_basestring_ascii, None, ":", ",", False, False,
                          True)
    _read = make_scanner(_Rules())  # type: ignore[arg-type]
except (ImportError, AttributeError, TypeError):  # a Python that has changed that part
    import json

    _write = json.JSONEncoder(default=_special, separators=(",", ":")).iterencode
    _read = json.JSONDecoder(object_hook=_meant).raw_decode


def encode(*values: object) -> bytes:
    """Return the frame that holds `values`; TypeError for a value that is not simple."""
    try:
        body = "".join(_write(values, 0)).encode("ascii")
    except ValueError:  # Python refuses to write huge numbers in decimal
        body = "".join(_write(_without_huge(values), 0)).encode("ascii")
    return len(body).to_bytes(4, "big") + body


def _without_huge(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return [_without_huge(item) for item in value]
    huge = isinstance(value, int) and abs(value) >= 1 << 2000
    return {"i": f"{value:x}"} if huge else value


def decode(body: bytes) -> tuple:
    """Return the values of a frame's body; WireError if it is not well formed."""
    try:
        text = body.decode("ascii")
        values, end = _read(text, 0)
        if type(values) is not list or end != len(text):
            raise ValueError("no list, or more than one")
        return _tuples(values)
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError,
            StopIteration, RecursionError) as error:
        raise WireError(f"not a message: {error!r:.200}") from None


def _tuples(values: list) -> tuple:
    return tuple([_tuples(item) if type(item) is list else item for item in values])


def split(buffer: bytearray) -> list[tuple]:
    """Remove the whole frames from the front of `buffer` and return their messages.

    Raises WireError for a frame over LIMIT or with a body that is not well formed.
    """
    messages = []
    at = 0
    while len(buffer) >= at + 4:
        size = int.from_bytes(buffer[at : at + 4], "big")
        if size > LIMIT:
            raise WireError(f"a frame of {size} bytes")
        if len(buffer) < at + 4 + size:
            break
        messages.append(decode(bytes(buffer[at + 4 : at + 4 + size])))
        at += 4 + size
    del buffer[:at]
    return messages
