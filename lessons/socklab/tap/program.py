"""Runs the student's file as ``__main__``, or imports it and calls its functions."""

from __future__ import annotations

import _socket
import gc
import os
import sys
import threading
import time
import types
from collections.abc import Callable
from functools import cache

from . import clock, control, locks, parking, processes, signals, sockets, source, stdio, waiting

TYPE_CHECKING = False  # importing typing would make each start slower
if TYPE_CHECKING:
    from typing import Any

keyboard: stdio.Keyboard


def serve() -> None:
    """Wait for the order, then carry it out in this (the main) thread."""
    orders: list[tuple] = []

    def first(*order: Any) -> bool:
        orders.append(order)
        return True

    control.listen({"run": first, "rehearse": source.rehearse})
    mode, file, arguments, recv_max, send_max, real_clock, held, given, restless = orders[0]
    if restless:
        stdio.most_prints, stdio.each_byte = 200, 2  # its file went on without end before
    sockets.defaults.update(recv_max=recv_max, send_max=send_max)
    _prepare(file, arguments, real_clock, given)
    locks._start_new_thread(_obey, ())
    _finish(_call_functions if mode == "import" else lambda: _run(file, held))


def _obey() -> None:
    parking.adopt(parking.Record("tap", True))  # not one of the program's threads
    control.listen(COMMANDS)


def _prepare(file: str, arguments: tuple, real_clock: bool, given: str) -> None:
    global keyboard
    gc.enable()
    clock.real = real_clock
    folder = os.path.dirname(file)
    parking.home = folder + os.sep
    keyboard = stdio.install()
    parking.records.append(parking.main)
    threading.current_thread()._socklab_record = parking.main  # type: ignore[attr-defined]
    threading.excepthook = _thread_failed
    locks.failed = _failed
    if given:
        sys.meta_path.append(_Given(given))  # type: ignore[arg-type]
    sys.meta_path.append(_LateSite())  # type: ignore[arg-type]
    if sys.platform == "win32":
        sys.meta_path.insert(0, _SelectorLoop())  # type: ignore[arg-type]
    import _sitebuiltins
    import builtins

    for name in ("exit", "quit"):  # -S leaves them out
        quitter = _sitebuiltins.Quitter(name, "Ctrl-Z plus Return or Ctrl-D")
        setattr(builtins, name, quitter)
    processes.install()
    os.chdir(folder)
    sys.argv[:] = [file, *arguments]
    sys.path[:] = [folder, *[p for p in sys.path if p != _lessons()]]


def _lessons() -> str:
    return os.path.dirname(os.path.dirname(parking.HERE))


class _Given:
    """Finds the given_….py of a lesson, which comes with the kit, if they are not there."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        file = os.path.join(self.folder, name + ".py")
        if not name.startswith("given_") or not os.path.isfile(file):
            return None
        import importlib.util

        return importlib.util.spec_from_file_location(name, file)


class _LateSite:
    """Adds the installed packages to the path, when a program first asks for one.

    Loading `site` at each start would cost more than the start itself.
    """

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if self not in sys.meta_path:
            return None
        sys.meta_path.remove(self)  # type: ignore[arg-type]
        before = list(sys.path)
        # Python would do this before it puts the program's folder on the path: a
        # sitecustomize.py beside the program is not loaded
        sys.path[:] = [p for p in before if os.path.join(p, "") != parking.home]
        known = set(sys.path)
        import site

        site.main()
        added = [p for p in sys.path if p not in known]
        sys.path[:] = before + added
        if not added or path is not None:
            return None
        import importlib.util

        return importlib.util.find_spec(name)


class _SelectorLoop:
    """Gives asyncio on Windows the selector loop; the default one bypasses sockets."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name != "asyncio.windows_events":
            return None
        sys.meta_path.remove(self)  # type: ignore[arg-type]
        import importlib.util

        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            real_exec = spec.loader.exec_module

            def exec_module(module: Any) -> None:
                real_exec(module)
                policy = getattr(module, "_WindowsSelectorEventLoopPolicy", None)
                module.DefaultEventLoopPolicy = (
                    policy or module.WindowsSelectorEventLoopPolicy
                )
                module._DefaultEventLoopPolicy = module.DefaultEventLoopPolicy
                module.EventLoop = module.SelectorEventLoop

            spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


