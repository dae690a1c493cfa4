"""The student's source: compiled, and if possible before it is needed."""

from __future__ import annotations

import io
import os
import sys

TYPE_CHECKING = False  # importing typing would make each start slower
if TYPE_CHECKING:
    from types import CodeType

# parts of the standard library that servers import, and that take their time
OFTEN = ("queue", "re")
_rehearsed: dict[str, tuple[bytes, CodeType]] = {}  # by file


def compiled(file: str) -> CodeType:
    """Return the code of a file; OSError, SyntaxError or ValueError as Python raises them."""
    source = _read(file)
    known, code = _rehearsed.get(file, (b"", None))
    if code is None or known != source:
        code = _compile(source, file)
    return code


def rehearse(file: str) -> None:
    """While this process waits, prepare for the file that it will probably run."""
    stderr, sys.stderr = sys.stderr, io.StringIO()
    try:
        source = _read(file)
        code = _compile(source, file)
        if not sys.stderr.getvalue():  # a warning of the compiler must be seen when it runs
            _rehearsed[file] = source, code
        beside = os.listdir(os.path.dirname(file))  # a queue.py of her own goes first
        for name in OFTEN:
            if name in code.co_names and not {name, name + ".py"} & set(beside):
                __import__(name)
    except Exception:
        pass  # it comes again when it runs, and is seen then
    finally:
        sys.stderr = stderr


def _read(file: str) -> bytes:
    with open(file, "rb") as stream:
        return stream.read()


def _expect_encoding(source: bytes, file: str) -> None:
    """SyntaxError as Python raises it for a file; compile() does not look into comments."""
    try:
        source.decode()
    except UnicodeDecodeError as error:
        if any(b"#" in line and b"coding" in line for line in source.splitlines()[:2]):
            return  # compile() knows which encoding (PEP 263)
        line = source.count(b"\n", 0, error.start) + 1
        what = f"Non-UTF-8 code starting with '\\x{source[error.start]:02x}'"
        raise SyntaxError(f"{what} on line {line}, but no encoding declared",
                          (file, line, 0, "")) from None


def _compile(source: bytes, file: str) -> CodeType:
    _expect_encoding(source, file)
    # or it would inherit the `from __future__ import annotations` of this file
    return compile(source, file, "exec", dont_inherit=True)
