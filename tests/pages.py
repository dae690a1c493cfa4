"""The pages of the kit: which there are, their text without listings, their listings."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from grading import KIT


@dataclass(frozen=True)
class Listing:
    """A fenced part of a page."""

    info: str  # what stands behind the fence: "text", "python"
    text: str
    made: bool  # does it lie between <!-- name --> and <!-- end -->?

    @property
    def first(self) -> str:
        return self.text.split("\n", 1)[0]


@dataclass(frozen=True)
class Page:
    """A page, cut into prose (its fenced parts left out) and listings."""

    name: str  # "lessons/01/README.md"
    prose: str
    listings: tuple[Listing, ...]

    @property
    def plain(self) -> str:
        """The prose without code spans and comments."""
        text = re.sub(r"<!--.*?-->", "", self.prose, flags=re.S)
        return re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", text, flags=re.S)


def markdown() -> list[str]:
    """Every page that is Markdown."""
    found = [*KIT.glob("*.qmd"), KIT / "README.md", *KIT.glob("lessons/*.md"),
             *KIT.glob("lessons/[0-9][0-9]/**/*.md"), *KIT.glob("solutions/**/*.md")]
    return sorted(p.relative_to(KIT).as_posix() for p in found)


def notebooks() -> list[str]:
    found = KIT.glob("notebooks/[0-9][0-9]-*.ipynb")
    return sorted(p.relative_to(KIT).as_posix() for p in found)


def source(name: str) -> str:
    """The Markdown of a page; of a notebook, that of its cells."""
    text = (KIT / name).read_text(encoding="utf-8")
    if not name.endswith(".ipynb"):
        return re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.S)
    cells = json.loads(text)["cells"]
    return "\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")


@cache
def page(name: str) -> Page:
    """Read a page; AssertionError if a fence is not closed."""
    prose, listings = [], []
    fence, info, inside, made = "", "", [], False
    for line in source(name).splitlines():
        mark = re.match(r" *(```+|~~~+)([^`]*)$", line)
        if not fence and mark:
            fence, info, inside = mark[1], mark[2].strip(), []
            prose.append("")
        elif fence and mark and mark[1].startswith(fence) and not mark[2].strip():
            listings.append(Listing(info, "\n".join(inside), made))
            fence = ""
        elif fence:
            inside.append(line)
        else:
            prose.append(line)
            if comment := re.fullmatch(r"<!-- (.*) -->", line):
                made = comment[1] != "end"
    assert not fence, f"{name}: a listing that does not end: {inside[:1]}"
    return Page(name, "\n".join(prose), tuple(listings))


def headings(text: str) -> list[tuple[int, str]]:
    """The headings of some prose: level and text."""
    return [(len(m[1]), m[2]) for m in re.finditer(r"^(#{1,6}) +(.*?) *#*$", text, re.M)]


def anchors(name: str) -> set[str]:
    """The ids that Quarto gives to a page's headings, by pandoc's rule."""
    found: list[str] = []
    for _, heading in headings(page(name).prose):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        text = re.sub(r"[`*]", "", text).lower()
        kept = "".join(c for c in text if c.isalnum() or c.isspace() or c in "_-.")
        own = re.sub(r"^[\W\d_]+", "", "-".join(kept.split())) or "section"
        count = sum(1 for other in found if other == own)
        found.append(f"{own}-{count}" if count else own)
    return set(found)


def links(name: str) -> list[tuple[bool, str, str]]:
    """The links of a page: is it an image, its text, its target."""
    text = re.sub(r"<!--.*?-->", "", page(name).prose, flags=re.S)
    text = re.sub(r"`[^`\n]*`(?![^\[\n]*\]\()", "", text)
    found = re.findall(r"(!?)\[([^\]]*)\]\(\s*<?([^)\s>]+)>?[^)]*\)", text)
    return [(bool(mark), words, target) for mark, words, target in found]


def beside(name: str, target: str) -> str:
    """The name of a link's target, seen from the page that it stands on."""
    path = (KIT / name).parent / target
    return Path(*_tidy(path.relative_to(KIT).parts)).as_posix()


def _tidy(parts: tuple[str, ...]) -> list[str]:
    tidy: list[str] = []
    for part in parts:
        if part == ".." and tidy:
            tidy.pop()
        else:
            tidy.append(part)
    return tidy
