"""The linter: each hole is found, with an example that is really one; the sound ones pass."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from grading import KIT, entries, header
from socklab.design import lint
from socklab.design.folder import ALL, Design, read
from socklab.design.lines import accepts, longest, messages_of, samples, take_apart
from socklab.design.spec import Field, Message, Protocol

SOUND = [KIT / "solutions/10", KIT / "lessons/10/parley",
         *filter(Path.is_dir, entries("unusual", "10"))]
CHECKS = {"states": "test_states", "answers": "test_answers", "fields": "test_fields",
          "wrong lines": "test_wrong_lines", "possible": "test_transcripts",
          "waiting": "test_waiting", "places": "test_places", "alike": "test_look_alike",
          "sizes": "test_sizes", "version": "test_version", "shown": "test_shown"}


@pytest.fixture
def oxo() -> Design:
    return read(KIT / "solutions" / "10")


def changed(folder: Path, *edits: tuple[str, str]) -> Design:
    """The solution with another protocol.toml and no transcripts."""
    text = (KIT / "solutions/10/protocol.toml").read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    (folder / "protocol.toml").write_text(text, encoding="utf-8")
    return read(folder)


@pytest.mark.parametrize("folder", SOUND, ids=lambda p: p.name)
def test_a_sound_protocol_is_accused_of_nothing(folder: Path) -> None:
    assert read(folder).all_findings() == []


def test_the_chat_room_is_the_one_of_lesson_09() -> None:
    """The same forms, states' errors and limits as on its own page."""
    text = (KIT / "lessons" / "09" / "PARLEY.md").read_text(encoding="utf-8")
    p = read(KIT / "lessons" / "10" / "parley").protocol
    forms = re.search(r"from a client +from the room\n(.*?)\nVERSION +(\S+)", text, re.S)
    assert forms and forms[2] == p.version
    for message in p.messages.values():
        form = message.form.replace("WHY", "TEXT").replace("NAMES", "NAME")
        assert re.search(rf"(^|  ){form}($|  |,)", forms[1], re.M), form
    assert list(p.errors) == re.findall(r"^\| `(\w+)` \|", text.partition("## Errors")[2], re.M)
    for limit in p.limits.values():
        assert f"at most {limit}" in text
    assert longest(p, p.messages["say"]) == p.limits["client"], "TEXT fills the line"


def test_the_starter_has_holes_of_many_kinds() -> None:
    found = read(KIT / "lessons" / "10").all_findings()
    assert len({f.kind for f in found}) >= 13
    assert set(CHECKS) == set(ALL)
    for rule in ALL:
        assert read(KIT / "lessons" / "10").findings(rule), rule


def test_every_kind_has_a_wrong_protocol_and_a_hint() -> None:
    """A kind that is told nowhere else would be a rule that nobody has tried."""
    folder = Path(lint.__file__).parent
    source = (folder / "lint.py").read_text(encoding="utf-8") + \
        (folder / "transcripts.py").read_text(encoding="utf-8")
    kinds = set(re.findall(r'Finding\(\s*"([a-z-]+)"', source))
    assert len(kinds) >= 20
    facts = [header(path) for path in entries("wrong", "10")]
    assert kinds <= {f["fails as"] for f in facts}
    hints = tomllib.loads((KIT / "lessons/10/hints.toml").read_text(encoding="utf-8"))
    special = {kind for check in hints.values() for kind, v in check.items()
               if isinstance(v, dict)}
    alone = {"otherwise", "no-answer", "alike", "no-limit", "version", "not-shown", "format"}
    assert kinds - special <= alone  # these are what their check is about


def test_findings_are_sentences_with_a_place(oxo: Design) -> None:
    for finding in read(KIT / "lessons" / "10").all_findings():
        assert re.match(r"(protocol\.toml|transcripts/won\.txt)(, line \d+)?: ([A-Z`]|ann )",
                        str(finding)), finding
        assert finding.what[-1] in ".?" and len(finding.what) < 320


# -- what must not be accused ------------------------------------------------------------------


def test_who_waits_for_a_new_client_is_not_lost(oxo: Design) -> None:
    """`alone` can only wait: but anybody may still come."""
    assert oxo.protocol.states["alone"].hears and not oxo.findings("waiting")


def test_who_hears_the_rest_of_an_answer_is_not_lost(tmp_path: Path) -> None:
    """`more` is the server's own: it does not wait for anybody."""
    left = ('"left -> over"]', '"left"]')
    fine = changed(tmp_path, left, ('after = ["bye", "end", "unreadable"]', 'after = ["more"]'))
    assert fine.findings("waiting") == []
    lost = changed(tmp_path, left, ('after = ["bye", "end", "unreadable"]', 'after = ["bye"]'))
    assert [f.kind for f in lost.findings("waiting")] == ["vanished"]
    lost = changed(tmp_path, ('after = ["bye", "end", "unreadable"]', 'after = ["move"]'))
    assert [f.kind for f in lost.findings("waiting")] == ["vanished"]


