"""python lessons/socklab: tools for students."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

EXAMPLES = """examples:
  python lessons/socklab watch lessons/01/echo_server.py
  python lessons/socklab watch --turnstile lessons/08/ticket_office.py
"""


def main() -> int:
    """Read the command line and do it; return the exit status."""
    if sys.version_info < (3, 11):  # noqa: UP036
        print("This kit needs Python 3.11 or newer; this is Python "
              f"{sys.version_info[0]}.{sys.version_info[1]}.")
        return 1
    parser = argparse.ArgumentParser(
        prog="python lessons/socklab", epilog=EXAMPLES,
        description="See what a program does with its sockets, or with its threads.",
        formatter_class=argparse.RawDescriptionHelpFormatter)
    tools = parser.add_subparsers(dest="tool", required=True, metavar="watch")
    watching = tools.add_parser(
        "watch", help="run a program and see each socket call as it happens",
        epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter)
    watching.add_argument("file", type=Path, metavar="FILE")
    watching.add_argument("arguments", nargs="*", metavar="ARGUMENT",
                          help="passed on to the program")
    watching.add_argument("--turnstile", action="store_true",
                          help="call methods in several threads, switched at each place")
    watching.add_argument("--make", default="Office(1)", metavar="CALL",
                          help="with --turnstile: what makes the object (%(default)s)")
    watching.add_argument("--call", action="append", metavar="CALL",
                          help="with --turnstile: a thread's call (buy('ann'), buy('bob'))")
    options = parser.parse_args()
    try:
        import pytest  # noqa: F401
    except ImportError:
        print("pytest is missing. Get it with: python -m pip install -r requirements.txt")
        return 1
    from socklab import watch

    path = options.file.resolve()
    if not path.is_file():
        print(f"There is no file {options.file}.")
        return 1
    if options.turnstile:
        calls = options.call or ["buy('ann')", "buy('bob')"]
        return watch.turnstile(path, options.make, calls)
    return watch.watch(path, options.arguments)


if __name__ == "__main__":
    sys.exit(main())
