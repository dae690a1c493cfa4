"""The site is what `quarto render` makes of these pages: what it would not warn of.

    python tests/test_docs.py        make the parts of pages that are made, after a change
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import FLAGS
from grading import KIT, _clean
from pages import anchors, beside, headings, links, markdown, notebooks, page
from test_readme import COURSES, DOUBLE, checked, copy_of_the_kit, minutes, part, pieces, there
from test_readme import title as title_of

PROFILES = ["student", "teacher"]
INFO = {".py": "python", ".toml": "toml", ".txt": "text"}
TOOLS = ["watch", "talk", "doctor", "protocol"]


# -- the configuration ----------------------------------------------------------------------


def config(profile: str) -> dict[str, Any]:
    """What Quarto reads: lists of a profile are put behind those of the project."""
    yaml = pytest.importorskip("yaml", reason="PyYAML (a part of jupyter) is missing")
    both = [yaml.safe_load((KIT / name).read_text(encoding="utf-8"))
            for name in ("_quarto.yml", "_quarto-teacher.yml")[:PROFILES.index(profile) + 1]]
    return merged(*both) if len(both) == 2 else both[0]


def merged(first: Any, second: Any) -> Any:
    if isinstance(first, dict) and isinstance(second, dict):
        return {key: merged(first[key], second[key]) if key in first and key in second
                else {**first, **second}[key] for key in [*first, *second]}
    return first + second if isinstance(first, list) else second


def rendered(profile: str) -> list[str]:
    return config(profile)["project"]["render"]


def sidebar(entries: list[Any]) -> Iterator[str]:
    """The pages of a sidebar, in order."""
    for entry in entries:
        if isinstance(entry, str):
            yield entry
        elif "href" in entry:
            yield entry["href"]
        yield from sidebar(entry.get("contents", []) if isinstance(entry, dict) else [])


def keys(value: Any, above: str = "") -> Iterator[str]:
    for entry in value if isinstance(value, list) else []:
        yield from keys(entry, above)
    for key, inner in value.items() if isinstance(value, dict) else []:
        yield f"{above}{key}"
        yield from keys(inner, f"{above}{key}.")


# Quarto takes no notice of some keys that it does not know.  These were looked up.
KNOWN = {
    "project", "project.type", "project.output-dir", "project.render",
    "website", "website.title", "website.search", "website.page-navigation",
    "website.sidebar", "website.sidebar.style", "website.sidebar.contents",
    "website.sidebar.contents.section", "website.sidebar.contents.contents",
    "website.sidebar.contents.text", "website.sidebar.contents.href",
    "lang", "format", "format.html", "format.html.theme", "format.html.css",
    "format.html.toc", "format.html.toc-depth", "filters", "execute", "execute.enabled",
}


@pytest.mark.parametrize("profile", PROFILES)
def test_no_key_is_misspelt(profile: str) -> None:
    assert set(keys(config(profile))) <= KNOWN


@pytest.mark.parametrize("profile", PROFILES)
def test_every_page_is_rendered_and_in_the_sidebar(profile: str) -> None:
    pages = rendered(profile)
    assert len(set(pages)) == len(pages), "a page is named twice"
    assert set(pages) <= {*markdown(), *notebooks()}, "no such page"
    assert list(sidebar(config(profile)["website"]["sidebar"]["contents"])) == pages
    wanted = {name for name in [*markdown(), *notebooks()]
              if profile == "teacher" or not name.startswith("solutions/")}
    assert set(pages) == wanted


def test_the_teachers_pages_stay_with_teachers() -> None:
    assert not [name for name in rendered("student") if name.startswith(("solutions", "tests"))]
    folders = {config(profile)["project"]["output-dir"] for profile in PROFILES}
    assert len(folders) == 2, "two sites in one folder"
    ignored = (KIT / ".gitignore").read_text(encoding="utf-8").split()
    assert {f"/{folder}/" for folder in folders} <= set(ignored)


def test_the_files_of_the_site_are_there() -> None:
    found = config("student")
    for name in (found["format"]["html"]["css"], *found["filters"]):
        assert (KIT / name).is_file(), name


# -- the pages --------------------------------------------------------------------------------

everywhere = pytest.mark.parametrize("name", [*markdown(), *notebooks()])


@everywhere
def test_the_page_has_one_title(name: str) -> None:
    found = headings(page(name).prose)
    if name == "index.qmd":
        assert re.match(r"---\ntitle: \S", (KIT / name).read_text(encoding="utf-8"))
    else:
        assert found[0][0] == 1, "the title comes first"
    assert [level for level, _ in found].count(1) == (name != "index.qmd")
    levels = [1] * (name == "index.qmd") + [level for level, _ in found]
    steps = zip(levels, levels[1:], strict=False)
    assert all(after <= before + 1 for before, after in steps), "a level is left out"


@everywhere
def test_links_stay_on_the_site(name: str) -> None:
    """A link to a page that is not rendered, or to a folder, would lead to raw Markdown."""
    profile = "teacher" if name.startswith("solutions") else "student"
    pages = rendered(profile)
    for image, words, link in links(name):
        target, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        to = beside(name, target) if target else name
        assert (KIT / to).is_file(), f"{link}: no such file (a folder is none)"
        assert profile == "teacher" or not to.startswith(("solutions/", "tests/")), link
        assert to in pages or not to.endswith((".md", ".qmd", ".ipynb")), f"{link}: not rendered"
        assert not anchor or anchor in anchors(to), f"{link}: no such heading"
        assert words.strip(), f"{link}: no words to read aloud"
        assert not image or (KIT / to).suffix in (".svg", ".png"), link


@everywhere
def test_quarto_reads_what_others_read(name: str) -> None:
    """What pandoc takes for more than plain Markdown, or GitHub does."""
    for listing in page(name).listings:
        assert not re.search(r"[{}]", listing.info), f"Quarto would run {listing.info}"
        known = name.endswith(".ipynb") or listing.info in ("text", "python", "toml")
        assert known, f"no language: {listing.first}"
    plain = page(name).plain
    for what, pattern in {
        "a citation": r"(?<!\w)@\w", "TeX": r"\\[A-Za-z]|\$", "an attribute": r"[{}]",
        "a callout": r"> \[!|^:::", "small letters": r"[~^]",
        "a bare address": r"(?<![(<])https?://",
    }.items():
        found = re.search(rf".*({pattern}).*", plain, re.M)
        assert not found, f"{what}: {found[0]}"
    for before, line in _pairs(plain.splitlines()):
        starts = re.match(r"([-*+]|\d+[.)]) |> |#+ ", line)
        same = before.strip() == "" or starts and re.match(r"([-*+>]|\d+[.)])|\s", before)
        assert not starts or same, f"a blank line is missing before: {line}"
    assert plain.count("<details>") == plain.count("</details>")


def _pairs(lines: list[str]) -> Iterator[tuple[str, str]]:
    return zip(["", *lines], lines, strict=False)


@everywhere
def test_tables_have_as_many_cells_in_each_row(name: str) -> None:
    """Not even in code may a cell hold a bare |."""
    rows = [re.sub(r"\\\|", "", line.strip()) for line in page(name).prose.splitlines()]
    for before, row in _pairs(rows):
        if before.startswith("|") and row.startswith("|"):
            assert before.count("|") == row.count("|"), row


@pytest.mark.parametrize("name", markdown())
def test_paths_in_the_text_exist(name: str) -> None:
    """`lessons/01/echo_server.py` in a page is a file of the kit."""
    made = {"notebooks/work", "notebooks/NN-….ipynb"}
    for span in re.findall(r"`([^`\n]+)`", page(name).prose):
        for path in re.findall(r"(?:^|(?<=[ /]))(?:lessons|solutions|notebooks|tests)/[^\s,;:]+",
                               span):
            if "NN" in path or path in made or "old-kit" in span:
                continue
            assert (KIT / path.rstrip("/")).exists(), path


# -- plans -------------------------------------------------------------------------------------


def tables(text: str) -> list[list[int]]:
    """The first columns of the tables whose head is "minutes"."""
    found = re.findall(r"^\| minutes \|.*\n\|[-|]+\n((?:\|.*\n)+)", text, re.M)
    return [[int(n) for n in re.findall(r"^\| (\d+) \|", table, re.M)] for table in found]


def test_each_double_lesson_has_ninety_minutes() -> None:
    text = (KIT / "solutions" / "PLANS.md").read_text(encoding="utf-8")
    found = tables(text)
    assert len(found) == len(COURSES["seven double lessons"]) + 1
    assert [sum(table) for table in found] == [DOUBLE] * len(found)


def test_the_plans_follow_the_courses() -> None:
    text = (KIT / "solutions" / "PLANS.md").read_text(encoding="utf-8")
    seven = text.partition("## Seven")[2].partition("## Four")[0]
    shown = re.findall(r"\| \[(\d\d)\]\(\.\./lessons", seven.replace("[00]", ""))
    assert shown == COURSES["seven double lessons"]


@pytest.mark.parametrize("name", ["Forty-five minutes", "Ninety minutes"])
def test_the_substitute_is_told_each_minute(name: str) -> None:
    text = (KIT / "solutions" / "SUBSTITUTE.md").read_text(encoding="utf-8")
    table = text.partition(f"## {name}\n")[2].partition("\n## ")[0]
    times = [int(n) for n in re.findall(r"^\| (\d+) \|", table, re.M)]
    assert times == sorted(times) and times[0] == 0
    assert times[-1] == (45 if name.startswith("Forty") else 90)


# -- the parts that are made ----------------------------------------------------------------


def fenced(text: str, info: str = "text") -> str:
    return f"```{info}\n{text}\n```"


def full_course() -> str:
    rows = ["| lesson | minutes | all minutes so far | to prepare |", "|---|---|---|---|"]
    total = 0
    for n in there():
        total += int(minutes(n))
        rows.append(f"| [{n} {title_of(n)}](../lessons/{n}/README.md) | {minutes(n)} | {total} "
                    f"| [Teaching {n}]({n}/TEACHING.md) |")
    return "\n".join(rows)


def teaching() -> str:
    rows = ["| lesson | teaching | the solution |", "|---|---|---|"]
    for n in there():
        files = ", ".join(f"`{p.name}`" for p in solutions(n))
        rows.append(f"| [{n} {title_of(n)}](../lessons/{n}/README.md) "
                    f"| [Teaching {n}]({n}/TEACHING.md) | {files} |")
    return "\n".join(rows)


def solutions(lesson: str) -> list[Path]:
    """What a teacher shows of a lesson."""
    folder = KIT / "solutions" / lesson
    return sorted(p for p in folder.rglob("*") if p.suffix in (".py", ".toml", ".txt")
                  and not p.name.startswith("given_") and "__pycache__" not in p.parts)


def listings() -> str:
    parts = []
    for n in there():
        parts.append(f"## Lesson {title_of(n)}")
        for path in solutions(n):
            name = path.relative_to(KIT / "solutions").as_posix()
            text = path.read_text(encoding="utf-8").rstrip("\n")
            parts.append(f"### {name}\n\n{fenced(text, INFO[path.suffix])}")
    return "\n\n".join(parts)


def ports() -> str:
    """The ports of the lessons' programs."""
    found: dict[str, list[str]] = {}
    for n in there():
        text = "".join(p.read_text(encoding="utf-8") for p in solutions(n))
        for number in sorted(set(re.findall(r"^PORT = (\d+)", text, re.M))):
            found.setdefault(number, []).append(n)
    rows = ["| port (TCP), on 127.0.0.1 | lessons |", "|---|---|"]
    return "\n".join([*rows, *(f"| {port} | {', '.join(at)} |" for port, at in found.items())])


