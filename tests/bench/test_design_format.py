"""protocol.toml: what is not written as FORMAT.md says is named with file, line and remedy."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from grading import KIT, entries
from socklab.design import draw, spec
from socklab.design.folder import read
from socklab.design.page import page
from socklab.design.source import Unreadable, line_of, lines_of
from socklab.design.spec import load
from socklab.design.transcripts import load_all

SMALL = '''\
[protocol]
name = "Bell"
start = "new"

[fields.NAME]
letters = "a-z"
most = 9

[messages.ring]
from = "client"
form = "ring NAME"

[messages.ding]
from = "server"
form = "ding"

[states.new]
says.ring = ["ding -> done"]

[states.done]
final = true
'''


def problems(tmp_path: Path, text: str | bytes) -> list[str]:
    data = text if isinstance(text, bytes) else text.encode()
    (tmp_path / "protocol.toml").write_bytes(data)
    with pytest.raises(Unreadable) as caught:
        load(tmp_path)
    return [str(problem) for problem in caught.value.problems]


def test_the_small_one_is_read(tmp_path: Path) -> None:
    (tmp_path / "protocol.toml").write_bytes(b"\xef\xbb\xbf" + SMALL.replace(
        "\n", "\r\n").encode())  # as an editor of Windows may save it
    protocol = load(tmp_path)
    assert protocol.states["new"].says["ring"] == [spec.Answer("ding", "", "done")]
    assert protocol.port == 5050 and protocol.limits == {"client": None, "server": None}


@pytest.mark.parametrize(("old", "new", "line", "words"), [
    ('"Bell"', '"Bell', 2, "This is not TOML"),
    ('start = "new"', 'start = "new"\n[lines]\nend = ";"', 5, '`end` is "\\n" or "\\r\\n"'),
    ("ring NAME", "ring NAME NAME", 11, "NAME stands in this form twice"),
    ('letters = "a-z"', 'number = "1-9"', 6, "`number` should be a list in [ ]"),
    ("[states.done]", "[states.new]", 20, "Is this name there twice?"),
    ("[protocol]", "[protocoll]", 1, "There is no table `protocoll`. Is `protocol` meant?"),
    ('name = "Bell"\n', "", 1, "`[protocol]` needs a line `name = …`."),
    ('start = "new"', 'start = "now"', 3, "There is no state `now`. Is `new` meant?"),
    ('start = "new"', 'start = 1', 3, "`start` should be a text in quotes"),
    ('start = "new"', 'start = "new"\nfirst = "me"', 4, '`first` is "client" or "server"'),
    ("fields.NAME", "fields.name", 5, "in capitals: `NAME`"),
    ('letters = "a-z"\n', "", 5, "A field has one of `letters`, `one_of` and"),
    ('letters = "a-z"', 'letters = "a-z"\nnumber = [1, 2]', 5, "NAME has `letters` and `number`"),
    ('letters = "a-z"', 'letters = "small"', 6, "`letters` does not know `small`"),
    ("most = 9", 'most = "nine"', 7, "`most` should be a whole number"),
    ("most = 9", "mots = 9", 7, "Is `most` meant?"),
    ('from = "client"', 'from = "me"', 10, '`from` is "client" or "server"'),
    ('from = "client"\n', "", 9, "needs a line `from = …`."),
    ("ring NAME", "ring  NAME", 11, "have one ` ` between them"),
    ("ring NAME", "ring NAMES", 11, "no `[fields.NAMES]`. Is `NAME` meant?"),
    ("messages.ding", "messages.nothing", 13, "has a meaning of its own"),
    ('form = "ding"', 'form = "ding"\nafter = ["rang"]', 16, "Is `ring` meant?"),
    ("says.ring", "says.rang", 18, "`rang` is no message of a client. Is `ring` meant?"),
    ('["ding -> done"]', "[1]", 18, "a list of answers"),
    ('["ding -> done"]', '["ding to done"]', 18, "Cannot read"),
    ('["ding -> done"]', '["ring -> done"]', 18, "no message of the server. Is `ding` meant?"),
    ('["ding -> done"]', '["ding -> over"]', 18, "no state `over`. There are: `new`, `done`."),
    ('["ding -> done"]', '["ding busy"]', 18, 'write `busy = "when it comes"` under `[errors]`'),
    ('["ding -> done"]', '["ding --> done"]', 18, "the arrow is `->`"),
    ("most = 9", "most = 3\nleast = 9", 7, "at least 9 bytes and at most 3"),
    ("most = 9", "most = -9", 7, "`most` should be 1 or more"),
    ("most = 9", "most = 9\nleast = -1", 8, "`least` should be 0 or more"),
    ('"Bell"', '"Bell"\nport = -5', 3, "`port` should be 1 or more"),
    ('"Bell"', '"Bell"\nversion = "b 1"', 3, "`b 1` cannot travel in the field VERSION"),
    ('"Bell"', "“Bell”", 2, "straight quotes"),
    ("final = true", "final = True", 21, "`true` has small letters"),
    ('["ding -> done"]', '["ding -> done"', 20, "those above"),
    ("final = true", 'final = "yes"', 21, "`final` should be true or false"),
])  # fmt: skip
def test_what_is_wrong_is_named(old: str, new: str, line: int, words: str,
                                tmp_path: Path) -> None:
    assert old in SMALL
    found = problems(tmp_path, SMALL.replace(old, new, 1))
    assert found[0].startswith(f"protocol.toml, line {line}: "), found
    assert words in found[0], found


def test_all_problems_are_told_in_the_order_of_their_lines(tmp_path: Path) -> None:
    text = SMALL.replace("most", "mots").replace("says.ring", "says.rang")
    assert len(problems(tmp_path, text)) == 2
    text = SMALL.replace("ding", "d\xefng")
    at = text[: text.index("\xef")].count("\n") + 1
    for head, body in [(b"", text.encode("latin-1")), (b"\xef\xbb\xbf", text.encode("latin-1"))]:
        [said] = problems(tmp_path, head + body)
        assert said.startswith(f"protocol.toml, line {at}: This line is not UTF-8: it has the byte")
        assert "Let your editor save the file again" in said
    assert problems(tmp_path, SMALL.encode("utf-16"))[0].startswith("protocol.toml, line 1: This")
    assert problems(tmp_path, "")[0].endswith("The table `[protocol]` is missing.")


def test_one_mistake_is_told_once(tmp_path: Path) -> None:
    """Nobody knows whose message `ding` is: so nothing else is said about it."""
    assert len(problems(tmp_path, SMALL.replace('from = "server"', 'form = "server"', 1))) == 1
    assert len(problems(tmp_path, SMALL.replace('from = "server"', 'from = "sever"'))) == 1
    assert len(problems(tmp_path, SMALL.replace('from = "client"\n', ""))) == 1


@pytest.mark.parametrize("table", ["errors", "lines", "states.turn", "messages.move",
                                   "fields.CELL"])
def test_what_is_no_table_is_told_alone(table: str, tmp_path: Path) -> None:
    """All that names something in it would be wrong, too."""
    text = (KIT / "solutions/10/protocol.toml").read_text(encoding="utf-8")
    [said] = problems(tmp_path, text.replace(f"[{table}]", f"[[{table}]]"))
    line = text[: text.index(f"[{table}]")].count("\n") + 1
    name = table.rpartition(".")[2]
    assert said == f"protocol.toml, line {line}: `{name}` should be a table: `[{table}]`, with " \
                   "one pair of brackets."


def test_what_is_no_toml_has_hints_of_its_own(tmp_path: Path) -> None:
    for text, kind in ((SMALL.replace("]", ""), "toml"), (SMALL.replace("most", "mots"), "format")):
        (tmp_path / "protocol.toml").write_text(text, encoding="utf-8")
        with pytest.raises(Unreadable) as caught:
            load(tmp_path)
        assert [problem.kind for problem in caught.value.problems] == [kind]


def test_a_folder_without_a_protocol(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="There is no such file"):
        load(tmp_path)


def test_a_code_is_needed_where_the_form_has_one(tmp_path: Path) -> None:
    text = SMALL.replace('form = "ding"', 'form = "ding CODE"') + '[errors]\nbusy = "later"\n'
    assert 'like "ding busy"' in problems(tmp_path, text)[0]
    text = SMALL.replace("ding -> done", "ding busy") + '[errors]\nbusy = "later"\n'
    assert "has no field CODE" in problems(tmp_path, text)[0]


def test_a_counter_is_a_number_and_comes_before(tmp_path: Path) -> None:
    text = SMALL.replace("most = 9", 'most = 9\ncounted_by = "SIZE"')
    assert "NAME is counted by SIZE" in problems(tmp_path, text)[0]


# -- the lines of keys --------------------------------------------------------------------------


def test_keys_are_found_on_their_lines() -> None:
    text = '''\
a = 1
[b]
"c d" = """
c = 2
"""
e.f = [
  "x = 1",
]
[ b . g ]  # h = 1
h = {i = 1}
'''
    lines = lines_of(text)
    assert tomllib.loads(text)["b"]["g"]["h"] == {"i": 1}
    assert lines == {("a",): 1, ("b",): 2, ("b", "c d"): 3, ("b", "e", "f"): 6, ("b", "e"): 6,
                     ("b", "g"): 9, ("b", "g", "h"): 10}
    assert line_of(lines, ("b", "g", "h", "i")) == 10 and line_of(lines, ("z",)) == 0


def test_only_a_newline_ends_a_line(tmp_path: Path) -> None:
    """As for TOML itself: other characters that end lines elsewhere are a part of one."""
    text = SMALL.replace('name = "Bell"', 'name = "Bell\u2028\x85"  # \u2029')
    assert problems(tmp_path, text.replace("most", "mots"))[0].startswith(
        "protocol.toml, line 7: ")


@pytest.mark.parametrize("folder", [
    KIT / "lessons/10", KIT / "lessons/10/parley", KIT / "solutions/10",
    *filter(Path.is_dir, entries("unusual", "10"))], ids=lambda p: p.name)
def test_every_key_of_a_real_file_has_its_line(folder: Path) -> None:
    text = (folder / "protocol.toml").read_text(encoding="utf-8")
    rows, found = text.splitlines(), lines_of(text)

    def walk(data: dict, key: tuple[str, ...]) -> None:
        for name, value in data.items():
            row = rows[line_of(found, (*key, name)) - 1]
            assert name in row, (key, name, row)
            if isinstance(value, dict):
                walk(value, (*key, name))

    walk(tomllib.loads(text), ())


# -- transcripts and the page about the format ---------------------------------------------------


@pytest.mark.parametrize("line", ["A: x", "C x", "C ann ends it", "c: x", "C ann bob: x", " C: x",
                                  "S sends 9 bytes", "C sends bytes"])
def test_a_line_of_a_transcript_that_cannot_be_read(line: str, tmp_path: Path) -> None:
    (tmp_path / "transcripts").mkdir()
    (tmp_path / "transcripts" / "one.txt").write_text(f"C: x\n{line}\n", encoding="utf-8")
    with pytest.raises(Unreadable, match="transcripts/one.txt, line 2: Cannot read"):
        load_all(tmp_path)


def test_lines_of_a_transcript(tmp_path: Path) -> None:
    (tmp_path / "transcripts").mkdir()
    (tmp_path / "transcripts" / "one.txt").write_text(
        "  # about\nC:  two blanks \nS ann: x: y\n\nC ends\nS b-2 ends\n \t# more\n"
        "C b-2 sends 3 bytes\n", encoding="utf-8")
    [found] = load_all(tmp_path)
    assert found.about == "about"
    assert [(x.number, x.sender, x.who, x.text) for x in found.lines] == [
        (2, "client", "", " two blanks "), (3, "server", "ann", "x: y"),
        (5, "client", "", None), (6, "server", "b-2", None),
        (8, "client", "b-2", "xxx")]


def test_the_page_about_the_format_has_every_key() -> None:
    text = (KIT / "lessons" / "10" / "FORMAT.md").read_text(encoding="utf-8")
    listing = re.search(r"```toml\n(.*?)```", text, re.S)
    assert listing
    data = tomllib.loads(listing[1])
    tables = [(data["protocol"], spec._PROTOCOL), (data["lines"], spec._LINES)]
    for name, known in (("fields", spec._FIELD), ("messages", spec._MESSAGE),
                        ("states", spec._STATE)):
        tables.append(({k: v for t in data[name].values() for k, v in t.items()}, known))
    for shown, known in tables:
        assert set(shown) <= set(known)
        for key in set(known) - set(shown):
            assert re.search(rf"`{key}\b|\b{key} = ", text), key
    for cause in (*spec.CAUSES, spec.NOTHING):
        assert f"`{cause}`" in text, cause
    assert set(data) == set(spec._TOP)


# -- whatever stands there ---------------------------------------------------------------------

VALUES = ["0", "-1", "true", '""', '"x"', '"any"', "[]", "[1]", '["x"]', "[[]]", "{}", "{a = 1}",
          '"-> x"', '"nothing"', '"error"', '" "', "1.5", "2026-01-01", '"ü\\n"', '["nothing"]']


@pytest.mark.parametrize("value", VALUES)
def test_any_value_of_any_key_is_a_problem_or_a_protocol(value: str, tmp_path: Path) -> None:
    """No key makes the linter stumble, whatever is written behind it."""
    text = (KIT / "solutions/10/protocol.toml").read_text(encoding="utf-8")
    rows = text.splitlines()
    for at, row in enumerate(rows):
        if " = " not in row or row.startswith("#"):
            continue
        changed = "\n".join([*rows[:at], f"{row.split(' = ')[0]} = {value}", *rows[at + 1 :]])
        (tmp_path / "protocol.toml").write_text(changed + "\n", encoding="utf-8")
        try:
            design = read(tmp_path)
        except Unreadable as error:
            assert all(problem.what for problem in error.problems)
            continue
        design.all_findings()
        draw.states_as_svg(design.protocol)
        page(design.protocol, design.transcripts)


@pytest.mark.parametrize("table", ["protocol", "lines", "fields", "messages", "errors", "states"])
@pytest.mark.parametrize("value", ["1", '"x"', "[]", "{}", "{a = 1}", "{a = {}}", "{A = {}}"])
def test_any_table_may_be_anything(table: str, value: str, tmp_path: Path) -> None:
    text = (KIT / "solutions/10/protocol.toml").read_text(encoding="utf-8")
    kept = re.sub(rf"(?ms)^\[{table}\b.*?(?=^\[(?!{table}\b)|\Z)", "", text)
    (tmp_path / "protocol.toml").write_text(f"{table} = {value}\n{kept}", encoding="utf-8")
    try:
        read(tmp_path).all_findings()
    except Unreadable as error:
        assert error.problems