def test_the_last_field_may_hold_blanks(tmp_path: Path) -> None:
    design = changed(tmp_path, ('letters = "A-Z a-z 0-9 _ -"', 'letters = "any"'))
    assert design.findings("fields") == []


def test_a_counted_field_may_hold_anything(tmp_path: Path) -> None:
    design = changed(
        tmp_path, ('letters = "A-Z a-z 0-9 _ -"', 'letters = "any"\ncounted_by = "SIZE"'),
        ("[fields.MARK]", "[fields.SIZE]\nnumber = [0, 16]\n\n[fields.MARK]"),
        ("game MARK NAME", "game SIZE NAME MARK"), ("VERSION NAME", "VERSION SIZE NAME"))
    assert design.findings("fields") == []
    game = design.protocol.messages["game"]
    assert take_apart(design.protocol, game, "game 5 a b o x") == {
        "game": "game", "SIZE": "5", "NAME": "a b o", "MARK": "x"}
    assert take_apart(design.protocol, game, "game 4 ä b x") == {
        "game": "game", "SIZE": "4", "NAME": "ä b", "MARK": "x"}
    for wrong in ("game 6 a b o x", "game 5 a b ox", "game 99 a x", "game 3 a b"):
        assert take_apart(design.protocol, game, wrong) is None, wrong


def test_every_line_of_a_client_fits(tmp_path: Path) -> None:
    """`hello oxo/1 ` and a NAME of 16 bytes: the version is this one, not the longest word."""
    assert changed(tmp_path, ("client = 100", "client = 28")).findings("sizes") == []
    [found] = changed(tmp_path, ("client = 100", "client = 27")).findings("sizes")
    assert found.kind == "too-big" and "may have 28 bytes" in found.what


def test_a_text_of_a_client_takes_the_room_that_is_left(tmp_path: Path) -> None:
    """As `to NAME TEXT` of the chat room; what else is in the line has to fit."""
    text = ('letters = "A-Z a-z 0-9 _ -"\nmost = 16', 'letters = "any"\nmost = 16')
    assert changed(tmp_path, text, ("client = 100", "client = 13")).findings("sizes") == []
    assert changed(tmp_path, text, ("client = 100", "client = 12")).findings("sizes")
    assert changed(tmp_path, text, ("server = 200", "server = 20")).findings("sizes")


def test_a_field_that_ends_nowhere_is_shown_in_a_line_that_can_come(tmp_path: Path) -> None:
    for letters in ('letters = "any"', 'letters = "0-9 blank"', 'one_of = ["x o", "o"]',
                    'letters = "blank"\nleast = 3'):
        design = changed(tmp_path, ("game MARK NAME", "game NAME MARK"),
                         ('letters = "A-Z a-z 0-9 _ -"', letters))
        [found] = design.findings("fields")
        shown = re.search("receiver of `game (.*) [xo]`", found.what)
        assert shown and accepts(design.protocol.fields["NAME"], shown[1]), found


def test_what_is_between_two_words_may_have_two_bytes(tmp_path: Path) -> None:
    dots = [(f'"{form}"', f'"{form.replace(" ", "·")}"') for form in (
        "hello VERSION NAME", "move CELL", "game MARK NAME", "moved CELL", "lost CELL",
        "draw CELL", "error CODE WHY")]
    between = ("[lines]", '[lines]\nbetween = "·"')
    longest = len("error·command·".encode()) + 100
    for limit, kinds in ((longest, []), (longest - 1, ["too-big"])):
        assert kinds_after(tmp_path, "sizes", between, *dots,
                           ("server = 200", f"server = {limit}")) == kinds


# -- the version ------------------------------------------------------------------------------


HELLO = '["wait -> alone", "game -> listening", "error version"]'


