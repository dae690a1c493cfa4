"""Messages between the grader and the programs that it runs.

A message is a tuple of simple values (None, bool, int, float, str, bytes, tuple).
On the wire it is a frame: four bytes of length (big-endian), then the values, each
with a letter for its type.  ``json`` would do the same but takes 6 ms to import in
every program that is started, and ``pickle`` would let a program run code in the
grader.  Standard library only; imported on both sides.
"""

from __future__ import annotations

from functools import lru_cache

LIMIT = 64 * 1024 * 1024  # bytes; a longer frame is refused
LOST = 70  # exit status of a program whose connection to the grader has broken
PROCESSES = 16  # that one program may start


class WireError(Exception):
    """The bytes are not a message (a program wrote into a connection of the bench)."""


class Kept(tuple):
    """A tuple that is likely to be sent again: it is encoded and decoded once.

    (Two that are equal count as the same, also 1 and True in them.)
    """


def encode(*values: object) -> bytes:
    """Return the frame that holds `values`; TypeError for a value that is not simple."""
    parts: list[bytes] = []
    for value in values:
        _put(value, parts)
    body = b"".join(parts)
    return len(body).to_bytes(4, "big") + body


def _put(value: object, parts: list[bytes]) -> None:
    if value is None:
        parts.append(b"n")
    elif value is True or value is False:
        parts.append(b"t" if value else b"f")
    elif isinstance(value, int):
        # in hexadecimal: Python refuses to write huge numbers in decimal
        parts.append(b"i%x;" % value if value >= 0 else b"j%x;" % -value)
    elif isinstance(value, float):
        parts.append(b"d%s;" % repr(value).encode())
    elif isinstance(value, str):
        data = value.encode("utf-8", "surrogatepass")
        parts.append(b"s%x;" % len(data) + data)
    elif isinstance(value, (bytes, bytearray)):
        parts.append(b"b%x;" % len(value) + bytes(value))
    elif isinstance(value, Kept):
        parts.append(_put_kept(value))
    elif isinstance(value, (tuple, list)):
        parts.append(b"l%x;" % len(value))
        for item in value:
            _put(item, parts)
    else:
        raise TypeError(f"cannot send a {type(value).__name__}")


@lru_cache(4096, typed=True)
def _put_kept(value: Kept) -> bytes:
    parts: list[bytes] = []
    _put(tuple(value), parts)
    body = b"".join(parts)
    return b"k%x;" % len(body) + body


def decode(body: bytes) -> tuple:
    """Return the values of a frame's body; WireError if it is not well formed."""
    values: list[object] = []
    at = 0
    try:
        while at < len(body):
            value, at = _get(body, at, 0)
            values.append(value)
    except (ValueError, KeyError, OverflowError) as error:
        raise WireError(f"not a message: {error}") from None
    return tuple(values)


def _get(body: bytes, at: int, depth: int) -> tuple[object, int]:
    tag = body[at : at + 1]
    if tag in b"ntf":
        return {b"n": None, b"t": True, b"f": False}[tag], at + 1
    end = body.index(b";", at)
    number = body[at + 1 : end]
    if tag == b"d":
        return float(number), end + 1
    if not number.isalnum():  # int() would take signs, blanks and underscores too
        raise ValueError(f"not a size: {number!r}")
    size = int(number, 16)
    if tag == b"i":
        return size, end + 1
    if tag == b"j":
        return -size, end + 1
    if tag == b"l" and depth < 20 and size <= len(body):
        items = []
        at = end + 1
        for _ in range(size):
            item, at = _get(body, at, depth + 1)
            items.append(item)
        return tuple(items), at
    at, stop = end + 1, end + 1 + size
    if tag in b"sb" and stop <= len(body):
        data = body[at:stop]
        return (data if tag == b"b" else data.decode("utf-8", "surrogatepass")), stop
    if tag == b"k" and stop <= len(body) and depth < 20:
        return _get_kept(body[at:stop], depth + 1), stop
    raise ValueError(f"unknown tag {tag!r}")


@lru_cache(4096)
def _get_kept(body: bytes, depth: int) -> object:
    value, at = _get(body, 0, depth)
    if at != len(body):
        raise ValueError("a kept value is shorter than its size")
    return value


def split(buffer: bytearray) -> list[tuple]:
    """Remove the whole frames from the front of `buffer` and return their messages.

    Raises WireError for a frame over LIMIT or with a body that is not well formed.
    """
    messages = []
    while len(buffer) >= 4:
        size = int.from_bytes(buffer[:4], "big")
        if size > LIMIT:
            raise WireError(f"a frame of {size} bytes")
        if len(buffer) < 4 + size:
            break
        messages.append(decode(bytes(buffer[4 : 4 + size])))
        del buffer[: 4 + size]
    return messages
