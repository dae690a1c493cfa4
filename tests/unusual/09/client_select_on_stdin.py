# graded as: chat_client.py
# style: selectors on the socket and the keyboard; on Windows a socket pair stands in
"""Lesson 09: a client for the chat room in one thread."""

import codecs
import os
import selectors
import socket
import sys
import threading


def keyboard():
    """Something that select() can wait for, and a function that reads from it."""
    if sys.platform != "win32":
        return 0, lambda: os.read(0, 4096)
    ours, theirs = socket.socketpair()

    def pump():
        for line in sys.stdin.buffer:
            theirs.sendall(line)
        theirs.close()

    threading.Thread(target=pump, daemon=True).start()
    return ours, lambda: ours.recv(4096)


def main():
    sock = socket.socket()
    if sock.connect_ex(("127.0.0.1", 5050)):
        print("The room does not answer.", file=sys.stderr)
        return 1
    source, read = keyboard()
    selector = selectors.DefaultSelector()
    selector.register(sock, selectors.EVENT_READ)
    selector.register(source, selectors.EVENT_READ)
    decoder = codecs.getincrementaldecoder("utf-8")()
    typed, shown, member = b"", "", False
    while True:
        for key, _ in selector.select():
            if key.fileobj is sock:
                try:
                    data = sock.recv(1024)
                except ConnectionResetError:
                    data = b""
                if not data:
                    print("\nThe room is no more.")
                    return 0
                *lines, shown = (shown + decoder.decode(data)).split("\n")
                for line in lines:
                    print("\r" + line)
                    member = member or line.startswith("welcome ")
                continue
            data = read()
            typed += data
            *lines, typed = typed.split(b"\n")
            for line in lines:
                if line == b"/quit":
                    sock.sendall(b"bye\n")
                    return 0
                elif not member:
                    out = b"hello parley/1 " + line
                elif line == b"/who" or line.startswith(b"/to "):
                    out = line[1:]
                elif line.startswith(b"/") or not line:
                    continue
                else:
                    out = b"say " + line
                sock.sendall(out + b"\n")
            if not data:
                sock.sendall(b"bye\n")
                return 0


if __name__ == "__main__":
    sys.exit(main())