def count_line(folder: Path) -> str:
    """How the report of a whole lesson ends."""
    kit = copy_of_the_kit(folder)
    for file in (KIT / "solutions" / "01").glob("echo_*.py"):
        shutil.copy(file, kit / "lessons" / "01")
    shutil.copy(KIT / "tests" / "wrong" / "01" / "waits_for_everything.py",
                kit / "lessons" / "01" / "echo_server.py")
    return fenced(checked(kit, "lessons/01").splitlines()[-1])


def told(*arguments: str) -> str:
    """What `python lessons/socklab ...` prints."""
    environment = {**_clean(), "PYTHONIOENCODING": "utf-8", "COLUMNS": "80", "NO_COLOR": "1"}
    done = subprocess.run([sys.executable, "lessons/socklab", *arguments], cwd=KIT,
                          capture_output=True, stdin=subprocess.DEVNULL, env=environment)
    assert not done.stderr, done.stderr.decode()
    return re.sub(r" +\n", "\n", done.stdout.decode("utf-8").replace("\r\n", "\n")).strip()


def help_of(tool: str) -> str:
    command = ["python lessons/socklab", tool, "--help"]
    return fenced("$ " + " ".join(command) + "\n" + told(tool, "--help"))


def made(name: str, folder: Path) -> dict[str, str]:
    """The made parts of a page: part -> text."""
    return {
        "solutions/PLANS.md": lambda: {"full": full_course()},
        "solutions/README.md": lambda: {"teaching": teaching()},
        "solutions/LISTINGS.md": lambda: {"listings": listings()},
        "solutions/IT.md": lambda: {"ports": ports()},
        "solutions/MARKING.md": lambda: {"count": count_line(folder / "kit")},
        "lessons/TOOLS.md": lambda: {tool: help_of(tool) for tool in TOOLS},
    }[name]()


