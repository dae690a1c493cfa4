# graded as: chat_client.py
# style: the main thread listens, a daemon thread types; raw lines on the screen, os._exit
"""Lesson 09: a client for the chat room, the other way round."""

import os
import socket
import sys
import threading


class Client:
    def __init__(self):
        self.sock = socket.socket()
        self.welcome = threading.Event()
        self.asked = threading.Semaphore(1)

    def type(self):
        for line in sys.stdin:
            line = line.rstrip("\n")
            if not self.welcome.is_set():
                self.asked.acquire()
                if not self.welcome.is_set() and line != "/quit":
                    self.send(f"hello parley/1 {line}")
                    continue
                self.asked.release()
            if line == "/quit":
                break
            self.command(line)
        self.send("bye")
        sys.stdout.flush()
        os._exit(0)

    def command(self, line):
        if line.startswith("/to ") or line == "/who":
            self.send(line.removeprefix("/"))
        elif line.startswith("/"):
            sys.stderr.write("?\n")
        elif line != "":
            self.send("say " + line)

    def send(self, line):
        try:
            self.sock.sendall(line.encode() + b"\n")
        except OSError:
            os._exit(2)

    def run(self):
        try:
            self.sock.connect(("localhost", 5050))
        except OSError as error:
            print("cannot connect:", error, file=sys.stderr)
            sys.exit(1)
        threading.Thread(target=self.type, daemon=True).start()
        try:
            for line in self.sock.makefile("r", encoding="utf-8", newline="\n"):
                sys.stdout.write(line)
                if line.startswith("welcome "):
                    self.welcome.set()
                if line.startswith(("welcome ", "error ")):
                    self.asked.release()
        except OSError as error:
            print(error)
        print("That was it.")
        sys.stdout.flush()
        os._exit(0)


if __name__ == "__main__":
    Client().run()
