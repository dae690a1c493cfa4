"""protocol.toml as objects: read, and checked against the format.

What is missing in the design (an answer, a limit) is allowed here: `lint` speaks of it.
What cannot be understood (an unknown key, a state that is nowhere) is a Problem.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from .source import Key, Problem, Unreadable, line_of, meant, read_toml

FILE = "protocol.toml"
CLIENT, SERVER = "client", "server"
END = "end"  # says.end: the client ends its stream
NOTHING = "nothing"  # the word that no answer comes
CAUSES = ("connect", END, "time", "unreadable", "more")  # what may bring about a message, unasked
VERSION, CODE = "VERSION", "CODE"  # fields that need no entry
FIELD = re.compile(r"[A-Z][A-Z0-9_]*$")
_NAME = re.compile(r"[A-Za-z0-9][\w-]*$")
_KINDS = ("letters", "one_of", "number")

Table = dict[str, tuple[type, ...]]  # the keys of a table, and the types of their values
_TEXT, _TEXTS = (str,), (str, list)
_TOP: Table = {"protocol": (dict,), "lines": (dict,), "fields": (dict,), "messages": (dict,),
        "errors": (dict,), "states": (dict,)}
_PROTOCOL: Table = {"name": _TEXT, "about": _TEXT, "version": _TEXT, "other_version": _TEXT,
             "port": (int,), "start": _TEXT, "first": _TEXT}
_LINES: Table = {"end": _TEXT, "between": _TEXT, "client": (int,), "server": (int,),
          "unreadable": _TEXT, "otherwise": _TEXT}
_FIELD: Table = {"about": _TEXT, "letters": _TEXT, "one_of": (list,), "number": (list,),
          "least": (int,), "most": (int,), "counted_by": _TEXT, "free": (bool,)}
_MESSAGE: Table = {"from": _TEXT, "form": _TEXT, "about": _TEXT, "after": _TEXTS}
_STATE: Table = {"about": _TEXT, "final": (bool,), "says": (dict,), "hears": _TEXTS,
          "otherwise": _TEXT}
_WORDS = {str: "a text in quotes", int: "a whole number", bool: "true or false",
          list: "a list in [ ]", dict: "a table"}


@dataclass(frozen=True)
class Field:
    """A part of a line that may differ: its characters, its numbers or its words."""

    name: str
    about: str = ""
    letters: frozenset[str] | None = None  # None: any character
    written: str = "any"  # the letters as the file has them
    one_of: tuple[str, ...] = ()
    number: tuple[int, int] | None = None
    least: int = 1  # bytes
    most: int | None = None
    counted_by: str = ""
    free: bool = False  # a server may word it otherwise than the transcript


@dataclass(frozen=True)
class Message:
    """A line that may travel.  words: the parts of its form; capitals are fields."""

    name: str
    sender: str
    form: str
    words: tuple[str, ...]
    about: str = ""
    after: tuple[str, ...] = ()

    @property
    def fields(self) -> list[str]:
        return [word for word in self.words if FIELD.match(word)]


@dataclass(frozen=True)
class Answer:
    """What comes, and which state follows: "error taken -> gone"."""

    message: str  # NOTHING: no line comes
    code: str = ""
    to: str = ""  # "": the state stays

    def __str__(self) -> str:
        return self.message + (f" {self.code}" if self.code else "")


@dataclass(frozen=True, eq=False)  # each state is there once
class State:
    """A moment in a connection, as the client sees it."""

    name: str
    about: str = ""
    final: bool = False
    says: dict[str, list[Answer]] = field(default_factory=dict)
    hears: list[Answer] = field(default_factory=list)
    otherwise: Answer | None = None


@dataclass
class Protocol:
    """All that protocol.toml says.  Limits are bytes; None and "" stand for: not said."""

    name: str
    about: str
    version: str
    other_version: Answer | None
    port: int
    start: str
    first: str
    between: str
    end: str
    limits: dict[str, int | None]
    unreadable: Answer | None
    otherwise: Answer | None
    fields: dict[str, Field]
    messages: dict[str, Message]
    errors: dict[str, str]
    states: dict[str, State]
    lines: dict[Key, int]

    def line(self, *key: str) -> int:
        """The line of a key in protocol.toml."""
        return line_of(self.lines, key)

    def by(self, sender: str) -> list[Message]:
        """The messages of one side."""
        return [m for m in self.messages.values() if m.sender == sender]

    def otherwise_in(self, state: State) -> Answer | None:
        """What comes in a state for a line that is not among those it knows."""
        return state.otherwise or self.otherwise

    def steps(self, state: State) -> Iterator[tuple[str, Answer]]:
        """All that may happen in a state, as (cause, answer).

        The cause is the name of a client's message, END, "" for what comes unasked,
        "otherwise" or "unreadable".
        """
        for said, answers in state.says.items():
            yield from ((said, answer) for answer in answers)
        yield from (("", answer) for answer in state.hears)
        if not state.final:
            for cause, answer in (("otherwise", self.otherwise_in(state)),
                                  ("unreadable", self.unreadable)):
                if answer is not None:
                    yield cause, answer

    def then(self, state: State, answer: Answer) -> State:
        """The state that follows an answer."""
        return self.states[answer.to] if answer.to else state

    @cached_property
    def reached(self) -> list[str]:
        """The states that can be reached, the nearest first."""
        found = [self.start]
        for name in found:
            for _, answer in self.steps(self.states[name]):
                if answer.to and answer.to not in found:
                    found.append(answer.to)
        return found


def load(folder: Path) -> Protocol:
    """Read the protocol.toml of a folder.  Raises Unreadable."""
    path = folder / FILE
    if not path.is_file():
        raise Unreadable([Problem(FILE, 0, f"There is no such file in the folder {folder.name}."
                                  if folder.is_dir() else f"There is no folder {folder}.")])
    data, lines = read_toml(path)
    reader = _Reader(lines)
    protocol = reader.protocol(data)
    if problems := reader.no_tables or reader.problems:  # all else would follow from the first
        raise Unreadable(sorted(problems, key=lambda p: (not p.line, p.line)))
    return protocol


class _Reader:
    """Goes through the tables and collects problems; what is wrong becomes empty."""

    def __init__(self, lines: dict[Key, int]) -> None:
        self.problems: list[Problem] = []
        self.no_tables: list[Problem] = []  # those among them of what is no table
        self._lines = lines
        self._messages: dict[str, Message] = {}
        self._errors: dict[str, str] = {}
        self._states: list[str] = []

    def _bad(self, key: Key, what: str) -> None:
        self.problems.append(Problem(FILE, line_of(self._lines, key), what))

    def _no_table(self, key: Key, value: object) -> None:
        pair = ", with one pair of brackets" if isinstance(value, list) else ""
        self._bad(key, f"`{key[-1]}` should be a table: `[{'.'.join(key)}]`{pair}.")
        self.no_tables.append(self.problems[-1])

    def _table(self, data: dict, key: Key, known: Table,
               needs: tuple[str, ...] = ()) -> dict[str, Any]:
        """The entries of a table that are known and of the right type."""
        where = ".".join(key)
        fine = {}
        for name, value in data.items():
            types = known.get(name)
            if types is None:
                head = f"`[{where}]` has no key" if where else "There is no table"
                self._bad((*key, name), f"{head} `{name}`. {meant(name, list(known))}")
            elif types == (dict,) and not isinstance(value, dict):
                self._no_table((*key, name), value)
            elif type(value) not in types:
                words = " or ".join(_WORDS[t] for t in types)
                self._bad((*key, name), f"`{name}` should be {words}.")
            elif type(value) is int and value < (low := int(name != "least")):
                self._bad((*key, name), f"`{name}` should be {low} or more.")
            elif type(value) is list and not all(
                    type(v) is (int if name == "number" else str) for v in value):
                self._bad((*key, name), f"`{name}` should be a list of "
                          f"{'whole numbers' if name == 'number' else 'texts in quotes'}.")
            else:
                fine[name] = value
        for name in needs:
            if name not in data:
                self._bad(key, f"`[{where}]` needs a line `{name} = …`." if key else
                          f"The table `[{name}]` is missing.")
        return fine

    def _tables(self, data: dict, name: str) -> dict[str, dict]:
        """A table of tables, like [messages.…]."""
        found = {}
        for key, value in data.get(name, {}).items():
            if not isinstance(value, dict):
                self._no_table((name, key), value)
            elif not _NAME.match(key):
                self._bad((name, key), f"A name has letters, digits, _ and - only: `{key}`.")
            else:
                found[key] = value
        return found

    def protocol(self, data: dict) -> Protocol:
        data = self._table(data, (), _TOP, ("protocol", "messages", "states"))
        top = self._table(data.get("protocol", {}), ("protocol",), _PROTOCOL,
                          ("name", "start") if "protocol" in data else ())
        lines = self._table(data.get("lines", {}), ("lines",), _LINES)
        between = lines.get("between", " ")
        if len(between) != 1:
            self._bad(("lines", "between"), "`between` should be one character.")
            between = " "
        if lines.get("end", "\n") not in ("\n", "\r\n"):
            self._bad(("lines", "end"), '`end` is "\\n" or "\\r\\n": what else ends a line might '
                      "stand in a text, too.")
        fields = {k: self._field(k, v) for k, v in self._tables(data, "fields").items()}
        self._errors = self._code_table(data)
        self._add_known_fields(fields, between)
        version, letters = top.get("version", ""), fields[VERSION].letters
        if letters is not None and not set(version) <= letters:
            self._bad(("protocol", "version"), f"`{version}` cannot travel in the field {VERSION}: "
                      f"write one word without a `{between}`, like \"oxo/1\".")
        for name, value in self._tables(data, "messages").items():
            self._messages[name] = self._message(name, value, between, fields)
        tables = self._tables(data, "states")
        self._states = list(tables)
        self._references()
        first = top.get("first", "")
        if first not in ("", CLIENT, SERVER):
            self._bad(("protocol", "first"), f'`first` is "{CLIENT}" or "{SERVER}".')
        start = top.get("start", "")
        if "start" in top and start not in tables:
            self._bad(("protocol", "start"),
                      f"There is no state `{start}`. {meant(start, list(tables))}")
        return Protocol(
            top.get("name", ""), top.get("about", ""), top.get("version", ""),
            self._optional(top, "other_version", ("protocol",), None),
            top.get("port", 5050), start, first, between, lines.get("end", "\n"),
            {CLIENT: lines.get("client"), SERVER: lines.get("server")},
            self._optional(lines, "unreadable", ("lines",)),
            self._optional(lines, "otherwise", ("lines",)),
            fields, self._messages, self._errors,
            {name: self._state(name, value) for name, value in tables.items()}, self._lines)

    def _code_table(self, data: dict) -> dict[str, str]:
        errors = {}
        for code, when in data.get("errors", {}).items():
            if isinstance(when, str):
                errors[code] = when
            else:
                self._bad(("errors", code), f"`{code}` should be a text that says when it comes.")
        return errors

    def _add_known_fields(self, fields: dict[str, Field], between: str) -> None:
        """VERSION and CODE mean the same everywhere, so they need no entry."""
        letters = frozenset(map(chr, range(33, 127))) - {between}
        fields.setdefault(VERSION, Field(VERSION, "the version of this protocol", letters,
                                         "a word", most=32))
        if self._errors:
            fields.setdefault(CODE, Field(CODE, "a word from the table of errors",
                                          one_of=tuple(self._errors)))

    def _field(self, name: str, data: dict) -> Field:
        key = ("fields", name)
        if not FIELD.match(name):
            self._bad(key, f"The name of a field is in capitals: `{name.upper()}`.")
        kinds = [kind for kind in _KINDS if kind in data]  # also those with a wrong value
        data = self._table(data, key, _FIELD)
        if len(kinds) != 1:
            what = " and ".join(f"`{kind}`" for kind in kinds) or "none of them"
            self._bad(key, "A field has one of `letters`, `one_of` and `number`. "
                      f"{name} has {what}.")
        least, most = data.get("least", 1), data.get("most")
        if most is not None and least > most:
            self._bad((*key, "most"), f"{name} has at least {least} bytes and at most {most}. "
                      "Which of the two do you mean?")
        number = None
        if "number" in data:
            if len(data["number"]) == 2 and data["number"][0] <= data["number"][1]:
                number = (data["number"][0], data["number"][1])
            else:
                self._bad((*key, "number"), "`number` has the smallest and the greatest one: "
                          "`number = [1, 9]`.")
        if not data.get("letters", "any") or not data.get("one_of", ["any"]):
            self._bad(key, f"{name} is always empty: write what it may be.")
        written = data.get("letters", "any")
        return Field(name, data.get("about", ""), self._letters(key, written), written,
                     tuple(data.get("one_of", ())), number, least, most,
                     data.get("counted_by", ""), data.get("free", False))

    def _letters(self, key: Key, written: str) -> frozenset[str] | None:
        if written == "any":
            return None
        found: set[str] = set()
        for token in written.split():
            if len(token) == 1:
                found.add(token)
            elif token in ("blank", "newline"):
                found.add(" " if token == "blank" else "\n")
            elif len(token) == 3 and token[1] == "-" and token[0] <= token[2]:
                found.update(map(chr, range(ord(token[0]), ord(token[2]) + 1)))
            else:
                self._bad((*key, "letters"), f"`letters` does not know `{token}`. Write single "
                          "characters, ranges like a-z, blank, newline, with a blank between "
                          'them; or "any".')
        return frozenset(found)

    def _message(self, name: str, data: dict, between: str,
                 fields: dict[str, Field]) -> Message:
        key = ("messages", name)
        if name in (NOTHING, "otherwise", *CAUSES):
            self._bad(key, f"The word `{name}` has a meaning of its own: choose another name.")
        data = self._table(data, key, _MESSAGE, ("from", "form"))
        sender, form = data.get("from", ""), data.get("form", name)
        if "from" in data and sender not in (CLIENT, SERVER):
            self._bad((*key, "from"), f'`from` is "{CLIENT}" or "{SERVER}".')
            sender = ""
        words = tuple(form.split(between))
        if "" in words:
            self._bad((*key, "form"), f"The words of a form have one `{between}` between them, "
                      "and none at the ends.")
        message = Message(name, sender, form, words, data.get("about", ""),
                          _several(data.get("after", [])))
        for place, word in enumerate(message.fields):
            if word not in fields:
                self._bad((*key, "form"), f"A word in capitals is a field, and there is no "
                          f"`[fields.{word}]`. {meant(word, list(fields))} Words that travel "
                          "as they are have small letters.")
                continue
            counter = fields[word].counted_by
            if counter and (counter not in message.fields[:place]
                            or (fields[counter].number or (-1,))[0] < 0):
                self._bad((*key, "form"), f"{word} is counted by {counter}: that is a number "
                          "from 0 up and stands before it, in the same form.")
        if twice := [word for word in message.fields if message.fields.count(word) > 1]:
            self._bad((*key, "form"), f"{twice[0]} stands in this form twice: which of the two "
                      "is meant? Give each a name and a table of its own, like FROM and TO.")
        return message

    def _references(self) -> None:
        """`after` names messages of clients, or one of the causes."""
        known = [*self._names(CLIENT), *CAUSES]
        for message in self._messages.values():
            for name in message.after:
                if name not in known:
                    self._bad(("messages", message.name, "after"), f"`{name}` is no message of "
                              f"a client. {meant(name, known)}")

    def _names(self, sender: str) -> list[str]:
        """The messages of one side, and those of which nobody knows whose they are."""
        return [m.name for m in self._messages.values() if m.sender in (sender, "")]

    def _state(self, name: str, data: dict) -> State:
        key = ("states", name)
        data = self._table(data, key, _STATE)
        known = [*self._names(CLIENT), END]
        says = {}
        for said, answers in data.get("says", {}).items():
            where = (*key, "says", said)
            if said not in known:
                self._bad(where, f"`{said}` is no message of a client. {meant(said, known)}")
            elif not isinstance(answers, str | list) or not all(
                    isinstance(answer, str) for answer in answers):
                self._bad(where, f'`{said}` should be a list of answers, like ["{NOTHING}"].')
            else:
                says[said] = [self._answer(a, where) for a in _several(answers)]
        hears = [self._answer(text, (*key, "hears")) for text in _several(data.get("hears", []))]
        return State(name, data.get("about", ""), data.get("final", False), says, hears,
                     self._optional(data, "otherwise", key))

    def _optional(self, data: dict, name: str, key: Key,
                  sender: str | None = SERVER) -> Answer | None:
        return self._answer(data[name], (*key, name), sender) if name in data else None

    def _answer(self, text: str, key: Key, sender: str | None = SERVER) -> Answer:
        """ "MESSAGE", "MESSAGE CODE", "MESSAGE -> STATE"."""
        match = re.fullmatch(r"\s*(\w[\w-]*)(?:\s+(\w[\w-]*))?\s*(?:(?<!-)->\s*([\w-]+)\s*)?", text)
        if match is None:
            self._bad(key, f'Cannot read "{text}". Write "message", "message CODE" or '
                      '"message -> state"; the arrow is `->`.')
            return Answer(NOTHING)
        name, code, to = match[1], match[2] or "", match[3] or ""
        message = self._messages.get(name)
        known = list(self._messages) if sender is None else self._names(sender)
        if name != NOTHING and name not in known:
            self._bad(key, f"`{name}` is no message of the server. "
                      f"{meant(name, [*known, NOTHING])}")
        elif code and code not in self._errors:
            self._bad(key, f"`[errors]` has no `{code}`. {meant(code, list(self._errors))} If it "
                      f'is a new one, write `{code} = "when it comes"` under `[errors]`.')
        elif bool(code) != bool(self._errors and message and CODE in message.fields):
            self._bad(key, f"The form of `{name}` has the field {CODE}: write which code, like "
                      f'"{name} {next(iter(self._errors), "busy")}".' if not code else
                      f"The form of `{name}` has no field {CODE}, so it takes no code.")
        if to and to not in self._states:
            self._bad(key, f"There is no state `{to}`. {meant(to, self._states)}")
        return Answer(name, code, to)


def _several(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
