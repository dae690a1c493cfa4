"""Which hint belongs to which failure."""

from __future__ import annotations

from pathlib import Path

from socklab.hints import GENERAL, about, hints_for

TEXT = """
[lesson]
title = "Echo"
done = "It was
about bytes."

[test_a]
question = "Q?"
concept = "The
concept."
sketch = '''
while True:
    ...'''
[test_a.still]
question = "Still?"
[test_a.flooded]
sketch = "own sketch"
""".replace('"It was\nabout bytes."', '"""It was\nabout bytes."""').replace(
    '"The\nconcept."', '"""The\nconcept."""')


def folder(tmp_path: Path) -> Path:
    (tmp_path / "hints.toml").write_text(TEXT, encoding="utf-8")
    return tmp_path


def test_the_check_s_own_hints(tmp_path: Path) -> None:
    assert hints_for(folder(tmp_path), "test_a", "wrong") == [
        "Q?", "The concept.", "while True:\n    ..."]


def test_special_ones_go_first_and_the_rest_falls_back(tmp_path: Path) -> None:
    assert hints_for(folder(tmp_path), "test_a", "still") == [
        "Still?", "The concept.", "while True:\n    ..."]


def test_general_kinds_have_their_own_words(tmp_path: Path) -> None:
    assert hints_for(folder(tmp_path), "test_a", "syntax") == list(GENERAL["syntax"])
    assert hints_for(folder(tmp_path), "test_a", "flooded") == [
        *GENERAL["flooded"][:2], "own sketch"]
    assert hints_for(folder(tmp_path), "test_unknown", "missing") == list(GENERAL["missing"])


def test_nothing_known_means_no_hint(tmp_path: Path) -> None:
    assert hints_for(folder(tmp_path), "test_unknown", "wrong") == []
    assert hints_for(tmp_path / "nowhere", "test_a", "wrong") == []


def test_about_the_lesson(tmp_path: Path) -> None:
    assert about(folder(tmp_path)) == ("Echo", "It was about bytes.")
    assert about(tmp_path / "nowhere") == ("", "")


def test_general_hints_are_short() -> None:
    for texts in GENERAL.values():
        assert len(texts) == 3 and all(len(text) <= 3 * 76 for text in texts)