MADE = ["solutions/PLANS.md", "solutions/README.md", "solutions/LISTINGS.md", "solutions/IT.md",
        "solutions/MARKING.md", "lessons/TOOLS.md"]


@pytest.mark.parametrize("name", MADE)
def test_what_is_made_is_up_to_date(name: str, tmp_path: Path) -> None:
    text = (KIT / name).read_text(encoding="utf-8")
    parts = made(name, tmp_path)
    assert set(re.findall(r"^<!-- (\w+) -->$", text, re.M)) == {*parts, "end"}
    for key, content in parts.items():
        found = part(key).search(text)
        assert found, f"no part {key}"
        if key == "listings":
            same = found[1].strip() == content
        elif name == "lessons/TOOLS.md":  # each Python breaks the lines of its help elsewhere
            same = found[1].split() == content.split()
        else:
            same = pieces(found[1]) == pieces(content)
        assert same, f"the part {key} is old: run python tests/test_docs.py"


# -- on paper ------------------------------------------------------------------------------------

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")


def handouts() -> list[str]:
    """What lies on a table in class; CLASS.md is read by one person, before.

    (lessons/10/parley/ has what the tool of lesson 10 makes of a protocol, however long it is.)
    """
    return [name for name in markdown() if re.match(r"lessons/\d\d/(?!CLASS)[A-Z]+\.md", name)]


