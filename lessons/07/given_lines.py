"""Given: the LineReader of lesson 04, ready for use.

It works as your own lines.py should, and it does one thing more: when the socket has a
timeout and nothing comes in time, read_line() raises TimeoutError. After that you can
still send, to say goodbye; but do not read again, a piece of a line may be lost.
"""

import io
import socket
import threading


class LineReader:
    """Reads the lines that come from a socket, one after the other."""

    def __init__(self, sock: socket.socket, limit: int = 1000) -> None:
        self._limit = limit
        self._stream = io.BufferedReader(_Incoming(sock))
        self._one_reads = threading.Lock()

    def read_line(self) -> str | None:
        """Return the next line without its end, or None when no further line comes.

        EOFError: the stream ended inside a line. ValueError: the line is too long, or
        is not UTF-8. TimeoutError: the socket's timeout is over. RuntimeError: another
        thread is reading here.
        """
        if not self._one_reads.acquire(blocking=False):
            raise RuntimeError("two threads read from one LineReader")
        try:
            data = self._stream.readline(self._limit + 1)
        finally:
            self._one_reads.release()
        if data == b"":
            return None
        if not data.endswith(b"\n"):
            if len(data) > self._limit:
                raise ValueError(f"a line has at most {self._limit} bytes")
            raise EOFError("the stream ended inside a line")
        line = data.removesuffix(b"\n").removesuffix(b"\r")
        try:
            return line.decode()
        except UnicodeDecodeError:
            raise ValueError("this line is not UTF-8") from None


class _Incoming(io.RawIOBase):
    """What comes from a socket, in the shape of a file."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        return self._sock.recv_into(buffer)
