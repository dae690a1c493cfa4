"""Lesson 10: Design a protocol."""

from socklab.design.checks import no_holes, replay
from socklab.lesson import Lab, core, more


@core
def test_states(lab: Lab) -> None:
    """Every state can be reached, and from every state the talk can end."""
    no_holes(lab, "states")


@core
def test_answers(lab: Lab) -> None:
    """Every message of a client has its answers, or the word that none comes."""
    no_holes(lab, "answers")


@core
def test_fields(lab: Lab) -> None:
    """No field can hold what ends it, and every field has a limit."""
    no_holes(lab, "fields")


@core
def test_wrong_lines(lab: Lab) -> None:
    """A line that is not right has an answer, and every error can come."""
    no_holes(lab, "wrong lines")


@core
def test_transcripts(lab: Lab) -> None:
    """There are transcripts, and each of them is possible."""
    no_holes(lab, "possible")


@more
def test_waiting(lab: Lab) -> None:
    """It is clear who speaks first, and nobody waits for somebody who has gone."""
    no_holes(lab, "waiting")


@more
def test_places(lab: Lab) -> None:
    """Every message can be said in some state, and what comes unasked has a cause."""
    no_holes(lab, "places")


@more
def test_look_alike(lab: Lab) -> None:
    """No line can mean two things at the same moment."""
    no_holes(lab, "alike")


@more
def test_sizes(lab: Lab) -> None:
    """Lines have a limit on both ways, and every message fits."""
    no_holes(lab, "sizes")


@more
def test_version(lab: Lab) -> None:
    """There is a version, and who has another one hears it at the start."""
    no_holes(lab, "version")


@more
def test_shown(lab: Lab) -> None:
    """Every message is in some transcript."""
    no_holes(lab, "shown")


@more
def test_server(lab: Lab) -> None:
    """The server says what the transcripts say."""
    replay(lab)