@pytest.mark.parametrize("name", handouts())
def test_a_handout_prints_on_two_pages(name: str, tmp_path: Path) -> None:
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not browser:
        pytest.skip("no Chromium is installed")
    convert = pytest.importorskip("nbconvert.filters.markdown",
                                  reason="nbconvert (a part of jupyter) is missing")
    css = (KIT / "lessons" / "site.css").read_text(encoding="utf-8")
    body = convert.markdown2html((KIT / name).read_text(encoding="utf-8"))
    body = re.sub(r'<a class="anchor-link".*?</a>', "", body)
    html, pdf = tmp_path / "page.html", tmp_path / "page.pdf"
    html.write_text(f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{name}</title>'
                    f"<style>{css}</style><main>{body}</main></html>", encoding="utf-8")
    subprocess.run([browser, "--headless", *FLAGS, "--disable-gpu", "--no-pdf-header-footer",
                    f"--user-data-dir={tmp_path / 'profile'}", f"--print-to-pdf={pdf}",
                    html.as_uri()], capture_output=True, stdin=subprocess.DEVNULL)
    assert pdf.exists(), "Chromium has printed nothing"
    printed = pdf.read_bytes()
    pages = len(re.findall(rb"/Type\s*/Page\b", printed))
    if pages > 2 and not re.search(rb"SegoeUI|HelveticaNeue|Arial|LiberationSans", printed):
        pytest.skip("no font of site.css is installed (on Debian: fonts-liberation)")
    assert 1 <= pages <= 2