@pytest.mark.parametrize(("edits", "kinds"), [
    ([(HELLO, HELLO.replace("version", "version -> alone"))], ["let-in"]),
    ([(HELLO, HELLO.replace("version", "version -> over"))], []),
    ([(HELLO, HELLO + '\nsays.move = "ok"')], []),  # at the door; nothing that is said inside
    ([(HELLO, HELLO + '\nsays.move = "ok -> turn"')], ["bypass"]),
    ([(HELLO, HELLO + '\nsays.move = "ok -> again"'), ("[states.alone]", '[states.again]\n'
      f'says.hello = {HELLO}\n\n[states.alone]')], []),  # there the VERSION is asked for
    ([(HELLO, HELLO + '\nsays.move = "ok -> again"'), ("[states.alone]", '[states.again]\n'
      'says.hello = ["won -> over"]\n\n[states.alone]')], []),  # each talk is one question
    ([(HELLO, HELLO + '\nsays.move = "ok -> again"'), ("[states.alone]", '[states.again]\n'
      'says.hello = "error turn"\n\n[states.alone]')], ["bypass"]),
    ([(HELLO, '["wait", "error version"]\nsays.move = "ok"\nhears = ["moved"]')], ["bypass"]),
    # a question with its VERSION each time, and a line that nobody else hears
    ([(HELLO, '["wait", "error version"]\nsays.move = "ok"'),
      ('after = ["move"]', 'after = ["time"]')], []),
    ([('first = "client"', 'first = "server"'),
      ("hello VERSION NAME", "hello NAME"), ('form = "wait"', 'form = "wait VERSION"')],
     ["client-finds-out"]),
    ([("hello VERSION NAME", "hello NAME"), ('form = "wait"', 'form = "wait VERSION"'),
      ('"error version"\nport', '"bye"\nport')], []),
])
def test_who_has_another_version(edits: list[tuple[str, str]], kinds: list[str],
                                 tmp_path: Path) -> None:
    assert kinds_after(tmp_path, "version", *edits) == kinds


# -- two meanings, and the end of the stream -------------------------------------------------------


def kinds_after(folder: Path, rule: str, *edits: tuple[str, str]) -> list[str]:
    return [f.kind for f in changed(folder, *edits).findings(rule)]


MOVE = '["ok -> listening", "won -> over", "draw -> over", "error taken"]'


@pytest.mark.parametrize(("answers", "kinds"), [
    ('["ok -> listening", "ok"]', ["two-states"]),
    ('["ok -> listening", "ok -> over", "won -> over", "won"]', ["two-states"] * 2),
    ('["error taken", "error turn -> over"]', []),  # the codes differ
    ('["ok -> listening", "ok -> listening"]', []),
    ('["ok", "left -> listening"]', ["two-states"]),  # `left` comes unasked, too: -> over
    ('["ok", "left -> over"]', []),
    ('["nothing -> listening", "error taken"]', ["silence"]),
    ('["nothing -> listening", "ok -> listening"]', []),  # it is in this state either way
    ('["nothing -> over", "error taken"]', []),  # the end of the stream says which
    ('["nothing", "error taken"]', []),
    ('["nothing", "nothing -> listening"]', ["two-states"]),
])
def test_the_client_knows_where_it_is(answers: str, kinds: list[str], tmp_path: Path) -> None:
    assert kinds_after(tmp_path, "alike", (MOVE, answers)) == kinds


def test_what_comes_unasked_leads_to_one_state(tmp_path: Path) -> None:
    heard = ('"moved -> turn", "lost -> over"', '"moved -> turn", "moved", "lost -> over"')
    assert kinds_after(tmp_path, "alike", heard) == ["two-states"]


@pytest.mark.parametrize(("form", "refused", "line"), [
    ("NAME WHY", "error command", "error command"), ("NAME version WHY", "error command", ""),
    ("NAME WHY", "nothing", "error line"),  # the one for a line that cannot be read
])
def test_an_error_does_not_look_like_what_comes_unasked(form: str, refused: str, line: str,
                                                        tmp_path: Path) -> None:
    """Of the error, the CODE counts that comes in this state."""
    news = f'[messages.news]\nfrom = "server"\nform = "{form}"\nafter = ["time"]\n\n'
    design = changed(tmp_path, ("[messages.ok]", f"{news}[messages.ok]"), (
        '["game -> turn"]', f'["news", "game -> turn"]\notherwise = "{refused}"'))
    found = [f.what for f in design.findings("alike") if "`error` (" in f.what]
    assert [f"the line `{line} " in what for what in found] == [True] * bool(line), found


@pytest.mark.parametrize(("answer", "kinds"), [
    ("nothing -> new", ["after-end"]), ("nothing", ["after-end"]), ("nothing -> over", []),
    ("ok -> last", []),
])
def test_who_has_ended_its_stream_only_listens(answer: str, kinds: list[str],
                                               tmp_path: Path) -> None:
    end = ('hears = ["left -> over"]', 'hears = ["left -> over"]\n\n[states.last]\n'
           'says.end = ["nothing"]\nhears = ["left -> over"]')
    design = changed(tmp_path, end, ('says.end = ["nothing -> over"]\nhears = ["left -> over"]',
                                     f'says.end = ["{answer}"]\nhears = ["left -> over"]'))
    found = [f.kind for f in design.findings("states") if f.kind != "unreachable"]
    assert found == kinds