# -- running ---------------------------------------------------------------------------


def _run(file: str, held: bool) -> None:
    module = types.ModuleType("__main__")
    module.__dict__.update(__file__=file, __cached__=None, __builtins__=__builtins__)
    sys.modules["__main__"] = module
    if held:
        code = _turnstile().load(file)
        _turnstile().Finder(functions_only=False).install()
    else:
        code = source.compiled(file)
    exec(code, module.__dict__)


@cache  # once: later a thread of the program may import something of its own meanwhile
def _turnstile() -> Any:
    sys.dont_write_bytecode = False  # it is ours, and is to be compiled only once
    path, own = sys.path[:], {name: sys.modules.pop(name, None) for name in ("dis", "opcode")}
    sys.path[:] = [p for p in path if os.path.join(p, "") != parking.home]
    from . import turnstile  # only where it is wanted: it imports much

    sys.path[:] = path
    for name, module in own.items():  # the program may have a file of this name
        del sys.modules[name]
        if module is not None:
            sys.modules[name] = module
    sys.dont_write_bytecode = True
    return turnstile


def _finish(body: Callable[[], None]) -> None:
    """Run `body` as Python would run a program, report its end, and exit."""
    status = 1
    try:
        body()
        status = 0
    except SystemExit as leaving:
        status = _status(leaving.code)
    except BaseException as error:
        _failed(error, "main")
        sys.last_value = error  # what its frames hold, like a socket, stays as in plain Python
        if isinstance(error, KeyboardInterrupt):
            status = 130
    try:
        _end_threads()
    except BaseException as error:
        _failed(error, "main")
    import atexit

    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            pass  # the program has closed it
    control.flush()
    with parking.mutex:
        counts = _counts()
    control.tell("end", status, counts)
    if sys.platform == "win32":  # it resets what a process leaves open; Python would close it
        control.last_act = _close_all
    os._exit(status)


def _close_all() -> None:
    parking.mutex.acquire()  # for good: a thread that is woken by this gets no further
    for tapped in list(waiting.by_descriptor.values()):
        _socket.socket.close(tapped)


def _status(code: object) -> int:
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    print(code, file=sys.stderr)
    return 1


def _end_threads() -> None:
    """Wait for the threads that are not daemons, as Python does at its end."""
    # executors ask their threads to stop here; _shutdown() would do it, but unseen
    for call in reversed(getattr(threading, "_threading_atexits", [])):
        call()
    while True:
        others = [t for t in threading.enumerate()
                  if not t.daemon and t is not threading.current_thread()]
        if not others:
            return
        for thread in others:
            thread.join()


def _thread_failed(args: Any) -> None:
    if args.exc_type is not SystemExit:
        name = args.thread.name if args.thread else "a thread"
        _failed(args.exc_value, name)


