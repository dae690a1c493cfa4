"""The seed of random checks: the same lines for the same seed, and the report tells it."""

from __future__ import annotations

from pathlib import Path

import pytest
from grading import KIT, Graded, grade, submission
from socklab.hub import Hub
from socklab.lesson import Failure, Lab
from socklab.submission import Submission


def test_only_a_check_that_asks_for_the_seed_has_one(hub: Hub, tmp_path: Path) -> None:
    for asks in (True, False):
        lab = Lab(hub, Submission("00", tmp_path), seed=7)
        assert not asks or lab.seed == 7
        failure = Failure("wrong", "It is not right.")
        lab.complete(failure)
        assert failure.seed == (7 if asks else None)
        lab.close()


def test_the_report_tells_the_seed_and_replays_it(tmp_path: Path) -> None:
    program = KIT / "tests" / "wrong" / "12" / "blanks_tidied.py"
    work = submission("12", program, tmp_path / "work")

    def run(*options: str) -> tuple[str, str]:
        graded: Graded = grade("12", work, tmp_path / "r.xml", "-k", "random", *options)
        assert graded.status == 1 and graded.failed[0].kind == "wrong", graded.output
        text = graded.failed[0].text
        case = " ".join(text.partition("In this case: ")[2].split("\n\n")[0].split())
        return case, " ".join(text.split())

    case, text = run("--seed", "3")
    assert case.startswith("seed 3, round ")
    assert text.count("--seed 3") >= 1
    assert run("--seed", "3")[0] == case
    other, text = run()
    assert other.startswith("seed 1, ") and "--seed 1" in text


@pytest.fixture
def hub() -> Hub:
    """Nothing is started here, so nothing runs."""
    return Hub()
