# graded as: lines.py
# mistake: check_length() has no self
# caught by: test_one_line
# fails as: crashed
# hint says: self comes first
"""Lesson 04: lines of text out of a stream of bytes."""

import socket


class LineReader:
    """Reads one line after the other from a connected socket."""

    def __init__(self, sock: socket.socket, limit: int = 1000) -> None:
        self.sock = sock
        self.limit = limit
        self.buffer = b""  # what has come and is not used yet: it outlives each call

    def read_line(self) -> str | None:
        """Return the next line without its end, or None when the stream is over."""
        while b"\n" not in self.buffer:  # in all that we hold, not in the last piece
            self.check_length(self.buffer)
            piece = self.sock.recv(1024)
            if piece == b"":
                if self.buffer:
                    raise EOFError(f"the last line is unfinished: {self.buffer!r}")
                return None
            self.buffer += piece
        line, _, self.buffer = self.buffer.partition(b"\n")
        self.check_length(line)
        return line.removesuffix(b"\r").decode()  # whole lines have whole characters

    def check_length(line: bytes) -> None:
        if len(line) > 1000:
            raise ValueError("the line has more than 1000 bytes")


if __name__ == "__main__":
    print("lines.py holds a class for other programs. Alone it does nothing.")
