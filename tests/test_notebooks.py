"""The notebooks run from a clean kernel, again and again, and leave nothing running.

They run in a copy of the kit, in a folder with a blank and an umlaut in its name.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import browser
import pytest
from grading import KIT

NOTEBOOKS = sorted((KIT / "notebooks").glob("[0-9][0-9]-*.ipynb"))
MOST_SECONDS = 20  # for one notebook, on a busy machine
MARK = "KIT_NOTEBOOK_MARK"  # in the environment of all that a kernel starts


def cells(path: Path, kind: str) -> list[str]:
    content = json.loads(path.read_text(encoding="utf-8"))
    return ["".join(c["source"]) for c in content["cells"] if c["cell_type"] == kind]


# -- the file ---------------------------------------------------------------------------------


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_the_file_holds_no_results(path: Path) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    assert (content["nbformat"], content["nbformat_minor"]) >= (4, 5)
    assert content["metadata"]["kernelspec"]["name"] == "python3"
    ids = [cell.get("id") for cell in content["cells"]]
    assert all(ids) and len(set(ids)) == len(ids), "each cell has an id of its own"
    for cell in content["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [] and cell["execution_count"] is None, cell["id"]


# -- the shape that all share -------------------------------------------------------------------

PREDICT, WRITE = re.compile(r"\*\*Predict\b"), "*Double-click here and write your answer:*"
TABLE = "| |"  # an empty place in a table is one to write to, too
FOLD = re.compile(r"<details><summary>[^<]+</summary>\n\n")  # or Markdown is not read inside
RUNS = re.compile(r"\b(play|turnstile)\(")


class Section:
    """A heading, and what stands below it up to the next one."""

    def __init__(self, title: str) -> None:
        self.title, self.parts = title, [("markdown", "")]

    @property
    def text(self) -> str:
        return "\n".join(text for kind, text in self.parts if kind == "markdown")


def sections(path: Path) -> list[Section]:
    """The sections of a notebook: what stands before the first heading is the first."""
    found = [Section("")]
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code":
            found[-1].parts.append(("code", source))
            continue
        for piece in re.split(r"^(?=## )", source, flags=re.M):
            if piece.startswith("## "):
                found.append(Section(piece.partition("\n")[0].removeprefix("## ")))
            found[-1].parts.append(("markdown", piece))
    return found


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_it_begins_with_title_and_aim(path: Path) -> None:
    begin = sections(path)[0]
    assert begin.text.lstrip().startswith(f"# {path.stem[:2]} "), begin.text
    for due in ("\n\n**Aim.** ", "\n\nAbout ", " minutes. Run each cell with Shift+Enter"):
        assert due in begin.text, due
    code = cells(path, "code")[0]
    assert 'sys.path.insert(0, "../lessons")' in code
    assert "from socklab.notebook import" in code and f'work("{path.stem[:2]}")' in code


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_its_sections_come_in_the_order_of_all(path: Path) -> None:
    """Refresher, fault or question, ..., now your own, quiz; numbered, with their minutes."""
    titles = [section.title for section in sections(path)[1:]]
    for number, found in enumerate(titles, 1):
        timed = r"" if found.partition(" ")[2].startswith("Now your own ") else r" \(\d+ minutes\)"
        assert re.fullmatch(rf"{number}\. .+{timed}", found), found
    names = [found.partition(" ")[2] for found in titles]
    assert names[0].startswith("Refresher")
    assert any(re.match("The (fault|question)", name) for name in names[1:3]), names
    assert names[-2].startswith("Now your own ") and names[-1].startswith("Quiz "), names


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_predict_run_explain(path: Path) -> None:
    """Each prediction has a place to write it down, and an answer that unfolds; most are run."""
    parts = [section.parts for section in sections(path)[1:-2]]
    run = 0
    for section in parts:
        for at, (kind, text) in enumerate(section):
            if kind == "markdown" and PREDICT.search(text):
                assert WRITE in text or TABLE in text, text
                assert any(FOLD.search(later) for _, later in section[at:]), text
                run += any(later == "code" for later, _ in section[at:])
    assert run >= 3
    refresher, *rest = parts
    assert any(PREDICT.search(text) for _, text in refresher)
    assert any(RUNS.search(text) for section in rest for kind, text in section if kind == "code")
    assert any("**Change one thing" in text for section in rest for _, text in section)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_it_leads_to_the_lesson_and_ends_with_a_quiz(path: Path) -> None:
    *_, own, quiz = sections(path)
    lesson = f"lessons/{path.stem[:2]}"
    assert f"Go to `{lesson}` and open its `README.md`" in own.text
    assert f"\n\n```\npython -m pytest {lesson}\n```" in own.text
    questions = re.split(r"^\*\*(\d+)\.\*\* ", quiz.text, flags=re.M)[1:]
    assert questions[::2] == [str(n) for n in range(1, len(questions) // 2 + 1)]
    assert len(questions) // 2 >= 4
    for question in questions[1::2]:
        assert len(FOLD.findall(question)) == 1 and question.rstrip().endswith("</details>")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_answers_fold(path: Path) -> None:
    """Each <details> has its summary, a blank line (or Markdown is not read), and its end."""
    for cell in cells(path, "markdown"):
        opened, closed = cell.count("<details>"), cell.count("</details>")
        assert opened == closed == len(FOLD.findall(cell)), cell


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_it_leaves_the_lessons_alone(path: Path) -> None:
    """Its programs are its own: it runs whatever the student has done in lessons/NN."""
    for cell in cells(path, "code"):
        assert not re.search(r"lessons/\d|solutions", cell), cell


# -- running ------------------------------------------------------------------------------------


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    """A copy of what notebooks need."""
    folder = tmp_path / "Jürgs Kurs"
    shutil.copytree(KIT / "lessons", folder / "lessons",
                    ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "notebooks").mkdir()
    return folder


@pytest.fixture
def mark() -> Iterator[str]:
    """A mark for the kernel's environment; all that bears it must have ended at the end."""
    mark = uuid.uuid4().hex
    yield mark
    assert alive(mark) == []