def _failed(error: BaseException, thread: str) -> None:
    """Report an uncaught exception and print its traceback, cut to the student's lines."""
    trace = error.__traceback__
    while trace is not None and not _is_own(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    frames = []
    at = trace
    while at is not None:
        code = at.tb_frame.f_code
        if _is_own(code.co_filename):
            frames.append((os.path.basename(code.co_filename), at.tb_lineno, code.co_name))
        at = at.tb_next
    frames = frames or list(_syntax_place(error))
    if len(frames) > 20:  # a deep recursion
        frames = frames[:10] + frames[-10:]
    control.flush()
    control.tell("crash", control.now(), thread, type(error).__name__,
                 _text(error), tuple(frames))
    stdio.in_traceback.add(threading.get_ident())
    try:
        if thread != "main":
            print(f"Exception in thread {thread}:", file=sys.stderr)
        sys.excepthook(type(error), error.with_traceback(trace), trace)
    except Exception:
        pass  # stderr is closed
    stdio.in_traceback.discard(threading.get_ident())


def _syntax_place(error: BaseException) -> tuple:
    """Where Python could not read a file, as a frame."""
    if not isinstance(error, SyntaxError):
        return ()
    file = os.path.basename(error.filename or "")
    return ((file, error.lineno or 0, (error.text or "").strip()),)


def _text(error: BaseException) -> str:
    try:
        message = error.msg if isinstance(error, SyntaxError) else str(error)
        return str(message)[:500]
    except Exception:
        return ""


def _is_own(file: str) -> bool:
    return file.startswith(parking.home)


# -- functions of a module ---------------------------------------------------------------

_objects: dict[int, Any] = {}
_orders: list[tuple] = []
_order_ready = locks.Lock()
_order_ready.acquire()


class _ForOrders:
    """As a channel: the child waits for the grader's next call, not for anything else."""

    def state(self) -> tuple | None:
        return ("orders",)


def _call_functions() -> None:
    """Do what the grader asks, one call after the other, until it says stop."""
    while True:
        with parking.mutex:
            parked = parking.park("order", (_ForOrders(),))
            _waiting.append(parked)
            if _orders:
                parked.wake()
        clock.wait(parked)
        with parking.mutex:
            number, target, name, arguments = _orders.pop(0)
        if number < 0:
            return
        try:
            value = _look_up(target, name)(*[_argument(a) for a in arguments])
            control.tell("result", number, True, _describe(value))
        except SystemExit as leaving:
            control.tell("result", number, False,
                         ("SystemExit", str(leaving.code), (), ("SystemExit",)))
        except BaseException as error:
            frames = _own_frames(error)
            control.tell("result", number, False,
                         (type(error).__name__, _text(error), frames,
                          tuple(c.__name__ for c in type(error).__mro__)))


_waiting: list[parking.Park] = []


def _own_frames(error: BaseException) -> tuple:
    frames = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if _is_own(code.co_filename):
            frames.append((os.path.basename(code.co_filename), trace.tb_lineno, code.co_name))
        trace = trace.tb_next
    return tuple(frames[-10:]) or _syntax_place(error)


def _look_up(target: int | None, name: str) -> Any:
    if name == "<import>":
        return _import
    if name == "<wire>":
        return _wire
    if name == "<turnstile>":
        return _turnstile().explore_file
    if target is None:
        module = sys.modules["__student__"]
        if not hasattr(module, name):
            file = os.path.basename(str(module.__file__))
            raise AttributeError(f"there is no {name} in {file}")
        return getattr(module, name)
    return getattr(_objects[target], name) if name else _objects[target]


def _import(file: str) -> None:
    # not importlib.util: it imports contextlib, and the program may have a file of that name
    from _frozen_importlib import module_from_spec
    from _frozen_importlib_external import spec_from_file_location

    name = os.path.splitext(os.path.basename(file))[0]
    spec = spec_from_file_location(name, file)
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[name] = sys.modules["__student__"] = module
    spec.loader.exec_module(module)


def _wire(host: str, port: int, plan: tuple) -> Any:
    import socket

    sockets.plans[port] = plan
    wire = socket.socket()
    sockets.Real.connect(wire, (host, port))
    wire._joined(port, None)  # type: ignore[attr-defined]
    return wire


def _argument(value: Any) -> Any:
    """("object", n) stands for an object of ours; ("plain", x) for x itself."""
    kind, content = value
    return _objects[content] if kind == "object" else content


def _describe(value: Any, depth: int = 0) -> tuple:
    if value is None or isinstance(value, (bool, int, float, str)):
        return ("plain", value)
    if isinstance(value, (bytes, bytearray)):
        return (type(value).__name__, bytes(value))
    if isinstance(value, (list, tuple)) and depth < 12:
        return ("list", tuple(_describe(v, depth + 1) for v in value))
    _objects[len(_objects)] = value
    port = value.stream.key[0] if isinstance(value, sockets.Socket) and value.stream else 0
    return ("object", len(_objects) - 1, type(value).__name__, port)


# -- commands of the grader, in a thread that the program does not see -------------------


def _counts() -> tuple:
    """What the grader compares: of each connection both ports, sent, ended, taken.

    Those that it knows already are left out.
    """
    sent = []
    for stream in list(sockets.open_streams.values()):
        counts = (*stream.key, stream.sent, stream.over(), stream.taken)
        if counts != stream.told:
            stream.told = counts
            sent.append(counts)
        if stream.closed and counts[3]:  # it cannot change any more
            sockets.open_streams.pop(stream.key, None)
    worst = max(sockets.empties.items(), key=lambda item: item[1], default=(("", 0), 0))
    calls = tuple(control.calls.items())
    return (tuple(sent), (*worst[0], worst[1]), calls, control.progress, _own_cpu())


def _own_cpu() -> float:
    """The program's processor time without what the grader's questions cost."""
    return clock._process_time() - time.thread_time()


def _await_rest(seconds: float) -> None:
    """Wait a moment for all threads to be parked for good.  (It proves nothing.)

    Else most questions would come too early, and each one more costs time.
    """
    end = clock.real_now() + seconds
    while (left := end - clock.real_now()) > 0 and not control.asking():
        if parking.await_rest(left, waiting.arrived):
            return


def _still(number: int, patience: float) -> None:
    """Answer whether all threads are parked for good, and what was counted.

    patience: seconds of real time in which they may come to rest first.
    """
    _await_rest(patience)
    processes.look()
    clock.leave_out_own()
    with parking.mutex:
        now = clock.elapsed()
        parking.fire(now)
        still, *threads = parking.snapshot()
        reply = (still, now, *threads, tuple(parking.untracked), _counts())
    if still:
        control.flush()
    control.tell("still", number, *reply)


def _where(number: int) -> None:
    """Answer where the threads run at this moment (for a loop that spins)."""
    lines = []
    for frame in sys._current_frames().values():
        at: types.FrameType | None = frame
        while at is not None and not _is_own(at.f_code.co_filename):
            at = at.f_back
        if at is not None:
            lines.append((os.path.basename(at.f_code.co_filename), at.f_lineno))
    control.flush()
    control.tell("where", number, tuple(lines))


def _jump(seconds: float) -> None:
    clock.leave_out_own()
    with parking.mutex:
        clock.jumped += seconds
        parking.fire(clock.elapsed())


def _plan(number: int, port: int, cuts: tuple, recv_max: Any, send_max: Any, room: Any) -> None:
    sockets.plans[port] = (cuts, recv_max, send_max, room)
    control.tell("done", number)


def _room(number: int, ours: int, theirs: int, room: int | None) -> None:
    stream = sockets.open_streams.get((ours, theirs))
    if stream is not None:
        stream.set_room(None if room is None else room)
    control.tell("done", number)


_holder: Any = None


def _hold(number: int, step: int, only_new: bool) -> None:
    global _holder
    _holder = _holder or _turnstile().Holder()
    _holder.arm(step, only_new)
    control.tell("done", number)


def _let_go(number: int) -> None:
    control.tell("held", _holder.release())
    control.tell("done", number)


def _lines(number: int) -> None:
    control.tell("lines", tuple(_holder.trace))
    control.tell("done", number)


def _order(*order: Any) -> None:
    with parking.mutex:
        _orders.append(order)
        while _waiting:
            _waiting.pop().wake()


def _type(data: bytes) -> None:
    keyboard.type(data)


def _end_input() -> None:
    keyboard.end()


COMMANDS: dict[str, Callable[..., Any]] = {
    "still?": _still, "where?": _where, "jump": _jump, "plan": _plan, "room": _room,
    "type": _type, "end input": _end_input, "order": _order, "interrupt": signals.interrupt,
    "answer": control.answer, "hold": _hold, "let go": _let_go,
    "lines": _lines,
}
