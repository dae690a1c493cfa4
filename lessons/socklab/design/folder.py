"""A folder with a protocol and its transcripts, and all that can be found in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .lint import RULES, Finding
from .spec import Protocol, load
from .transcripts import Transcript, all_shown, load_all, transcripts_possible


@dataclass(frozen=True)
class Design:
    """A folder: its protocol and its transcripts."""

    folder: Path
    protocol: Protocol
    transcripts: list[Transcript]

    def findings(self, rule: str) -> list[Finding]:
        """What one rule finds; `ALL` has their names."""
        if rule in RULES:
            return list(RULES[rule](self.protocol))
        return list(_WITH_TRANSCRIPTS[rule](self.protocol, self.transcripts))

    def all_findings(self) -> list[Finding]:
        """What all rules find, in the order in which it is best mended."""
        return [finding for rule in ALL for finding in self.findings(rule)]


_WITH_TRANSCRIPTS: dict[str, Callable[[Protocol, list[Transcript]], Iterator[Finding]]] = {
    "possible": transcripts_possible, "shown": all_shown}
ALL = [*RULES, *_WITH_TRANSCRIPTS]


def read(folder: Path) -> Design:
    """Read a folder.  Raises Unreadable."""
    return Design(folder, load(folder), load_all(folder))