def marked(mark: str) -> Iterator[tuple[str, set[int]]]:
    """Each process with this mark: its command, and the ports at which it listens."""
    psutil = pytest.importorskip("psutil", reason="psutil (a part of jupyter) is missing")
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == mark and process.status() != "zombie":
                yield " ".join(process.cmdline()), {
                    c.laddr.port for c in process.net_connections("tcp") if c.status == "LISTEN"}
        except (psutil.Error, OSError):
            continue  # it has ended, or belongs to somebody else


def alive(mark: str) -> list[str]:
    """The processes with this mark, beside kernels."""
    return [command for command, _ in marked(mark) if "ipykernel_launcher" not in command]


def listening(mark: str) -> set[int]:
    """The ports at which they listen, those of the kernels too."""
    return set().union(*(ports for _, ports in marked(mark)))


class Kernel:
    """A clean kernel in the folder of the notebooks."""

    def __init__(self, folder: Path, mark: str, notebook: Any) -> None:
        nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
        pytest.importorskip("ipykernel", reason="ipykernel (a part of jupyter) is missing")
        self.notebook, self.mark = notebook, mark
        from traitlets.config import Config  # nbclient needs it, so it is there

        self.client = nbclient.NotebookClient(
            notebook, timeout=60, kernel_name="python3",
            config=Config({"KernelManager": browser.kernel_ports()}),
            resources={"metadata": {"path": str(folder)}})

    def __enter__(self) -> Kernel:
        self._running = self.client.setup_kernel(env={**os.environ, MARK: self.mark})
        self._running.__enter__()
        return self

    def __exit__(self, *exc: Any) -> None:
        self._running.__exit__(*exc)

    def run(self, at: int) -> list[Any]:
        """Run one cell; return its outputs; raises CellExecutionError for an error in it."""
        return self.client.execute_cell(self.notebook.cells[at], at).get("outputs", [])

    def run_all(self) -> float:
        """Run all cells, look at each picture, and return how many seconds it took."""
        start = time.monotonic()
        for at, cell in enumerate(self.notebook.cells):
            if cell.cell_type == "code":
                look_at(cell.source, self.run(at))
        return time.monotonic() - start


def look_at(source: str, outputs: list[Any]) -> None:
    """A cell that ends with a play shows a picture with its text."""
    last = [line for line in source.splitlines() if line.strip()][-1]
    if not re.match(r"(play\(|picture$)", last):
        return
    html = [o["data"]["text/html"] for o in outputs if "text/html" in o.get("data", {})]
    assert html, f"no picture:\n{source}\n{outputs}"
    assert "<svg" in html[-1] and "<desc>" in html[-1] and "<pre>" in html[-1], html[-1]