# -- the real thing ----------------------------------------------------------------------------


@pytest.mark.parametrize("profile", PROFILES)
def test_quarto_renders_without_a_warning(profile: str, tmp_path: Path) -> None:
    quarto = shutil.which("quarto")
    if not quarto:
        pytest.skip("quarto is not installed: nobody has rendered the site here")
    kit = tmp_path / "kit"
    unwanted = shutil.ignore_patterns(".*", "_site*", "work", "__pycache__", "wheels")
    shutil.copytree(KIT, kit, ignore=unwanted)
    options = ["--profile", profile] if profile == "teacher" else []
    done = subprocess.run([quarto, "render", *options], cwd=kit, stdin=subprocess.DEVNULL,
                          capture_output=True, env={**os.environ, "QUARTO_PYTHON": sys.executable})
    said = (done.stdout + done.stderr).decode("utf-8", "replace")
    assert done.returncode == 0, said
    assert not re.search(r"\bWARN", said), said
    site = kit / config(profile)["project"]["output-dir"]
    for name in rendered(profile):
        html = (site / name).with_suffix(".html")
        assert html.is_file(), name
        if name.endswith(".ipynb"):
            assert "cell-output" in html.read_text(encoding="utf-8"), "without its output"
    if profile == "student":
        assert not (site / "solutions").exists()


# -- the student's edition ----------------------------------------------------------------------


@pytest.fixture
def edition(tmp_path: Path) -> Path:
    """The student's edition of this kit, as the command of solutions/README.md makes it."""
    text = (KIT / "solutions" / "README.md").read_text(encoding="utf-8")
    found = re.search(r"^git (.*) archive --prefix=sockets/ -o sockets.zip HEAD$", text, re.M)
    assert found
    if not shutil.which("git") or not (KIT / ".git").exists():
        pytest.skip("this kit is no clone made with git")
    copy = tmp_path / "kit"  # what is on the disk, not what was committed last
    shutil.copytree(KIT, copy, ignore=shutil.ignore_patterns(".git", ".venv", "__pycache__"))
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@y"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "all"],
                    [*found[1].split(), "archive", "--prefix=sockets/", "-o", "../s.zip", "HEAD"]):
        subprocess.run([*git, *command], cwd=copy, check=True)
    shutil.unpack_archive(tmp_path / "s.zip", tmp_path)
    return tmp_path / "sockets"


def test_the_students_edition_holds_what_a_student_needs(edition: Path) -> None:
    top = {path.name for path in edition.iterdir()}
    assert top == {"README.md", "LICENSE", "requirements.txt", "pyproject.toml", "lessons",
                   "notebooks", "_quarto.yml", "index.qmd"}
    assert not list(edition.rglob("TEACHING.md"))
    assert all((edition / name).is_file() for name in rendered("student"))
    said = typed(edition, "lessons/01", "--solutions")
    assert "this is the student's edition" in said
    said = typed(edition, "-k", "greeting")  # as the README tells, but for one lesson
    assert "00 Ready?" in said and "FAILED lessons" not in said


def typed(kit: Path, *arguments: str) -> str:
    """What `python -m pytest ...` answers in a kit."""
    done = subprocess.run([sys.executable, "-m", "pytest", *arguments], cwd=kit,
                          capture_output=True, stdin=subprocess.DEVNULL,
                          env={**_clean(), "PYTHONIOENCODING": "utf-8"})
    assert done.returncode
    return (done.stdout + done.stderr).decode("utf-8")


def main() -> None:
    """Make the parts of all pages again."""
    for name in MADE:
        path = KIT / name
        text = path.read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as folder:
            for key, content in made(name, Path(folder)).items():
                text = part(key).sub(lambda _, new=content: f"\n{new}\n\n", text, count=1)
        path.write_text(text, encoding="utf-8", newline="\n")
        print(f"{name} is up to date.")


if __name__ == "__main__":
    sys.path.insert(0, str(KIT / "lessons"))
    main()
