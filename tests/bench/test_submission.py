"""Which files are graded, and what is said when they are not there."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from grading import grade
from socklab.failure import Failure
from socklab.submission import (
    KIT,
    LESSONS,
    SHADOWED,
    NotASubmission,
    Submission,
    choose,
    short,
)


def test_what_comes_with_the_kit_may_be_left_out(tmp_path: Path) -> None:
    """A teacher may collect the students' own files alone."""
    lessons = {"05": ["frames.py", "frame_server.py"], "06": ["steady_server.py"]}
    for lesson, files in lessons.items():
        work = tmp_path / lesson
        work.mkdir()
        for file in files:
            shutil.copy(KIT / "solutions" / lesson / file, work)
        graded = grade(lesson, work, tmp_path / "r.xml", "--core")
        assert graded.status == 0, graded.output
        assert sorted(p.name for p in work.iterdir()) == sorted(files)


def test_the_student_s_files_in_place() -> None:
    assert choose("01") == Submission("01", LESSONS / "01")


def test_the_solutions() -> None:
    assert choose("01", solutions=True).folder == KIT / "solutions" / "01"
    with pytest.raises(NotASubmission, match="student's edition"):
        choose("99", solutions=True)


def test_another_folder(tmp_path: Path) -> None:
    (tmp_path / "echo_server.py").write_text("")
    assert choose("01", work=str(tmp_path)).folder == tmp_path.resolve()


def test_another_folder_with_a_subfolder_for_each_lesson(tmp_path: Path) -> None:
    (tmp_path / "01").mkdir()
    assert choose("01", work=str(tmp_path)).folder == (tmp_path / "01").resolve()
    assert choose("02", work=str(tmp_path)).folder == tmp_path.resolve()


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "file.py").write_text("")
    for work, words in ((tmp_path / "nowhere", "no such folder"), (tmp_path / "file.py", "a file")):
        with pytest.raises(NotASubmission, match=words):
            choose("01", work=str(work))


def test_a_folder_that_cannot_be_read() -> None:
    words = "no such folder" if sys.platform == "win32" else "cannot be read"
    with pytest.raises(NotASubmission, match=words):
        choose("01", work="~nobody-of-this-name/work")


def test_a_missing_file_and_what_there_is_instead(tmp_path: Path) -> None:
    submission = Submission("01", tmp_path)
    with pytest.raises(Failure) as caught:
        submission.path("echo_server.py")
    assert caught.value.kind == "missing" and "echo_server.py" in caught.value.what
    (tmp_path / "chat.py").write_text("")
    (tmp_path / "test_echo.py").write_text("")
    with pytest.raises(Failure, match=r"Python files there: chat\.py\."):
        submission.path("echo_server.py")
    (tmp_path / "echo_client.py").write_text("")  # the lesson asks for this one, too
    (tmp_path / "._echo_server.py").write_text("")  # as macOS writes them beside
    with pytest.raises(Failure, match=r"Python files there: chat\.py\."):
        submission.path("echo_server.py")
    for meant in ("echo-server.py", "echo_server.py.txt"):  # Windows may hide the last ending
        (tmp_path / meant).write_text("")
        with pytest.raises(Failure, match=rf"Is {meant} meant\?"):
            submission.path("echo_server.py")


def test_the_file_lies_further_down(tmp_path: Path) -> None:
    """As some platforms for learning pack it."""
    inner = tmp_path / "Mia Müller_123" / "onlinetext"
    inner.mkdir(parents=True)
    (inner / "echo_server.py").write_text("")
    with pytest.raises(Failure) as caught:
        Submission("01", tmp_path).path("echo_server.py")
    assert f"There is one in {inner}." in caught.value.what


def test_what_macos_writes_beside_is_no_submission(tmp_path: Path) -> None:
    (tmp_path / "01").mkdir()
    (tmp_path / "._echo_server.py").write_text("")
    assert choose("01", work=str(tmp_path)).folder == (tmp_path / "01").resolve()


def test_a_folder_in_the_place_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "echo_server.py").mkdir()
    with pytest.raises(Failure, match="is a folder, and not a file"):
        Submission("01", tmp_path).path("echo_server.py")


@pytest.mark.parametrize("name", sorted(SHADOWED))
def test_names_of_modules_that_are_loaded_first(tmp_path: Path, name: str) -> None:
    (tmp_path / "echo_server.py").write_text("")
    submission = Submission("01", tmp_path)
    assert submission.path("echo_server.py") == tmp_path / "echo_server.py"
    (tmp_path / f"{name}.txt").write_text("")
    (tmp_path / name).mkdir()  # a folder with exercises, say: Python finds its own module first
    submission.path("echo_server.py")
    (tmp_path / name / "__init__.py").write_text("")
    with pytest.raises(Failure, match=f"The folder {name} beside"):
        submission.path("echo_server.py")
    shutil.rmtree(tmp_path / name)
    (tmp_path / f"{name}.py").write_text("")
    with pytest.raises(Failure) as caught:
        submission.path("echo_server.py")
    assert caught.value.kind == "shadow" and f"{name}.py" in caught.value.what


def test_paths_as_the_reader_would_write_them(tmp_path: Path) -> None:
    assert short(KIT / "solutions" / "01") == "solutions/01"
    assert short(tmp_path) == str(tmp_path)
