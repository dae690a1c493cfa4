# graded as: hello.py
# style: makefile, codecs, log lines, exit through sys.exit(0)
"""The greeting goes out through a file object; other output all around."""

import codecs
import logging
import socket
import sys

logging.basicConfig(level=logging.DEBUG)
logging.debug("hello.py is being read")


def greeting(name: str) -> str:
    return "".join(["Hello, ", name, "!"])


def to_bytes(text: str) -> bytes:
    print("to_bytes was called")
    return codecs.encode(text, "utf-8")


def to_text(data: bytes) -> str:
    print("to_text was called")
    try:
        return codecs.decode(data, "utf-8")
    except UnicodeError as error:
        logging.warning("no text: %s", error)
        return "(not text)"


def send_greeting(sock: socket.socket, name: str) -> None:
    with sock.makefile("w", encoding="utf-8", newline="\n") as file:
        print(greeting(name), file=file)


def main() -> int:
    sys.stdout.write(f"\n\nPython {sys.version}\n")
    with socket.create_server(("localhost", 5050)) as listening:
        with socket.create_connection(("localhost", 5050)):
            listening.accept()[0].close()
    sys.stdout.write("Loopback works\n")
    logging.info("done")
    return 0


if __name__ == "__main__":
    sys.exit(main())
