# graded as: lines.py
# style: decodes each byte at once, with an incremental decoder

import codecs


class LineReader:
    def __init__(self, sock, limit=1000):
        self.sock = sock
        self.limit = limit
        self.pending = []

    def next_byte(self):
        if not self.pending:
            self.pending = list(self.sock.recv(512))
        return self.pending.pop(0) if self.pending else None

    def read_line(self):
        decoder = codecs.getincrementaldecoder("utf-8")()
        text, size = "", 0
        while (number := self.next_byte()) is not None:
            if number == 10:
                text += decoder.decode(b"", final=True)
                return text[:-1] if text.endswith("\r") else text
            size += 1
            if size > self.limit:
                raise ValueError("too long")
            text += decoder.decode(bytes([number]))
        if size:
            raise EOFError("unfinished")
        return None
