"""The README shows what is: its tables, its report and its diagram are made, not written.

    python tests/test_readme.py        make them again, after a change
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from grading import KIT, _clean
from test_lessons import digest, recorded

README = KIT / "README.md"
PATH = KIT / "lessons" / "README.md"

# One line for each lesson of the path; a lesson is listed as soon as it has a handout.
WHAT = {
    "00": "Does this machine work? Bytes, text, and how to read a red check",
    "01": "One connection: whatever comes goes back, until the client ends",
    "02": "Two people take turns, and nobody falls silent for ever",
    "03": "TCP has no messages: receive exactly n bytes, send all of them",
    "04": "A newline ends a message, wherever the bytes are cut",
    "05": "A length in front of each message, so that it may hold anything",
    "06": "The next client is served, whatever the last one did",
    "07": "A thread for each client: nobody waits for somebody else",
    "08": "Two threads sell the same seat; a lock, and how to see the race",
    "09": "Everybody hears everybody: a room, its protocol, its server and client",
    "10": "Write a protocol down, and have it searched for holes",
    "11": "A protocol without a socket: bytes in, events out (university level)",
    "12": "Clients that lie, flood, dawdle and vanish (university level)",
}
COURSES = {
    "seven double lessons": ["01", "03", "04", "06", "07", "09", "10"],
    "four double lessons": ["01", "03", "04", "07"],
}
DOUBLE = 90  # minutes
THEN = {"four double lessons": "; in the last half hour you join a room that the teacher runs"}


def handout(lesson: str) -> str:
    """The text of a lesson's handout; "" if there is none yet."""
    path = KIT / "lessons" / lesson / "README.md"
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def title(lesson: str) -> str:
    return handout(lesson).splitlines()[0].removeprefix(f"# {lesson} ")


def there() -> list[str]:
    return [lesson for lesson in WHAT if handout(lesson)]


def minutes(lesson: str) -> str:
    found = re.search(r"\*\*Time:\*\*[^0-9]*(\d+)", handout(lesson))
    assert found, f"lessons/{lesson}/README.md does not say how long it takes"
    return found[1]


def files(lesson: str) -> str:
    """The programs that the student writes; in lesson 10 a protocol."""
    names = sorted(p.name for p in (KIT / "solutions" / lesson).iterdir()
                   if p.suffix in (".py", ".toml") and (KIT / "lessons" / lesson / p.name).exists()
                   and not p.name.startswith("given_"))
    return ", ".join(f"`{name}`" for name in names)


# -- the parts that are made ------------------------------------------------------------------


def lessons_table(up: str = "lessons/") -> str:
    rows = ["| lesson | what it is about | you write | minutes |", "|---|---|---|---|"]
    for lesson in there():
        link = f"[{lesson} {title(lesson)}]({up}{lesson}/README.md)"
        rows.append(f"| {link} | {WHAT[lesson]} | {files(lesson)} | {minutes(lesson)} |")
    return "\n".join(rows)


def courses_table() -> str:
    rows = ["| course | minutes | lessons, a double lesson each |", "|---|---|---|"]
    for course, lessons in COURSES.items():
        shown = [f"[{n}]({n}/README.md)" if handout(n) else f"{n} (not in this version)"
                 for n in lessons]
        rows.append(f"| {course} | {DOUBLE * len(lessons)} "
                    f"| {', '.join(shown)}{THEN.get(course, '')} |")
    return "\n".join(rows)


def copy_of_the_kit(folder: Path) -> Path:
    """What the checks need, with a wrong program and clean starters."""
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(KIT / "lessons", folder / "lessons", ignore=ignore)
    shutil.copy(KIT / "pyproject.toml", folder)
    (folder / "tests").mkdir()
    return folder


