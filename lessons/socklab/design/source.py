"""The place of each key in a TOML file, and problems that name it."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

Key = tuple[str, ...]

_PART = r"""(?:"[^"]*"|'[^']*'|[\w-]+)"""
_PATH = rf"{_PART}(?:\s*\.\s*{_PART})*"
_TABLE = re.compile(rf"\s*\[\[?\s*({_PATH})\s*\]")
_KEY = re.compile(rf"\s*({_PATH})\s*=")


@dataclass(frozen=True)
class Problem:
    """Something that is not written as the format says, and what to do about it."""

    file: str
    line: int  # 0: the file as a whole
    what: str
    kind: str = "format"  # for the hints

    def __str__(self) -> str:
        return told(self.file, self.line, self.what)


class Unreadable(Exception):
    """The files do not say what FORMAT.md asks for; `problems` has at least one entry."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def told(file: str, line: int, what: str) -> str:
    """A place and what is said about it, without what would move a terminal's cursor."""
    place = f"{file}, line {line}" if line else file
    return f"{place}: {printable(what)}"


def printable(text: str) -> str:
    """The text, with escapes for characters that are no letters or signs."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def read_text(path: Path, file: str) -> str:
    """The text of a file, which is called `file` in a problem.  Raises Unreadable."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise Unreadable([Problem(file, line, "This line is not UTF-8: it has the byte "
                                  f"0x{error.object[error.start]:02x}. Let your editor save the "
                                  "file again, with the encoding UTF-8.")]) from None


def read_toml(path: Path) -> tuple[dict[str, Any], dict[Key, int]]:
    """The content of a TOML file, and the line of each of its keys.  Raises Unreadable."""
    text = read_text(path, path.name)
    try:
        return tomllib.loads(text), lines_of(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"(.*) \(at line (\d+), column \d+\)", str(error))
        what, line = (found[1], int(found[2])) if found else (str(error), 0)
        what = re.sub(r" \(at end of document\)", ", at the end of the file", what)
        remedy = "Look at this line, and at those above: a quote, a bracket, a comma?"
        if "Cannot" in what:
            remedy = "Is this name there twice? Then give one of them another name."
        elif "Invalid value" in what:
            remedy = 'A text is in straight quotes, "like this"; `true` has small letters.'
        raise Unreadable([Problem(path.name, line, f"This is not TOML: {what}. {remedy}",
                                  "toml")]) from None


def lines_of(text: str) -> dict[Key, int]:
    """The line of each key and each table, as they are written, one to a line.

    A key inside {…} has no entry: `line_of` finds the key that holds it.
    """
    found: dict[Key, int] = {}
    table: Key = ()
    inside = False  # a text of several lines
    for number, line in enumerate(text.split("\n"), 1):
        if not inside and (match := _TABLE.match(line)):
            table = _parts(match[1])
            found.setdefault(table, number)
        elif not inside and (match := _KEY.match(line)):
            found.setdefault(table + _parts(match[1]), number)
        if (line.count('"""') + line.count("'''")) % 2:
            inside = not inside
    for key, number in list(found.items()):  # states.a, where only states.a.says is written
        for size in range(1, len(key)):
            found.setdefault(key[:size], number)
    return found


def _parts(path: str) -> Key:
    return tuple(part.strip("\"'") for part in re.findall(_PART, path))


def line_of(lines: dict[Key, int], key: Key) -> int:
    """The line of a key, or of the nearest one that holds it; 0 if there is none."""
    while key and key not in lines:
        key = key[:-1]
    return lines.get(key, 0)


def meant(name: str, known: list[str]) -> str:
    """A sentence that says what may be meant by a name that does not exist."""
    close = get_close_matches(name, known, 1, 0.6)
    if close:
        return f"Is `{close[0]}` meant?"
    return f"There are: {', '.join(f'`{name}`' for name in known)}." if known else \
        "There is none at all."
