"""Starts a student's program, unchanged, inside the tap.

    python -S -P -c "import socklab.tap..." PORT NAME     (as the warden does it)

First everything is replaced that the program could block in.  Then the process connects
to the grader and waits: it is a spare, ready before it is needed.  The message "run" or
"import" says what it is for.
"""

from __future__ import annotations

import gc
import os
import sys

FOLDER = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def main(port: int, name: str) -> None:
    """Become a spare of the grader that listens on `port`; never returns."""
    gc.disable()  # until a program runs: there is no garbage yet
    from . import clock, locks, signals, waiting

    clock.install()
    locks.install()
    waiting.install()
    signals.install()
    from . import control, program, sockets

    sockets.install()
    sys.dont_write_bytecode = True  # our own modules are cached by now
    control.connect(port, ("hello", name, os.getpid(), sys.version.split()[0]))
    program.serve()


if __name__ == "__main__":
    sys.path.insert(0, FOLDER)
    __package__ = "socklab.tap"
    main(int(sys.argv[1]), sys.argv[2])