def checked(kit: Path, *arguments: str) -> str:
    """Run pytest in a copy of the kit; return the report without pytest's own lines."""
    run = subprocess.run([sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
                         cwd=kit, capture_output=True, stdin=subprocess.DEVNULL,
                         env={**_clean(), "PYTHONIOENCODING": "utf-8", "COLUMNS": "80"})
    lines = run.stdout.decode("utf-8").splitlines()
    kept = [line.rstrip() for line in lines if not re.match(r"=+ |collected ", line)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip("\n")


def report(folder: Path) -> str:
    """A wrong echo server's core checks."""
    kit = copy_of_the_kit(folder)
    for file in (KIT / "solutions" / "01").glob("echo_*.py"):
        shutil.copy(file, kit / "lessons" / "01")
    shutil.copy(KIT / "tests" / "wrong" / "01" / "waits_for_everything.py",
                kit / "lessons" / "01" / "echo_server.py")
    text = checked(kit, "lessons/01", "--core")
    return f"```text\n$ python -m pytest lessons/01 --core\n\n{text}\n```"


def self_check(folder: Path) -> str:
    """Lesson 00 as it comes: the list of its checks and the count."""
    kit = copy_of_the_kit(folder)
    text = checked(kit, "lessons/00")
    head, _, rest = text.partition("\n\n✘")
    return f"```text\n{head}\n\n{rest.splitlines()[-1]}\n```"


def programs_of_notebook_02() -> dict[str, str]:
    path = next((KIT / "notebooks").glob("02-*.ipynb"))
    found: dict[str, str] = {}
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        head, _, source = "".join(cell["source"]).partition("\n")
        if head.startswith("%%program"):
            found.setdefault(head.split()[1], source)
    return found


def ladder(folder: Path) -> str:
    """The deadlock at the beginning of notebook 02."""
    from socklab import notebook

    folder.mkdir()
    for name, source in programs_of_notebook_02().items():
        (folder / name).write_text(source, encoding="utf-8")
    before, notebook._folder = notebook._folder, folder
    try:
        picture = notebook.play("doctor.py", "patient.py", typed=["I am tired", ""])
    finally:
        notebook._folder = before
    # most machines have a row more: localhost stands for ::1 there, too, and it is tried first
    rows = [row for row in str(picture).splitlines() if "connect() at ::1" not in row]
    return "\n".join(["```text", *rows, "```"])


def made(file: Path, folder: Path) -> dict[str, str]:
    """The parts of a file that are made: name -> text."""
    if file == PATH:
        return {"lessons": lessons_table(""), "courses": courses_table()}
    parts = {"report": report(folder / "one"), "ladder": ladder(folder / "two"),
             "lessons": lessons_table()}
    starter = "lessons/00/hello.py"
    if recorded().get(starter) == digest(KIT / starter):  # nobody has worked on it yet
        parts["self-check"] = self_check(folder / "three")
    return parts


def part(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<=<!-- {name} -->\n)(.*?)(?=<!-- end -->)", re.S)


# -- the tests ------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", [README, PATH], ids=["README", "lessons-README"])
def test_what_it_shows_is_what_happens(file: Path, tmp_path: Path) -> None:
    """Piece for piece: two programs may act in another order, so the order is free."""
    text = file.read_text(encoding="utf-8")
    for name, content in made(file, tmp_path).items():
        found = part(name).search(text)
        assert found, f"{file.name} has no part {name}"
        due, shown = pieces(content), pieces(found[1])
        assert shown == due, f"the part {name} is old: run python tests/test_readme.py"


def pieces(text: str) -> Counter[str]:
    """The words between wide gaps and arrows: the cells of a diagram."""
    found = re.split(r"\n| {2,}| *(?:───▶|◀───) *| (?=line \d)", text)
    return Counter(piece for piece in found if piece)


def texts() -> list[Path]:
    """The texts that people read, without those that tools have put here."""
    found = [KIT / "README.md", *KIT.glob("lessons/**/*.md"), *KIT.glob("solutions/**/*.md")]
    return sorted(found)


def without_code(text: str) -> str:
    text = re.sub(r"^```.*?^```$", "", text, flags=re.S | re.M)
    return re.sub(r"`[^`\n]*`", "", text)


@pytest.mark.parametrize("path", texts(), ids=lambda p: p.relative_to(KIT).as_posix())
def test_links_lead_somewhere(path: Path) -> None:
    text = without_code(path.read_text(encoding="utf-8"))
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        target, _, anchor = link.partition("#")
        if re.match(r"https?:", target):
            continue
        there = (path.parent / target).resolve() if target else path
        assert there.is_file() or there.is_dir() and target.endswith("/"), link
        if anchor:
            heads = re.findall(r"^#+ (.*)", there.read_text(encoding="utf-8"), re.M)
            names = [re.sub(r"[^\w\s-]", "", h).strip().lower().replace(" ", "-") for h in heads]
            assert anchor in names, link


@pytest.mark.parametrize("path", texts(), ids=lambda p: p.relative_to(KIT).as_posix())
def test_markdown_reads_the_same_everywhere(path: Path) -> None:
    """What GitHub, an editor and Quarto would show differently."""
    text = path.read_text(encoding="utf-8")
    assert re.match(r"# [^\n]+\n\n", text), "begins with its title"
    assert "> [!" not in text and "```{" not in text
    assert len(re.findall(r"^```", text, re.M)) % 2 == 0, "a listing that does not end"
    plain = without_code(text)
    assert len(re.findall(r"^# ", plain, re.M)) == 1, "one title"
    assert not re.search(r"(?<![(<])https?://", plain), "a bare address stays text"
    before = ""
    for line in plain.splitlines():
        if re.match(r"([-*+]|\d+[.)]) ", line):
            ok = not before or re.match(r"([-*+]|\d+[.)]) |\s", before)
            assert ok, f"a list needs a blank line before it: {line}"
        before = line


def test_the_two_commands_are_the_ones_that_ci_types() -> None:
    text = README.read_text(encoding="utf-8")
    assert len(re.findall(r"^python3 -m venv .* lessons/00$", text, re.M)) == 1
    assert len(re.findall(r'^cmd /c "py .* lessons/00"$', text, re.M)) == 1
    workflow = KIT / ".github" / "workflows" / "tests.yml"
    if workflow.exists():
        steps = workflow.read_text(encoding="utf-8")
        for command in re.findall(r"^(?:python3 -m venv|cmd /c) .* lessons/00\"?$", text, re.M):
            assert command in steps, command


def main() -> None:
    """Make the parts of both files again."""
    sys.path.insert(0, str(KIT / "lessons"))
    for file in (README, PATH):
        with tempfile.TemporaryDirectory() as folder:
            text = file.read_text(encoding="utf-8")
            for name, content in made(file, Path(folder)).items():
                found = part(name).search(text)
                if found and pieces(found[1]) == pieces(content):
                    continue  # the same, perhaps in another order: what is there was chosen
                text = part(name).sub(lambda _, new=content: f"\n{new}\n\n", text, count=1)
        file.write_text(text, encoding="utf-8", newline="\n")
        print(f"{os.path.relpath(file)} is up to date.")


if __name__ == "__main__":
    main()
