# graded as: chat_client.py
# mistake: F01: a line of blanks counts as empty and is not sent
# caught by: test_client_listens_and_types
# fails as: only_blanks
"""Lesson 09: a client for the chat room. It listens and types at the same time."""

import socket
import sys
import threading

from given_lines import LineReader

HOST = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"  # the class's room: CLASS.md
PORT = 5050
LONGEST = 1100  # bytes in a line of the room


def ask(prompt: str = "") -> str:
    """What is typed next; the end of the input counts as /quit."""
    try:
        return input(prompt)
    except EOFError:
        return "/quit"


def send(sock: socket.socket, line: str) -> None:
    sock.sendall(f"{line}\n".encode())


def show(line: str) -> None:
    kind, _, rest = line.partition(" ")
    if kind in ("said", "told"):
        name, _, text = rest.partition(" ")
        print(f"{name}: {text}" if kind == "said" else f"{name}, to you: {text}")
    elif kind in ("welcome", "joined", "left", "here", "error"):
        print("*", line)  # and no line that this client does not know


def answer_to_hello(reader: LineReader) -> str | None:
    """The next welcome or error, or None if the connection ends; other lines are ignored."""
    while (line := reader.read_line()) is not None:
        show(line)
        if line.startswith(("welcome ", "error ")):
            return line
    return None


def enter(sock: socket.socket, reader: LineReader) -> bool:
    """Ask for a name until the room says welcome; False if it never does."""
    while (name := ask("Your name: ")) != "/quit":
        send(sock, f"hello parley/1 {name}")
        answer = answer_to_hello(reader)
        if answer is None:
            print("The room has ended the connection.")
            return False
        if answer.startswith("welcome "):
            return True
    send(sock, "bye")
    return False


def listen(reader: LineReader) -> None:
    """The listening thread: show what comes, at once, until the connection ends."""
    try:
        while (line := reader.read_line()) is not None:
            show(line)
        print("The room has ended the connection. Enter ends this program.")
    except (EOFError, OSError, ValueError) as error:
        print(f"The connection broke: {error}. Enter ends this program.")


def talk(sock: socket.socket, listener: threading.Thread) -> None:
    """Send what is typed, until /quit or until nobody listens any more."""
    while listener.is_alive():
        line = ask()
        if line == "/quit":
            send(sock, "bye")
            return
        if line == "/who" or line.startswith("/to "):
            send(sock, line[1:])
        elif line.startswith("/"):
            print("There are /to NAME TEXT, /who and /quit.")
        elif line.strip():
            send(sock, f"say {line}")


def main() -> None:
    try:
        sock = socket.create_connection((HOST, PORT))
    except OSError as error:
        sys.exit(f"No room is open at {HOST}, port {PORT}: {error}")
    reader = LineReader(sock, LONGEST)
    try:
        if enter(sock, reader):
            # input() can wait for hours: so somebody else must listen meanwhile
            listener = threading.Thread(target=listen, args=(reader,), daemon=True)
            listener.start()
            talk(sock, listener)
    except (EOFError, OSError, ValueError) as error:
        print("The connection broke:", error)
    sock.close()


if __name__ == "__main__":
    main()
