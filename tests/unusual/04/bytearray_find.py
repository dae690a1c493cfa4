# graded as: lines.py
# style: a bytearray, find from where the last search stopped, del

class LineReader:
    """Reads lines; remembers how far it has searched."""

    def __init__(self, sock, limit=1000):
        self._sock, self._limit = sock, limit
        self._data = bytearray()
        self._searched = 0

    def read_line(self):
        while (at := self._data.find(b"\n", self._searched)) == -1:
            self._searched = len(self._data)
            if self._searched > self._limit:
                raise ValueError(f"{self._searched} bytes without a newline")
            if not self._fill():
                if self._data:
                    raise EOFError(bytes(self._data))
                return None
        line = bytes(self._data[:at])
        del self._data[: at + 1]
        self._searched = 0
        if at > self._limit:
            raise ValueError(f"a line of {at} bytes")
        return (line[:-1] if line.endswith(b"\r") else line).decode()

    def _fill(self):
        piece = self._sock.recv(65536)
        self._data.extend(piece)
        return bool(piece)
