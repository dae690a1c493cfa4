"""python lessons/socklab: tools for students.

Each tool is a module with a function `register`, which adds its command, and sets `run`: what
is called with the options and returns the exit status.  (This file runs on older versions of
Python too, as far as the sentence which says that they are too old.)
"""

import argparse
import errno
import io
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import NoReturn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

TOOLS = ("watch", "talk", "doctor", "design.tool")


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, without the usage around it."""

    def error(self, message: str) -> NoReturn:
        """Print the sentence and leave."""
        print(f"{message.removeprefix('argument FILE: ')}", file=sys.stderr)
        print(f"(How it is used: {self.prog} --help)", file=sys.stderr)
        sys.exit(2)


def main() -> int:
    """Read the command line and do it; return the exit status."""
    if sys.version_info < (3, 11):  # noqa: UP036
        print("This kit needs Python 3.11 or newer; this is Python "
              f"{sys.version_info[0]}.{sys.version_info[1]}.")
        return 1
    for stream in (sys.stdin, sys.stdout):  # what a terminal cannot show must not end a tool
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="surrogateescape" if stream is sys.stdin else "replace")
    try:
        parser = Parser(prog="python lessons/socklab",
                        description="Tools for the lessons. Each has a --help of its own.")
        tools = parser.add_subparsers(required=True, metavar="TOOL")
        for name in TOOLS:
            import_module(f"socklab.{name}").register(tools)
        options = parser.parse_args()
        return options.run(options)
    except KeyboardInterrupt:
        print("\nStopped.")
        return 130
    except OSError as error:  # nobody reads on: `doctor | head`; on Windows that is EINVAL
        if error.errno not in (errno.EPIPE, errno.EINVAL):
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


if __name__ == "__main__":
    sys.exit(main())
