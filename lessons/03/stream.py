"""Lesson 03: read and write exactly so many bytes of a stream."""


def recv_exactly(sock, n):
    """Return the next n bytes of the stream, not one more and not one fewer."""
    # TODO 1: ask the socket once, and return what it gives.
    # TODO 2: again and again. Join the pieces, and ask only for what is still missing.
    # TODO 3: what if the stream ends too early? Say so with an EOFError.
    return b""


def send_all(sock, data):
    """Send every byte of data, with sock.send alone."""
    # TODO 4: send returns a number. What does it count?
    # TODO 5: send the rest, until nothing is left.


if __name__ == "__main__":
    print("stream.py holds two functions for other programs. Alone it does nothing.")
    print("Try it with given_receiver.py and given_sender.py: see README.md.")
