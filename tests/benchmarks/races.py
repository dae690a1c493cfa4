"""Does the turnstile find every race, every time, and accuse nobody?

    python tests/benchmarks/races.py [--runs 500] [--busy 4] [NAME ...]

The offices and servers of tests/offices.py: those with a race must be caught in each run,
those without must never be.  Prints the counts; the exit status is 1 if one was wrong.
"""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from load import busy, table
from offices import RACES, RACING_SERVERS, RIGHT, RIGHT_SERVERS, Office, doubles
from socklab.hub import Hub
from socklab.lesson import Failure, Lab
from socklab.submission import Submission


def office_is_caught(lab: Lab, file: str, office: Office) -> bool:
    try:
        lab.expect_rounds(office.rounds(lab, file), office.ok, "")
    except Failure as failure:
        if failure.kind == "race":
            return True
        raise
    return False


def server_is_caught(lab: Lab, file: str) -> bool:
    return any(doubles(lab, lab.server(file, port=5000, turnstile=True)))


def run(hub: Hub, text: str, runs: int, caught: Callable[[Lab, str], bool]) -> int:
    """How many of the runs ended with the program being caught."""
    found = 0
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "program.py"
        file.write_text(text, encoding="utf-8")
        for _ in range(runs):
            lab = Lab(hub, Submission("08", Path(folder)))
            try:
                found += caught(lab, file.name)
            finally:
                lab.close()
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="all, if none is given")
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--busy", type=int, default=4, help="endless loops beside it")
    options = parser.parse_args()
    subjects: list[tuple[str, bool, str, Callable[[Lab, str], bool]]] = []
    for offices, race in ((RACES, True), (RIGHT, False)):
        for name, one in offices.items():
            subjects.append((name, race, one.text,
                             lambda lab, file, one=one: office_is_caught(lab, file, one)))
    for servers, race in ((RACING_SERVERS, True), (RIGHT_SERVERS, False)):
        for name, text in servers.items():
            subjects.append((f"server: {name}", race, text, server_is_caught))
    rows, wrong, begun = [], 0, time.monotonic()
    hub = Hub()
    with busy(options.busy):
        for name, race, text, caught in subjects:
            if options.names and name not in options.names:
                continue
            found = run(hub, text, options.runs, caught)
            bad = options.runs - found if race else found
            wrong += bad
            rows.append([name, "a race" if race else "none", found, options.runs, bad])
    hub.close()
    print(table(["program", "has", "caught", "runs", "wrong"], rows))
    print(f"\nPython {platform.python_version()}, {options.busy} busy loops, "
          f"{time.monotonic() - begun:.0f} s: {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
