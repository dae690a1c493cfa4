"""Lesson 04: lines of text out of a stream of bytes."""


class LineReader:
    """Reads one line after the other from a connected socket."""

    def __init__(self, sock, limit=1000):
        self.sock = sock
        self.limit = limit
        # TODO 1: a recv may bring more than one line. Where does the rest live?

    def read_line(self):
        """Return the next line without its end, or None when the stream is over."""
        # TODO 2: receive until a newline is there. Where do you search for it?
        # TODO 3: take the line out. Keep what follows for the next call.
        # TODO 4: the stream may end: after a newline, or in the middle of a line.
        # TODO 5: the line's end may be "\n" or "\r\n". Bytes become text: when?
        # TODO 6: a line over the limit, or one that is not UTF-8, is a ValueError.
        return ""


if __name__ == "__main__":
    print("lines.py holds a class for other programs. Alone it does nothing.")
    print("line_server.py uses it.")
