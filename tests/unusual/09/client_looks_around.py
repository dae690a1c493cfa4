# graded as: chat_client.py
# style: a thread for the keyboard; the main thread looks at the socket and at what was typed
"""Lesson 09: a chat client that looks around twenty times a second."""

import queue
import socket
import sys
import threading
import time

typed = queue.SimpleQueue()


def type_lines():
    for line in sys.stdin:
        typed.put(line.removesuffix("\n"))
    typed.put("/quit")


class Client:
    def __init__(self, sock):
        sock.setblocking(False)
        self.sock, self.buffer = sock, b""
        self.asked = self.member = False

    def look(self):
        """All that has come from the room by now."""
        try:
            while data := self.sock.recv(4096):
                self.buffer += data
        except BlockingIOError:
            return
        finally:
            *lines, self.buffer = self.buffer.split(b"\n")
            for line in lines:
                self.show(line.decode())
        raise ConnectionError("the room has ended the connection")

    def show(self, line):
        match line.split(" ", 2):
            case ["welcome", name]:
                print("You are in the room,", name)
                self.member = True
            case ["error", *_]:
                print(line)
                self.asked = False
            case ["said" | "told" | "joined" | "left" | "here", *_]:
                print(line)

    def obey(self, line):
        """What was typed; False if it was /quit."""
        if line == "/quit":
            self.send("bye")
            return False
        if not self.member:
            self.asked = True
            self.send(f"hello parley/1 {line}")
        elif line == "/who" or line.startswith("/to "):
            self.send(line[1:])
        elif line and not line.startswith("/"):
            self.send(f"say {line}")
        return True

    def send(self, line):
        self.sock.sendall(f"{line}\n".encode())


def main():
    try:
        client = Client(socket.create_connection(("127.0.0.1", 5050)))
    except OSError as error:
        sys.exit(f"The room is closed: {error}")
    print("Your name?")
    threading.Thread(target=type_lines, daemon=True).start()
    try:
        while True:
            time.sleep(0.05)
            client.look()
            waits = client.asked and not client.member  # for the answer to its hello
            if not waits and not typed.empty() and not client.obey(typed.get()):
                break
    except OSError as error:
        print("The connection is over:", error)


if __name__ == "__main__":
    main()
