"""The hints of a lesson, from its hints.toml."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

LEVELS = ("question", "concept", "sketch")

# For failures that are not about sockets, the same in each lesson.
GENERAL = {
    "missing": ("Is the file in the right folder, under exactly the name of the handout?",
                "A check starts your file by its name. Windows may hide the ending .py.",
                "Compare the names in the handout with those in the folder."),
    "syntax": ("Python cannot read the file. What does it say about the line above?",
               "A syntax error is reported where Python notices it: the cause may be an open "
               "bracket or quote one line earlier, or blanks that do not line up.",
               "Run the file in a terminal and read the last line of the message."),
    "shadow": ("Which file does `import` find first: yours or Python's?",
               "Python looks into the folder of the program before its own library.",
               "Rename the file, and delete the folder __pycache__ beside it."),
    "format": ("Which word in this line does the page FORMAT.md not know, or not in this place?",
               "A name is written in two places: where it is explained and where it is used. "
               "Both must be the same to the letter.",
               "Compare the line with one of the same kind in the folder parley."),
    "toml": ("What begins in this line, or above it, and is not closed: a quote, a bracket?",
             "The file is no TOML, so nothing of it can be read. A text begins and ends with a "
             "straight quote, a list with [ and ], and each name is there once.",
             'key = "text"     key = ["a", "list"]     key = true     # a comment'),
    "flooded": ("Which loop prints or sends on and on, and what would end it?",
                "A loop ends when its condition becomes false. If nothing inside it changes "
                "what the condition looks at, it never does.",
                "Find out what the loop should wait for, and what should end it."),
    "processes": ("Which line starts a process, and how often does it run?",
                  "No lesson needs a second process.", "Use one program, one process."),
    "lost": ("Which line closes what it has not opened, or starts another program?",
             "A running program has connections that it does not know of.",
             "Look for os.close, os.closerange, os.write and os.exec."),
    "parent": ("Which line ends another process?",
               "Your program ended the program that started it. No lesson needs that.",
               "Look for os.kill."),
}


@cache
def load(folder: Path) -> dict[str, Any]:
    """Return a lesson's hints; an empty table if it has none.

    Raises tomllib.TOMLDecodeError if the file is not TOML.
    """
    path = folder / "hints.toml"
    if not path.is_file():
        return {}
    return tomllib.loads(path.read_text(encoding="utf-8"))


def hints_for(folder: Path, check: str, kind: str, error: str = "") -> list[str]:
    """Return the hints for a way of failing: question, concept, sketch.

    The most special one wins for each level: the check's own for this exception (`error`),
    then for this kind, then the general one for this kind, then the check's own.
    """
    own = load(folder).get(check, {})
    special = {**own.get(kind, {}), **(own.get(error, {}) if error else {})}
    texts = []
    for number, level in enumerate(LEVELS):
        text = special.get(level)
        if text is None and kind in GENERAL:
            text = GENERAL[kind][number]
        if text is None:
            text = own.get(level, "")
        texts.append(" ".join(text.split()) if level != "sketch" else text.strip())
    return [text for text in texts if text]


def about(folder: Path) -> tuple[str, str]:
    """Return the lesson's title and the sentence for who has passed it."""
    lesson = load(folder).get("lesson", {})
    return lesson.get("title", ""), " ".join(lesson.get("done", "").split())
