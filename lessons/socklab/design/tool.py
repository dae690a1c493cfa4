"""python lessons/socklab protocol FOLDER: the holes of a design, its page, its pictures."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..evidence import wrap
from .draw import states_as_text
from .folder import read
from .page import page, pages
from .source import Unreadable
from .spec import FILE

EXAMPLES = """examples:
  python lessons/socklab protocol lessons/10
  python lessons/socklab protocol lessons/10/parley --page
  python lessons/socklab protocol lessons/10/parley --docs parley-docs"""


def register(tools: argparse._SubParsersAction) -> None:
    """Add the command."""
    parser = tools.add_parser(
        "protocol", help="search a protocol for holes; show its page, its states",
        description="Search the protocol.toml and the transcripts of a folder for holes.",
        epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--page", action="store_true", help="print the page to read (Markdown)")
    parser.add_argument("--docs", type=Path, metavar="DIR", help="write the page into this "
                        "folder, with its pictures: the states, and a ladder for each transcript")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Do what the command line says; return the exit status."""
    try:
        folder: Path = options.folder
        design = read(folder.parent if folder.name == FILE else folder)
    except Unreadable as error:
        print("\n\n".join(wrap(str(problem)) for problem in error.problems))
        return 1
    if options.docs is not None:
        options.docs.mkdir(parents=True, exist_ok=True)
        for name, text in pages(design.protocol, design.transcripts).items():
            (options.docs / name).write_text(text, encoding="utf-8", newline="\n")
            print(f"{options.docs / name} is written.")
        return 0
    if options.page:
        print(page(design.protocol, design.transcripts), end="")
        return 0
    found = design.all_findings()
    for finding in found:
        print(wrap(str(finding)), end="\n\n")
    print(f"{len(found)} to mend." if found else
          f"{states_as_text(design.protocol)}\n\nNo hole was found.")
    return 1 if found else 0
