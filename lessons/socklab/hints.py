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
    "format": ("What does the page FORMAT.md allow in this line, and what stands there?",
               "A name is written in two places: where it is explained and where it is used. "
               "Both must be the same to the letter.",
               "Compare the line with one of the same kind in the folder parley."),
    "toml": ("Is a quote or a bracket still open in this line or above, or a name there twice?",
             "The file is no TOML, so nothing of it can be read. A text begins and ends with a "
             "straight quote, a list with [ and ], and each name is there once.",
             'key = "text"     key = ["a", "list"]     key = true     # a comment'),
    "no_name": ("Which name does the contract give? Compare it with yours, letter by letter.",
                "A check calls your function by its name. One letter more, or a capital, is "
                "another name.",
                "Look into the handout, then at your line with def or class."),
    "newline": ("Count the bytes that came, to the very last one. What ends a line, and did you "
                "send it?",
                "The one who reads cannot see that a line is whole: it waits for the newline.",
                "... + \"\\n\"   then encode, then send"),
    "flooded": ("Which loop prints or sends on and on, and what would end it?",
                "A loop ends when its condition becomes false. If nothing inside it changes "
                "what the condition looks at, it never does.",
                "Find out what the loop should wait for, and what should end it."),
    "processes": ("Which line starts a process, and how often does it run?",
                  "No lesson needs a second process.", "Use one program, one process."),
    "late": ("What does your program wait for, other than sockets, input() and the locks of "
             "`threading`?",
             "A check sees each wait of a socket, of input(), time.sleep(), `threading`, `queue`, "
             "`select` and asyncio. A lock of `multiprocessing` is made for processes, and no "
             "check can see who waits for it.",
             "threads share a threading.Lock"),
    "waits": ("A thread waits in the line that the report names, and nobody is left who could "
              "wake it. What had it seen just before, and was that still true?",
              "What empty() or full() says may be out of date at once, because other threads "
              "run. And a thread that an exception has ended hands nothing over any more.",
              "take it, and then look whether you have got something"),
    "endless": ("Which line goes round and round, and what could end that?",
                "Who asks again and again for a lock or a flag waits until another thread gives "
                "it back. On which ways out of your methods is it not given back?",
                "with lock:   waits without a loop, and gives back on every way out"),
    "long": ("What does this call do besides its table, and how often?",
             "The turnstile switches threads at each step that can touch what they share. In a "
             "long loop there are too many such steps to try them all.",
             "Keep the loop out of the call, or make it shorter."),
    "lost": ("Which line closes what it has not opened, or starts another program?",
             "A running program has connections that it does not know of.",
             "Look for os.close, os.closerange, os.write and os.exec."),
    "parent": ("Which line ends another process?",
               "Your program ended the program that started it. No lesson needs that.",
               "Look for os.kill."),
}

# For an exception that nobody meant, whatever the check is about.
ERRORS = {
    "TypeError": ("The exception names a type, or a number of arguments. Which value of yours "
                  "is of another type than you thought?",
                  "A socket takes bytes, a port is a number. Text is str: encode() makes bytes of "
                  "it, decode() makes text of bytes. Only two of one kind can be joined with +.",
                  "print(type(x), repr(x))   in the line before"),
    "TypeError of with": ("What stands between `with` and the colon: a lock, or something else?",
                          "threading.Lock() makes a lock; without the brackets there is none. "
                          "`with` takes the lock itself: acquire() would give it True.",
                          "self.lock = threading.Lock()   once\nwith self.lock:"),
    "TypeError of arguments": (
        "What does this call hand over, and what can the function take: how many arguments, and "
        "under which names? (In a class, self comes first in each `def`.)",
        "A call hands over as many arguments as the def has names. With a dot, x.f(1), it is one "
        "more than you see: x itself, and self is the name for it.", "def f(self, line):   x.f(1)"),
    "TypeError of call": (
        "What stands before the bracket is no function. Which line gave this name its value?",
        "Who writes len = 3, or self.free = 3, has hidden the function of that name.",
        "Give the value a name of its own."),
    "NameError of self": (
        "self is a name like all others. Is it the first one in each `def` of your class?",
        "A call with a dot, x.f(1), hands over x itself first. The def has to take it, as self.",
        "def f(self, line):   x.f(1)"),
    "SyntaxError of bytes": (
        "The file is not saved as UTF-8. Which encoding does your editor name when you save?",
        "A file holds bytes. Python takes those of a program for UTF-8; as \"ANSI\", or as "
        "UTF-16 (which > makes in some Windows terminals), they mean other letters.",
        "Save it again, with the encoding UTF-8, in your editor (Save as ...)."),
    "AttributeError": ("What stands before the dot, and what after it? If the exception says "
                       "NoneType: which call gave you None, and what does None mean there?",
                       "None is no thing to work with. It often says that nothing more comes, or "
                       "that a function has no return. A misspelt name ends here, too.",
                       "print(repr(x))   in the line before"),
    "NameError": ("Python does not know this name. Where do you give it a value, or import it? "
                  "Compare the two, letter by letter.",
                  "A name exists from the line on that gives it a value, and inside a function "
                  "only there.",
                  "Look for a typing mistake, a missing import, a missing self."),
    "UnboundLocalError": ("Which line of this function gives the name its first value? Does that "
                          "line always run before this one?",
                          "A name that a function gives a value belongs to this function, from "
                          "its first line on.",
                          "name = ...   before the loop, or before the if"),
    "IndexError": ("How many things are there, and which number do you ask for?",
                   "The first thing has number 0, so the last of n has number n - 1. Of nothing, "
                   "even number 0 is too much.",
                   "print(len(x), i)   in the line before"),
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
    the general one for it, the check's own for this kind, the general one for this kind, then
    the check's own.
    """
    own = load(folder).get(check, {})
    special = {**own.get(kind, {}), **dict(zip(LEVELS, ERRORS.get(error, ()), strict=False)),
               **(own.get(error, {}) if error else {})}
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
