# graded as: chat_server.py
# style: a pool of threads, queues of 100 lines; who lets more wait is sent off
"""Lesson 09: a chat room that does not wait for ever for those who do not read."""

import logging
import queue
import re
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from threading import Condition

from given_lines import LineReader

logging.basicConfig(level=logging.DEBUG, format="%(threadName)s %(message)s")
table = {}
key = Condition()


class Line:
    """What goes out to one client."""

    def __init__(self, sock):
        self.sock = sock
        self.waiting = queue.Queue(maxsize=101)

    def put(self, text):
        try:
            self.waiting.put_nowait(text)
        except queue.Full:
            logging.warning("too slow")
            with suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)

    def run(self):
        with suppress(OSError):
            while text := self.waiting.get():
                logging.debug("out %r", text)
                self.sock.sendall(text.encode() + b"\n")


def to_all_but(name, text):
    for other in table:
        if other != name:
            table[other].put(text)


def come(line, words):
    version, name = (words + ["", ""])[:2]
    if version != "parley/1":
        return "", "error version wrong"
    if not re.fullmatch("[A-Za-z0-9_-]+", name) or len(name) > 16:
        return "", "error name wrong"
    with key:
        if name in table:
            return "", "error taken wrong"
        if len(table) >= 32:
            return "", "error full wrong"
        line.put(f"welcome {name}")
        to_all_but(name, f"joined {name}")
        table[name] = line
    return name, ""


def go(name):
    with key:
        if name:
            del table[name]
            to_all_but(name, f"left {name}")


def listen(sock, line):
    name = ""
    reader = LineReader(sock)
    try:
        while (text := reader.read_line()) is not None:
            logging.debug("in %r", text)
            head, *words = text.split(" ", maxsplit=2)
            rest = text[len(head) + 1 :]
            if text == "bye":
                break
            answer = ""
            if head == "hello" and not name:
                name, answer = come(line, words)
            elif head == "hello" or not name:
                answer = "error state wrong"
            elif head == "say" and rest:
                with key:
                    to_all_but(name, f"said {name} {rest}")
            elif head == "to" and len(words) == 2 and words[1]:
                with key:
                    if words[0] in table:
                        table[words[0]].put(f"told {name} {words[1]}")
                    else:
                        answer = "error nobody wrong"
            elif text == "who":
                with key:
                    line.put("here " + " ".join(sorted(table)))
            else:
                answer = "error command wrong"
            if answer:
                line.put(answer)
    except EOFError:
        logging.info("in the middle of a line")
    except ValueError as error:
        line.put(f"error line {error}")
    finally:
        go(name)
        line.put("")


def visit(sock, pool):
    with closing(sock):
        line = Line(sock)
        writing = pool.submit(line.run)
        try:
            listen(sock, line)
        except OSError as error:
            logging.info("%s", error)
        writing.result()


def main():
    with ExitStack() as stack:
        listening = stack.enter_context(socket.create_server(("127.0.0.1", 5050)))
        pool = stack.enter_context(ThreadPoolExecutor(max_workers=200))
        while True:
            pool.submit(visit, listening.accept()[0], pool)


if __name__ == "__main__":
    main()
