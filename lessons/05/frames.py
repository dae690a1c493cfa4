"""Lesson 05: frames. A frame is the length of a payload, then the payload."""


def send_frame(sock, payload):
    """Send one frame with this payload (bytes)."""
    # TODO 1: make the header: the length in four bytes, the highest byte first.
    # TODO 2: send the header and the payload, every byte of both.


def recv_frame(sock, limit=1_000_000):
    """Return the payload of the next frame, or None when no further frame comes."""
    # TODO 3: take the header, whole, and make a number of it.
    # TODO 4: take the payload, whole, and return it.
    # TODO 5: tell two ends apart: before the first byte of a frame, and inside one.
    # TODO 6: refuse a length over the limit.


if __name__ == "__main__":
    print("frames.py holds two functions for other programs. Alone it does nothing.")
    print("frame_server.py uses them.")
