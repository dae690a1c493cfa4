"""Lesson 11: Parley/1 without a socket: the room's side of one connection."""


class Engine:
    """Bytes in, events out; commands in, bytes out."""

    def __init__(self):
        self.state = "stranger"
        # TODO 1: what else has this object to remember between two calls?

    def receive(self, data=None):
        """Take bytes (b"" is the end of the stream, None is nothing); return the events."""
        # TODO 1: which lines are whole by now?
        # TODO 2: what does each of them mean, in the state in which it is read?
        # TODO 3: who has said hello waits for the room's answer. What about the next line?
        #         And what comes after bye, or after the end of the stream?
        # TODO 5: lines that are wrong. Which of them is the last event, too?
        return []

    def send(self, command):
        """Return the bytes of a command; ValueError, and no change, if it may not be now."""
        # TODO 4: the bytes. Which commands change the state?
        # TODO 6: what must not leave this engine, in which state?
        return b""


if __name__ == "__main__":
    engine = Engine()
    for piece in [b"hel", b"lo parley/1 ann\nwh", b"o\n"]:
        print(piece, "->", engine.receive(piece))
    print("welcome ->", engine.send(("welcome", "ann")))
    print("what has waited ->", engine.receive())
