"""Pictures and the page: everything is on them, and no words lie on one another."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from grading import KIT, entries, too_wide
from socklab.design import draw
from socklab.design.folder import Design, read
from socklab.design.page import page, pages
from terminal import run_tool

FOLDERS = [KIT / "solutions/10", KIT / "lessons/10", KIT / "lessons/10/parley",
           *filter(Path.is_dir, entries("unusual", "10"))]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(params=FOLDERS, ids=lambda p: p.name)
def design(request: pytest.FixtureRequest) -> Design:
    return read(request.param)


def words(svg: str) -> list[tuple[float, float, float, str]]:
    """The texts of a picture, as (left, right, baseline, words)."""
    found = []
    for text in ET.fromstring(svg).iter(f"{SVG}text"):
        x, y, size = float(text.get("x", 0)), float(text.get("y", 0)), 9 * len(text.text or "")
        left = x - size / 2 if text.get("text-anchor") == "middle" else x
        found.append((left, left + size, y, text.text or ""))
    return found


def assert_legible(svg: str) -> None:
    texts = words(svg)
    for at, (left, right, y, text) in enumerate(texts):
        for other in texts[at + 1 :]:
            apart = right <= other[0] or other[1] <= left or abs(y - other[2]) >= 15
            assert apart, (text, other[3])
    root = ET.fromstring(svg)
    width, height = float(root.get("width", 0)), float(root.get("height", 0))
    assert all(0 <= left and right <= width and y <= height for left, right, y, _ in texts)
    assert set(re.findall(r"#[0-9a-f]{3,6}\b", svg)) == {"#000", "#fff"}, "black and white"
    assert not re.search(r"<style|\bid=|class=|url\(", svg), "nothing that another one could meet"


def test_states_are_all_on_the_picture(design: Design) -> None:
    svg = draw.states_as_svg(design.protocol)
    assert_legible(svg)
    shown = {text for _, _, _, text in words(svg)}
    assert set(design.protocol.states) <= shown
    assert "what the client says / what it hears" in shown
    for (name, to), labels in draw.edges(design.protocol).items():
        if name != to:
            assert set(labels) <= shown
    root = ET.fromstring(svg)
    text = draw.states_as_text(design.protocol)
    assert root.find(f"{SVG}desc").text == text  # type: ignore[union-attr]
    boxes = sum(1 for box in root.iter(f"{SVG}rect") if box.get("stroke"))
    final = sum(state.final for state in design.protocol.states.values())
    assert boxes == len(design.protocol.states) + final, "final ones have two frames"


def test_the_text_form_has_every_step(design: Design) -> None:
    p, rows = design.protocol, draw.states_as_text(design.protocol).splitlines()
    for name in p.reached:
        for cause, answer in p.steps(p.states[name]):
            if answer in (p.otherwise, p.unreadable):
                continue
            head = f"{name} -> {answer.to}: " if answer.to not in ("", name) else \
                f"{name} stays: "
            said = {"end": "(ends)", "otherwise": "other line"}.get(cause, cause)
            reply = "" if answer.message == "nothing" else f"/ {answer}"
            assert f"{head}{said} {reply}".replace(":  ", ": ").strip() in rows


def test_ladders(design: Design) -> None:
    for transcript in design.transcripts:
        svg = draw.transcript_as_svg(transcript)
        assert_legible(svg)
        tips = list(ET.fromstring(svg).iter(f"{SVG}polygon"))
        assert len(tips) == len(transcript.lines)


def test_the_page_says_it_all(design: Design) -> None:
    text = page(design.protocol, design.transcripts)
    assert f"listens on port {design.protocol.port}" in text
    assert "A field ends at the next" in text and "comes unasked" in text
    assert ("for people" in text) == any(f.free for f in design.protocol.fields.values())
    for message in design.protocol.messages.values():
        assert f"`{message.form}`".replace("|", "\\|") in text
    for name in (*design.protocol.states, *design.protocol.errors):
        assert name in text
    for row in text.splitlines():
        if row.startswith("|"):
            cells = len(re.findall(r"(?<!\\)\|", row))
            assert cells in (3, 4, 5), row
    for transcript in design.transcripts:
        for line in transcript.lines:
            assert (line.text or "") in text


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda p: p.name)
def test_the_docs_have_the_page_and_all_its_pictures(folder: Path) -> None:
    design = read(folder)
    files = pages(design.protocol, design.transcripts)
    text = files.pop("protocol.md")
    assert re.findall(r"!\[[^]\n]+\]\((.+?)\)", text) == list(files)
    assert all(svg.startswith("<svg") for svg in files.values())
    assert len(files) == 1 + len(design.transcripts)
    assert re.sub(r"!\[.*\n\n?", "", text).split() == \
        page(design.protocol, design.transcripts).split()


def test_the_chat_rooms_docs_are_up_to_date() -> None:
    """Make them again with:
    python lessons/socklab protocol lessons/10/parley --docs lessons/10/parley
    """
    folder = KIT / "lessons" / "10" / "parley"
    design = read(folder)
    files = pages(design.protocol, design.transcripts)
    for name, text in files.items():
        assert (folder / name).read_text(encoding="utf-8") == text, name
    made = {p.name for p in folder.iterdir() if p.suffix in (".md", ".svg")}
    assert made == set(files)


# -- the command ------------------------------------------------------------------------------


def test_the_command(tmp_path: Path) -> None:
    found = run_tool("protocol", str(KIT / "lessons" / "10"))
    assert found.returncode == 1 and "protocol.toml, line 121: Nothing leads to" in found.stdout
    fine = run_tool("protocol", str(KIT / "solutions" / "10"))
    assert fine.returncode == 0 and fine.stdout.endswith("No hole was found.\n")
    shown = run_tool("protocol", str(KIT / "solutions" / "10"), "--page")
    assert shown.stdout.startswith("# Oxo\n")
    docs = tmp_path / "docs"
    made = run_tool("protocol", str(KIT / "solutions" / "10"), "--docs", str(docs))
    assert made.stdout.count("is written.") == 6
    assert "game o ann" in (docs / "transcript-won.svg").read_text(encoding="utf-8")
    assert not too_wide(found.stdout)
    for name in ("lessons/99", str(tmp_path)):
        wrong = run_tool("protocol", name)
        assert wrong.returncode == 1 and not wrong.stderr
        assert f"{name} has no protocol.toml. Name the folder" in " ".join(wrong.stdout.split())
    taken = run_tool("protocol", str(KIT / "solutions" / "10"), "--docs", str(docs / "states.svg"))
    assert taken.returncode == 1 and "Name a new folder" in " ".join(taken.stdout.split())
    for options in (["--docs", ""], ["--docs", str(docs), "--page"]):
        assert "argument --docs" in run_tool("protocol", "lessons/10", *options).stderr
    assert not (found.stderr or fine.stderr or shown.stderr or taken.stderr)
    helps = run_tool("protocol", "--help").stdout
    assert "python lessons/socklab protocol" in helps.partition("example")[2]
