"""A server for kv/1: one client after the other, values as bytes, an end that is awaited."""

import socketserver

store: dict[bytes, bytes] = {}


class Talk(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        hello = True
        while (line := self.rfile.readline(2003)).endswith(b"\n"):
            answer = self.hello(line[:-2]) if hello else self.answer(line[:-2])
            hello = hello and answer != b"ready"
            for part in (answer, b"\r", b"\n"):
                self.wfile.write(part)

    def hello(self, line: bytes) -> bytes:
        word, _, version = line.partition(b" ")
        if word != b"kv":
            return b"refused"
        return b"ready" if version == b"kv/1" else b"try kv/1"

    def answer(self, line: bytes) -> bytes:
        command, _, rest = line.partition(b" ")
        key, _, rest = rest.partition(b" ")
        if key != key.lower():
            return b"refused"
        if command == b"get":
            value = store.get(key)
            return b"missing" if value is None else b"value %d %s" % (len(value), value)
        if command == b"put":
            size, _, rest = rest.partition(b" ")
            store[key] = rest[: int(size)]
            return b"stored"
        if command == b"drop":
            return b"missing" if store.pop(key, None) is None else b"dropped"
        return b"refused"


class Server(socketserver.TCPServer):
    allow_reuse_address = True


Server(("127.0.0.1", 5050), Talk).serve_forever()