def read(path: Path) -> Any:
    nbformat = pytest.importorskip("nbformat", reason="nbformat (a part of jupyter) is missing")
    return nbformat.read(path, as_version=4)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_it_runs_twice_and_out_of_order(path: Path, kit: Path, mark: str) -> None:
    """A clean kernel: top to bottom, then all cells backwards, then from the top again."""
    notebook = read(path)
    with Kernel(kit / "notebooks", mark, notebook) as kernel:
        before = listening(mark)
        seconds = kernel.run_all()
        assert (alive(mark), listening(mark)) == ([], before)
        for at in reversed(range(len(notebook.cells))):
            if notebook.cells[at].cell_type == "code":
                kernel.run(at)
        kernel.run_all()
        assert (alive(mark), listening(mark)) == ([], before)
    assert seconds < MOST_SECONDS
    made = {p.name for p in kit.iterdir()} | {p.name for p in (kit / "notebooks").iterdir()}
    assert made == {"lessons", "notebooks", "work"}


# -- interrupted ----------------------------------------------------------------------------------

BEGIN = ('import sys\nsys.path.insert(0, "../lessons")\n'
         'from socklab.notebook import play, work\nwork("00")')
SERVER = """%%program server.py
import socket

listening = socket.create_server(("127.0.0.1", 5050))
connection, address = listening.accept()
while data := connection.recv(1024):
    connection.sendall(data)
"""
SPINNING = "%%program server.py\nwhile True:\n    pass\n"
STAYS = "%%program server.py\nimport subprocess, sys\nsubprocess.Popen([sys.executable, '-c', " \
        "'import time; time.sleep(600)'])\n" + SERVER.partition("\n")[2]
PAUSE = """import time
def script(peer):
    peer.send(b"hello")
    print("NOW", flush=True)
    time.sleep(600)
play("server.py", peer=script)"""
NOW = 'print("NOW", flush=True)\nfor _ in range(1000):\n    play("server.py")'


@pytest.mark.parametrize(("program", "cell"), [
    pytest.param(SERVER, PAUSE, id="in the script"),
    pytest.param(STAYS, PAUSE, id="with a child of the program"),
    pytest.param(SPINNING, NOW, id="while the bench waits"),
])
@pytest.mark.parametrize("how", ["interrupted", "killed"])
def test_the_stop_button(program: str, cell: str, how: str, kit: Path, mark: str) -> None:
    """The kernel is interrupted, or killed, in the middle of play()."""
    if sys.platform == "win32" and how == "killed":
        pytest.skip("Windows has no signal 9")
    jupyter_client = pytest.importorskip("jupyter_client",
                                         reason="jupyter_client (a part of jupyter) is missing")
    manager = jupyter_client.KernelManager(kernel_name="python3", **browser.kernel_ports())
    manager.start_kernel(cwd=str(kit / "notebooks"), env={**os.environ, MARK: mark})
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=browser.PATIENCE)
        for source in (BEGIN, program):
            assert run_in(client, source)["status"] == "ok"
        before = listening(mark)
        assert before, "the kernel listens"
        asked = client.execute(cell)
        until_printed(client, "NOW")
        browser.wait_for(lambda: alive(mark), "the start of a process")
        if how == "killed":
            manager.signal_kernel(9)
            # the warden sees the end of its connection and ends all the rest
            browser.wait_for(lambda: not alive(mark), "the end of all processes")
            return
        manager.interrupt_kernel()
        assert reply_to(client, asked)["ename"] == "KeyboardInterrupt"
        assert (alive(mark), listening(mark)) == ([], before)
        for source in (SERVER, 'play("server.py")'):  # and the next play works
            assert run_in(client, source)["status"] == "ok"
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def run_in(client: Any, source: str) -> dict[str, Any]:
    return reply_to(client, client.execute(source))


def reply_to(client: Any, asked: str) -> dict[str, Any]:
    while True:
        reply = client.get_shell_msg(timeout=60)
        if reply["parent_header"].get("msg_id") == asked:
            return reply["content"]


def until_printed(client: Any, text: str) -> None:
    while text not in str(client.get_iopub_msg(timeout=60)["content"].get("text", "")):
        pass


@pytest.mark.parametrize("call, told", [
    ("fail()", ["fails.py ended with an error: ValueError: no, line 3"]),
    ("threading.Thread(target=fail).start()",
     ["fails.py has ended.", "A thread of fails.py ended with an error: ValueError: no, line 3"]),
    # nothing of the program's own is in the traceback
    ("threading.Thread(target=len).start()",
     ["fails.py has ended.", "A thread of fails.py ended with an error: TypeError: "
      "len() takes exactly one argument (0 given)"]),
])
def test_who_ended_with_an_error(call: str, told: list[str], tmp_path: Path,
                                 monkeypatch: pytest.MonkeyPatch) -> None:
    from socklab import notebook

    monkeypatch.setattr(notebook, "_folder", tmp_path)
    (tmp_path / "fails.py").write_text(
        f"import socket, threading\ndef fail():\n    raise ValueError('no')\n"
        f"socket.create_server(('127.0.0.1', 5050))\n{call}\n", encoding="utf-8")
    lines = str(notebook.play("fails.py")).splitlines()
    assert [line for line in lines if "ended" in line] == told


