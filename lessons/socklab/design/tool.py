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
    either = parser.add_mutually_exclusive_group()
    either.add_argument("--page", action="store_true", help="print the page to read (Markdown)")
    either.add_argument("--docs", type=_folder, metavar="DIR", help="write the page into this "
                        "folder, with its pictures: the states, and a ladder for each transcript")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Do what the command line says; return the exit status."""
    try:
        folder = options.folder.parent if options.folder.name == FILE else options.folder
        if not (folder / FILE).exists():
            print(wrap(f"{folder} has no {FILE}. Name the folder that holds it, for example "
                       "lessons/10."))
            return 1
        design = read(folder)
    except Unreadable as error:
        print("\n\n".join(wrap(str(problem)) for problem in error.problems))
        return 1
    if options.docs is not None:
        return _write(options.docs, pages(design.protocol, design.transcripts))
    if options.page:
        print(page(design.protocol, design.transcripts), end="")
        return 0
    found = design.all_findings()
    for finding in found:
        print(wrap(str(finding)), end="\n\n")
    print(f"{len(found)} to mend." if found else
          f"{states_as_text(design.protocol)}\n\nNo hole was found.")
    return 1 if found else 0


def _folder(text: str) -> Path:
    if not text:
        raise argparse.ArgumentTypeError("a folder is due, for example my-docs")
    return Path(text)


def _write(docs: Path, files: dict[str, str]) -> int:
    try:
        docs.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (docs / name).write_text(text, encoding="utf-8", newline="\n")
            print(f"{docs / name} is written.")
    except OSError as error:
        print(wrap(f"--docs {docs}: {error.strerror}. Name a new folder, for example my-docs."))
        return 1
    return 0
