# graded as: server.py
# style: asyncio; the other player is told first; other words for people
"""A server for Oxo/1 on one event loop."""

import asyncio

WINS = ["123", "456", "789", "147", "258", "369", "159", "357"]
queue = []


class Seat(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.buffer = transport, b""
        self.state, self.marks, self.rival, self.name = "new", "", None, ""

    def say(self, line, state=None):
        self.transport.write(line.encode() + b"\n")
        self.go(state or self.state)

    def go(self, state):
        self.state = state
        if state == "over":
            self.transport.close()

    def data_received(self, data):
        self.buffer += data
        while self.state != "over":
            line, newline, rest = self.buffer.partition(b"\n")
            if len(line) > 100:
                self.connection_lost(None)
                self.say("error line no", "over")
            if not newline or self.state == "over":
                return
            self.buffer = rest
            try:
                words = line.decode().split(" ")
            except UnicodeDecodeError:
                self.connection_lost(None)
                self.say("error line no", "over")
                return
            handle = getattr(self, f"on_{self.state}_{words[0]}", None)
            if handle is None or not handle(*words[1:]):
                self.say("error command ?")

    def connection_lost(self, error):
        if self in queue:
            queue.remove(self)
        if self.state in ("turn", "listening"):
            self.rival.say("left", "over")
        self.state = "over"

    def on_new_bye(self, *rest):
        if rest:
            return False
        self.connection_lost(None)
        self.transport.close()
        return True

    on_alone_bye = on_turn_bye = on_listening_bye = on_new_bye

    def on_new_hello(self, version="", *names):
        if len(names) != 1 or not 0 < len(names[0]) < 17:
            return False
        self.name = names[0]
        if version != "oxo/1":
            self.say("error version oxo/1, please")
        elif queue:
            self.rival = queue.pop()
            self.rival.rival = self
            self.rival.say(f"game x {self.name}", "turn")
            self.say(f"game o {self.rival.name}", "listening")
        else:
            queue.append(self)
            self.say("wait", "alone")
        return True

    def on_listening_move(self, *cell):
        if len(cell) == 1 and cell[0] in tuple("123456789"):
            self.say("error turn patience")
            return True
        return False

    def on_turn_move(self, *cells):
        if len(cells) != 1 or cells[0] not in tuple("123456789"):
            return False
        cell = cells[0]
        if cell in self.marks + self.rival.marks:
            self.say("error taken look again")
            return True
        self.marks += cell
        if any(set(row) <= set(self.marks) for row in WINS):
            self.rival.say(f"lost {cell}", "over")
            self.say("won", "over")
        elif len(self.marks + self.rival.marks) == 9:
            self.rival.say(f"draw {cell}", "over")
            self.say(f"draw {cell}", "over")
        else:
            self.rival.say(f"moved {cell}", "turn")
            self.say("ok", "listening")
        return True


async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Seat, "127.0.0.1", 5050)
    await server.serve_forever()


asyncio.run(main())