def test_an_interrupt_at_any_moment_leaves_nothing(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mark: str) -> None:
    """Ctrl-C strikes at the n-th look of the bench at its connections, for each n."""
    from socklab import notebook
    from socklab.hub import Hub

    monkeypatch.setattr(notebook, "_folder", tmp_path)
    monkeypatch.setenv(MARK, mark)
    (tmp_path / "server.py").write_text(SERVER.partition("\n")[2], encoding="utf-8")
    pump, left = Hub.pump, 0

    def counted(hub: Hub, seconds: float) -> bool:
        nonlocal left
        left -= 1
        if left == 0:
            raise KeyboardInterrupt
        return pump(hub, seconds)

    monkeypatch.setattr(Hub, "pump", counted)
    for moment in range(1, 400, 2):
        left = moment
        try:
            notebook.play("server.py", peer=lambda peer: peer.send(b"hello"))
        except KeyboardInterrupt:
            assert alive(mark) == [], f"after an interrupt at moment {moment}"
            continue
        assert moment > 3  # how many looks there are depends on the machine
        return
    pytest.fail("it never came to its end")


# -- in JupyterLab ----------------------------------------------------------------------------

CELLS = "return window.jupyterapp ? document.querySelectorAll('.jp-CodeCell').length : 0"
IDLE = """
const context = window.jupyterapp.shell.currentWidget?.sessionContext;
return context?.isReady && context.session?.kernel?.status == 'idle'"""
BUSY = """
const prompts = [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')];
return prompts.filter(p => !/[0-9]/.test(p.textContent)).length"""
SIZES = """
return [...document.querySelectorAll('.jp-OutputArea-output svg[role=img]')].map(
    svg => [svg.clientWidth, svg.clientHeight, svg.closest('.jp-OutputArea-output').clientWidth])"""
# What the page shows of each picture, and what the kernel has sent.
SHOWN = """
const text = svg => svg.textContent;
const read = html => new DOMParser().parseFromString(html, 'text/html').querySelector('svg');
const outputs = window.jupyterapp.shell.currentWidget.content.widgets.flatMap(
    cell => cell.model.outputs ? cell.model.outputs.toJSON() : []);
return [[...document.querySelectorAll('.jp-OutputArea-output svg[role=img]')].map(text),
        outputs.map(o => o.data?.['text/html']).filter(Boolean).map(
            html => text(read([html].flat().join(''))))]"""
ERRORS = "return document.querySelectorAll('[data-mime-type*=stderr], [data-mime-type*=error]')" \
         ".length"


@pytest.mark.parametrize("path", NOTEBOOKS[8:9], ids=lambda p: p.stem)
def test_in_a_browser(path: Path, kit: Path, tmp_path: Path, mark: str) -> None:
    """Opened in JupyterLab, all cells run: each diagram is there, drawn, and fits the page."""
    if reason := browser.missing():
        pytest.skip(reason)
    shutil.copy(path, kit / "notebooks")
    plays = sum(bool(re.match(r"(play\(|picture$)", source.strip().splitlines()[-1]))
                for source in cells(path, "code"))
    with browser.jupyterlab(kit / "notebooks", tmp_path / "lab", {MARK: mark}) as address, \
            browser.browser(tmp_path) as window:
        window.open(f"{address}/lab/tree/{path.name}?token={browser.TOKEN}")
        browser.wait_for(lambda: window.script(CELLS) == len(cells(path, "code")), "the page")
        browser.wait_for(lambda: window.script(IDLE), "the start of the kernel")
        window.script("jupyterapp.commands.execute('notebook:run-all-cells')")
        browser.wait_for(lambda: window.script(BUSY) == 0, "the run of all cells")
        sizes = window.script(SIZES)
        assert len(sizes) == plays and window.script(ERRORS) == 0
        for width, height, room in sizes:
            assert 300 < width <= room and height > 80, (width, height, room)
        shown, sent = window.script(SHOWN)
        assert shown == sent  # nothing in it is taken for a formula
        for number, picture in enumerate(window.pictures(".jp-OutputArea-output svg[role=img]")):
            (tmp_path / f"{number}.png").write_bytes(picture)  # for those who want to look
            assert browser.shades(picture) > 20, f"diagram {number} is blank"
        (tmp_path / "page.png").write_bytes(window.screenshot())
