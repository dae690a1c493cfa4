"""For the notebook: protocols and transcripts in cells, and pictures of them.

    %%protocol shop               a cell that is written to the work folder, in shop
    %%transcript shop sold        shop/transcripts/sold.txt
    holes("shop")                 what the linter finds
    states("shop"), ladder("shop", "sold"), reference("shop")
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import TypeVar

from .. import notebook
from ..evidence import wrap
from .draw import states_as_svg, states_as_text, transcript_as_svg, transcript_as_text
from .folder import ALL, Design, read
from .lint import Finding
from .page import page
from .source import Unreadable
from .spec import FILE
from .transcripts import FOLDER

Shown = TypeVar("Shown")


class Drawing:
    """A picture with its text.  A notebook shows both; print() the text."""

    def __init__(self, svg: str, text: str) -> None:
        self.svg, self.text = svg, text

    def _repr_html_(self) -> str:
        return (f"{self.svg}<details><summary>The same as text</summary>"
                f"<pre>{escape(self.text)}</pre></details>")

    def __repr__(self) -> str:
        return self.text


class Page(str):
    """Markdown.  A notebook shows it as a page."""

    def _repr_markdown_(self) -> str:
        return str(self)


def _made(name: str, make: Callable[[Design], Shown]) -> Shown | None:
    """What is made of a protocol; None, and its problems, if it cannot be read."""
    try:
        return make(read(notebook._folder / name))
    except Unreadable as error:
        print("\n\n".join(wrap(str(problem)) for problem in error.problems))
        return None


def holes(name: str, *rules: str) -> None:
    """Print what the linter finds in a protocol: all rules, or some of them."""
    def find(design: Design) -> list[Finding]:
        return [f for rule in rules or ALL for f in design.findings(rule)]

    found = _made(name, find)
    for finding in found or ():
        print(wrap(str(finding)), end="\n\n")
    if found == []:
        print("No hole was found.")


def states(name: str) -> Drawing | None:
    """The state machine of a protocol."""
    return _made(name, lambda d: Drawing(states_as_svg(d.protocol), states_as_text(d.protocol)))


def ladder(name: str, transcript: str) -> Drawing | None:
    """A transcript, as a ladder."""
    found = _made(name, lambda d: [t for t in d.transcripts if Path(t.file).stem == transcript])
    if found:
        return Drawing(transcript_as_svg(found[0]), transcript_as_text(found[0]))
    if found == []:
        print(f"{name} has no transcript {transcript}.")
    return None


def reference(name: str) -> Page | None:
    """The page to read."""
    return _made(name, lambda d: Page(page(d.protocol, d.transcripts)))


def _write(words: list[str], source: str) -> None:
    folder = notebook._folder / words[0]
    path = folder / FOLDER / f"{words[1]}.txt" if words[1:] else folder / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source, encoding="utf-8", newline="\n")
    print(f"{path.relative_to(notebook._folder).as_posix()} is written: "
          f"{len(source.splitlines())} lines.")


def _cell(number: int, example: str, line: str, source: str) -> None:
    words = line.split()
    if len(words) == number and all(word.replace("-", "").isalnum() for word in words):
        _write(words, source)
    else:
        print(f"Write the name behind it, for example: {example}")


def _register() -> None:
    try:
        from IPython import get_ipython
    except ImportError:
        return  # used outside a notebook
    shell = get_ipython()
    if shell is not None:
        shell.register_magic_function(
            lambda line, cell: _cell(1, "%%protocol shop", line, cell), "cell", "protocol")
        shell.register_magic_function(lambda line, cell: _cell(2, "%%transcript shop sold", line,
            cell), "cell", "transcript")


_register()