@pytest.mark.parametrize(("answer", "kinds"), [("nothing", []), ("error command", ["not-over"])])
def test_who_is_out_hears_nothing(answer: str, kinds: list[str], tmp_path: Path) -> None:
    final = ("final = true", f'final = true\notherwise = "{answer}"')
    assert kinds_after(tmp_path, "states", final) == kinds


def test_the_end_of_a_stream_needs_no_words(tmp_path: Path) -> None:
    """Everywhere a client may end its stream: what is left out means the same everywhere."""
    assert kinds_after(tmp_path, "states", ('says.end = ["nothing -> over"]\n', "")) == []


# -- the examples in the findings are true ---------------------------------------------------------


@pytest.mark.parametrize("folder", [*SOUND, KIT / "lessons" / "10"], ids=lambda p: p.name)
def test_samples_are_lines_of_their_message(folder: Path) -> None:
    p = read(folder).protocol
    for message in p.messages.values():
        for line in samples(p, message):
            assert take_apart(p, message, line) is not None, line
            size = len(line.encode())
            most = longest(p, message)
            assert most is None or size <= most


def test_two_messages_that_look_alike_are_shown_with_a_line_of_both() -> None:
    for path in entries("wrong", "10"):
        if header(path)["caught by"] != "test_look_alike":
            continue
        p = _protocol_of(path)
        for finding in lint.look_alike(p):
            if finding.kind != "alike":
                continue  # one message, and two states
            line = re.search(r"the line `(.*?)` may be `(.*?)`.* and `(.*?)`", finding.what)
            assert line
            assert all(take_apart(p, p.messages[name], line[1]) is not None
                       for name in (line[2], line[3]))


def _protocol_of(path: Path) -> Protocol:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        file = path / "protocol.toml" if path.is_dir() else path
        Path(folder, "protocol.toml").write_bytes(file.read_bytes())
        return read(Path(folder)).protocol


def test_overlaps_of_words_and_fields() -> None:
    p = read(KIT / "solutions" / "10").protocol

    def both(one: str, two: str) -> bool:
        made = [Message(form, "client", form, tuple(form.split())) for form in (one, two)]
        return lint._both(p, *made) is not None

    assert both("say WHY", "say NAME") and both("WHY", "a b") and both("CELL", "NAME")
    assert both("NAME NAME", "move WHY") and both("put MARK WHY", "put x y z")
    p.fields["ODD"] = Field("ODD", letters=frozenset("!#$%z"), most=9)
    p.fields["FAR"] = Field("FAR", letters=frozenset("ABCDz"), least=3, most=9)
    p.fields["FEW"] = Field("FEW", letters=frozenset("!#$%7"), most=9)
    p.fields["TENS"] = Field("TENS", number=(50, 99))
    assert both("go ODD", "go FAR") and both("FAR x ODD", "ODD x FAR") and both("FEW", "TENS")
    assert both("NAME NAME NAME ODD", "NAME NAME NAME FAR") and not both("go FEW", "go FAR")
    assert not both("say WHY", "tell WHY") and not both("MARK", "CELL")
    assert not both("put MARK", "put CELL") and not both("a", "a b")


@pytest.mark.parametrize(("field", "fine", "wrong"), [
    (Field("N", number=(1, 12)), ["1", "12"], ["0", "13", "01", "+1", "1.0", "", " 1", "١"]),
    (Field("N", number=(-3, 0)), ["-3", "0"], ["-4", "-0", "1"]),
    (Field("W", one_of=("x", "o")), ["x"], ["X", "xo", ""]),
    (Field("L", letters=frozenset("ab"), most=2), ["a", "ab"], ["", "abc", "c", "aba"]),
    (Field("T", most=3), ["ü", "a b"], ["üü", "", "a\n"]),
    (Field("T", least=0), ["", "x" * 9999], ["\n"]),
])
def test_values_of_a_field(field: Field, fine: list[str], wrong: list[str]) -> None:
    assert all(accepts(field, value) for value in fine)
    assert not any(accepts(field, value) for value in wrong)


def test_messages_of_a_line(oxo: Design) -> None:
    p = oxo.protocol
    assert [m.name for m in messages_of(p, "client", "move 3")] == ["move"]
    for line in ("move 0", "move", "move 3 ", " move 3", "Move 3", ""):
        assert messages_of(p, "client", line) == [], line
