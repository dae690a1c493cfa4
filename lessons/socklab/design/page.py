"""The reference page of a protocol, in Markdown: what is designed can be read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from .draw import states_as_svg, transcript_as_svg, transcript_as_text
from .spec import CLIENT, CODE, SERVER, VERSION, Answer, Field, Protocol, State
from .transcripts import Transcript

_SAYS = {"unreadable": "a line too long, or not UTF-8", "otherwise": "any other line",
         "end": "(ends its stream)"}
_AFTER = {"connect": "the connection", "end": "the end of another client's stream",
          "time": "some time", "more": "the line before",
          "unreadable": "an unreadable line of another client"}


def pages(p: Protocol, transcripts: list[Transcript]) -> dict[str, str]:
    """The page with its pictures, as files: name -> text."""
    return {"protocol.md": page(p, transcripts, pictures=True), "states.svg": states_as_svg(p)} | {
        f"{_stem(t)}.svg": transcript_as_svg(t) for t in transcripts}


def _stem(transcript: Transcript) -> str:
    return "transcript-" + Path(transcript.file).stem


def page(p: Protocol, transcripts: list[Transcript], pictures: bool = False) -> str:
    """The whole page."""
    parts = [f"# {p.name}", p.about, _lines(p), "## Messages"]
    for side, title in ((CLIENT, "From the client"), (SERVER, "From the server")):
        parts += [f"### {title}", _table(
            ("message", "form", "meaning"),
            ((f"`{m.name}`", f"`{m.form}`", m.about) for m in p.by(side)))]
    used = [f for f in p.fields.values() if any(f.name in m.fields for m in p.messages.values())]
    parts += ["Words in capitals are fields. They stand for:", _table(
        ("field", "what it may be", "meaning"),
        ((f.name, f"`{p.version}`, or what others have" if f.name == VERSION and p.version else
          values_of(f), f.about) for f in used))]
    if p.errors:
        parts += ["### Errors", _table(("CODE", "when"), (
            (f"`{code}`", when) for code, when in p.errors.items()))]
    parts += ["## States", 'What has no "client says" comes unasked: "after" names what another '
              "client has said just before, or what else has happened. A client may end its "
              "stream in every state: if nothing is said about it, the server closes.",
              f"![The states of {p.name}](states.svg)" * pictures]
    for state in p.states.values():
        parts += [f"### {state.name}", state.about, _state(p, state)]
    if transcripts:
        parts.append("## Examples")
    for transcript in transcripts:
        parts += [transcript.about, f"```text\n{transcript_as_text(transcript)}\n```",
                  f"![{transcript.about or 'A talk'}]({_stem(transcript)}.svg)" * pictures]
    return "\n\n".join(part for part in parts if part) + "\n"


def _lines(p: Protocol) -> str:
    between = "a blank" if p.between == " " else f"`{p.between}`"
    rows = [f"The server listens on port {p.port}. All that travels is lines of UTF-8 text. "
            f"`{repr(p.end)[1:-1]}` ends a line; between two words is {between}.",
            f"A field ends at the next {'blank' if p.between == ' ' else between}. One that is "
            "the last thing in its line is all the rest of it."]
    for side in (CLIENT, SERVER):
        if limit := p.limits[side]:
            rows.append(f"A line of the {side} has at most {limit} bytes before its end.")
    if p.version:
        rows.append(f"The version is `{p.version}`." + (
            f" Who has another one hears `{p.other_version}`." if p.other_version else ""))
    if p.first:
        rows.append(f"A connection begins in the state {p.start}, and the {p.first} speaks first.")
    return "\n".join(rows)


def values_of(field: Field) -> str:
    """What a field may be, in words."""
    if field.one_of and field.name != CODE:
        return " or ".join(f"`{value}`" for value in field.one_of)
    if field.one_of:
        return "one of the errors"
    if field.number:
        return f"a number from {field.number[0]} to {field.number[1]}"
    most = f"{field.least} bytes or more" if field.most is None else \
        f"{field.least} to {field.most} bytes"
    counted = f"; as many as {field.counted_by} says" if field.counted_by else ""
    if field.free:
        return f"any words, {most}: the server chooses them, for people"
    if field.written == "any":
        return f"any characters, {most}{counted}"
    return f"{most}, each from {field.written}{counted}"


def _state(p: Protocol, state: State) -> str:
    if state.final:
        return "This is the end: the connection is closed."
    rows = []
    for cause, answer in p.steps(state):
        said = _SAYS.get(cause, f"`{cause}`") if cause else ""
        rows.append((said, _answer(answer), answer.to or "(stays)", _when(p, answer)
                     if not cause else ""))
    return _table(("client says", "client hears", "next state", "after"), rows)


def _answer(answer: Answer) -> str:
    return "nothing" if answer.message == "nothing" else f"`{answer}`"


def _when(p: Protocol, answer: Answer) -> str:
    message = p.messages.get(answer.message)
    return ", ".join(_AFTER.get(c, f"`{c}`") for c in message.after) if message else ""


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(c.replace("|", "\\|") for c in line) + " |"
                     for line in lines)
