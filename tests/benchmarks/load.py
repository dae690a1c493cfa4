"""What the benchmarks share: the paths, and processes that keep the machine busy."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

KIT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(KIT / "lessons"), str(KIT / "tests")]


@contextmanager
def busy(number: int) -> Iterator[None]:
    """Keep `number` processes running in endless loops; they end with this one."""
    loop = ("import sys, threading, os\n"
            "threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0))).start()\n"
            "while True: pass")
    loops = [subprocess.Popen([sys.executable, "-S", "-c", loop], stdin=subprocess.PIPE)
             for _ in range(number)]
    try:
        yield
    finally:
        for process in loops:
            process.kill()
            process.wait()


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a table for a terminal; the first column is text, the others are numbers."""
    cells = [[str(cell) for cell in row] for row in (heads, *rows)]
    widths = [max(len(row[n]) for row in cells) for n in range(len(heads))]
    return "\n".join("  ".join(
        cell.ljust(width) if n == 0 else cell.rjust(width)
        for n, (cell, width) in enumerate(zip(row, widths, strict=True))) for row in cells)
