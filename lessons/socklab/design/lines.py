"""One line of a protocol: taken apart by a form, and lines that could come."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from .spec import FIELD, VERSION, Field, Message, Protocol

_MOST = 60  # sample lines of one message


def accepts(field: Field, value: str) -> bool:
    """May a field have this value?"""
    if field.one_of:
        return value in field.one_of
    if field.number:
        low, high = field.number
        return bool(re.fullmatch(r"0|-?[1-9][0-9]{0,18}", value)) and low <= int(value) <= high
    if field.letters is None:
        if "\n" in value:
            return False
    elif not set(value) <= field.letters:
        return False
    size = len(value.encode())
    return field.least <= size and (field.most is None or size <= field.most)


def take_apart(protocol: Protocol, message: Message, line: str) -> dict[str, str] | None:
    """The values of the fields, if a line has the form of a message; else None."""
    found: dict[str, str] = {}
    rest: str | None = line
    for at, word in enumerate(message.words):
        if rest is None:
            return None
        last = at == len(message.words) - 1
        field = protocol.fields[word] if FIELD.match(word) else None
        if field is not None and field.counted_by:
            data, size = rest.encode(), int(found[field.counted_by])
            value, tail = data[:size].decode("utf-8", "replace"), data[size:].decode(
                "utf-8", "replace")
            if len(data) < size or tail and not tail.startswith(protocol.between):
                return None
            rest = tail[1:] if tail else None
        elif last:
            value, rest = rest, None
        else:
            value, separator, tail = rest.partition(protocol.between)
            rest = tail if separator else None
        if field is None and value != word or field is not None and not accepts(field, value):
            return None
        found[word] = value
    return found if rest is None else None


def messages_of(protocol: Protocol, sender: str, line: str) -> list[Message]:
    """All messages of one side whose form a line has."""
    return [m for m in protocol.by(sender) if take_apart(protocol, m, line) is not None]


def can_hold(field: Field, character: str) -> bool:
    """May a value have this character somewhere?"""
    if field.one_of:
        return any(character in word for word in field.one_of)
    if field.number:
        return character.isdigit() or character == "-" and field.number[0] < 0
    return character != "\n" if field.letters is None else character in field.letters


def longest(protocol: Protocol, message: Message) -> int | None:
    """The bytes of the longest line a message may have; None if a field has no limit."""
    total = (len(message.words) - 1) * len(protocol.between.encode())
    for word in message.words:
        if not FIELD.match(word):
            total += len(word.encode())
            continue
        field = protocol.fields[word]
        if word == VERSION and protocol.version:
            total += len(protocol.version.encode())
        elif field.one_of:
            total += max(len(value.encode()) for value in field.one_of)
        elif field.number:
            total += max(len(str(n)) for n in field.number)
        elif field.most is None:
            return None
        else:
            total += field.most
    return total


def samples(protocol: Protocol, message: Message, other: Message | None = None) -> Iterator[str]:
    """Some lines of a message; with values that look like `other`, if the fields allow it."""
    lines: list[list[str]] = [[]]
    for at, word in enumerate(message.words):
        values = [word]
        if FIELD.match(word):
            field, words = protocol.fields[word], other.words if other else ()
            theirs = [protocol.fields[w] if FIELD.match(w) else Field(w, one_of=(w,))
                      for w in words[at:] + words[:at]]
            loose = replace(field, least=1, most=None)
            tail = protocol.between.join(_of_both(loose, f) for f in theirs[: len(words) - at])
            values = [tail] * (at == len(message.words) - 1)
            values += [*(_of_both(field, f) for f in theirs), *_values(protocol, word)]
            values = [v for v in dict.fromkeys(values) if accepts(field, v)] or ["?"]
        lines = [[*line, v] for line in lines
                 for v in _counted(protocol, message, line, values)][:_MOST]
    for line in lines:
        yield protocol.between.join(line)


def _of_both(one: Field, two: Field) -> str:
    """A value that both fields may have; "" if there seems to be none."""
    values: list[str] = []
    for field in (one, two):
        low, high = field.number or (0, 0)
        values += [*field.one_of, *map(str, (low, high, *range(low, min(high, low + 999))))]
    letters = [f.letters for f in (one, two) if f.letters is not None]
    some = sorted(frozenset.intersection(*letters)) if letters else ["x"]
    values += [letter * max(one.least, two.least) for letter in some]
    return next((v for v in values if accepts(one, v) and accepts(two, v)), "")


def spelled(protocol: Protocol, message: Message) -> list[str]:
    """The words of a message with a value for each field."""
    return [(_values(protocol, w) or ["?"])[0] if FIELD.match(w) else w for w in message.words]


def _counted(protocol: Protocol, message: Message, line: list[str],
             values: list[str]) -> list[str]:
    """The values, or one of the size that stands before them in the line."""
    word = message.words[len(line)]
    counter = protocol.fields[word].counted_by if FIELD.match(word) else ""
    if not counter:
        return values
    size = int(line[message.words.index(counter)])
    return [((values[0] or "x") * size)[:size]]


def _values(protocol: Protocol, word: str) -> list[str]:
    """A few values that a field may have."""
    field = protocol.fields[word]
    if word == VERSION and protocol.version:
        return [protocol.version]
    if field.one_of:
        return list(field.one_of)
    if field.number:
        return [str(n) for n in dict.fromkeys(field.number)]
    hints = ["ann", "hello", "x", "5", "A", *sorted(field.letters or ())[:3]]
    found = [value for value in hints if accepts(field, value)]
    if not found and field.least > 1:
        found = [v for v in (hint * field.least for hint in ("a", "1", *hints[5:]))
                 if accepts(field, v)]
    return found or [v for v in ("",) if accepts(field, v)]
