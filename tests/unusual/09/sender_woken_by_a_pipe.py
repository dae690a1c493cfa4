# graded as: chat_server.py
# style: a thread for each client reads; one sends to all, woken by a byte in a pipe
# not on: win32 (there, select() knows sockets only)
import os
import re
import selectors
import socket
import threading

HOST, PORT, PLACES = "127.0.0.1", 5050, 32
members = {}


def valid(name):
    return re.fullmatch(r"[A-Za-z0-9_-]{1,16}", name) is not None


def news(line, but):
    for m in list(members.values()):
        if m is not but:
            m.tell(line)


def leave(g):
    if g.name is not None and members.get(g.name) is g:
        del members[g.name]
        news(f"left {g.name}", g)


def obey(g, line):
    """False: it was bye."""
    match line.split(" ", 2):
        case ["bye"]:
            return False
        case [word, *_] if (word == "hello") == (g.name is not None):
            g.tell("error state hello first, and once")
        case ["hello", "parley/1", name] if not valid(name):
            g.tell("error name no")
        case ["hello", "parley/1", name] if name in members:
            g.tell("error taken sorry")
        case ["hello", "parley/1", _] if len(members) >= PLACES:
            g.tell("error full sorry")
        case ["hello", "parley/1", name]:
            g.name = name
            g.tell(f"welcome {name}")
            news(f"joined {name}", g)
            members[name] = g
        case ["hello", "parley/1"]:
            g.tell("error name which one?")
        case ["hello", *_]:
            g.tell("error version parley/1")
        case ["say", *_] if len(line) > 4:
            news(f"said {g.name} {line[4:]}", g)
        case ["to", name, text] if text:
            if name in members:
                members[name].tell(f"told {g.name} {text}")
            else:
                g.tell("error nobody no such member")
        case ["who"]:
            g.tell("here " + " ".join(sorted(members)))
        case _:
            g.tell("error command what?")
    return True


def lines():
    """A coroutine: bytes are sent in, a list of lines comes out; ValueError with .lines"""
    buffer, out = b"", []
    while True:
        buffer += yield out
        out = []
        while True:
            line, newline, rest = buffer.partition(b"\n")
            if len(line) > 1000:
                out.append(None)
                break
            if not newline:
                break
            buffer = rest
            try:
                out.append(line.removesuffix(b"\r").decode())
            except UnicodeDecodeError:
                out.append(None)
                break

lock = threading.Lock()
sel = selectors.DefaultSelector()
r_end, w_end = os.pipe()
os.set_blocking(r_end, False)
sel.register(r_end, selectors.EVENT_READ)
dirty = set()
os.set_blocking(w_end, False)


def ring():
    try:
        os.write(w_end, b"!")
    except BlockingIOError:
        pass  # it rings already


class Guest:
    def __init__(self, sock):
        self.sock, self.name, self.out, self.done = sock, None, bytearray(), threading.Event()
        self.last = False
        sock.setblocking(True)

    def tell(self, line):
        self.out += f"{line}\n".encode()
        dirty.add(self)
        ring()


def sending():
    """One thread sends to all, never waiting for one"""
    while True:
        ready = [k.data for k, _ in sel.select() if k.data is not None]
        try:
            os.read(r_end, 4096)
        except BlockingIOError:
            pass
        with lock:
            todo = set(ready) | dirty
            dirty.clear()
            for g in todo:
                try:
                    while g.out:
                        n = g.sock.send(g.out, socket.MSG_DONTWAIT)
                        del g.out[:n]
                except BlockingIOError:
                    pass
                except OSError:
                    g.out.clear()
                known = g.sock.fileno() in sel.get_map()
                if g.out and not known:
                    sel.register(g.sock, selectors.EVENT_WRITE, g)
                elif not g.out and known:
                    sel.unregister(g.sock)
                if g.last and not g.out:
                    g.done.set()


def serve(sock):
    g = Guest(sock)
    parser = lines()
    next(parser)
    try:
        while data := sock.recv(1024):
            for line in parser.send(data):
                with lock:
                    if line is None:
                        g.tell("error line bad")
                        return
                    if not obey(g, line):
                        return
    except OSError:
        with lock:
            g.out.clear()
    finally:
        with lock:
            leave(g)
            g.last = True
            dirty.add(g)
            ring()
        g.done.wait()
        sock.close()


threading.Thread(target=sending, daemon=True).start()
with socket.create_server((HOST, PORT)) as door:
    while True:
        threading.Thread(target=serve, args=[door.accept()[0]], daemon=True).start()
