# graded as: server.py
# mistake: the server tells the player who waits about an error of the other one
# caught by: test_server
# fails as: differs
"""Lesson 10: a server for Oxo/1, noughts and crosses for two."""

import re
import socket
import sys
import threading

HOST = "127.0.0.1"
PORT = 5050
VERSION = "oxo/1"
LIMIT = 100
ROWS = [(1, 2, 3), (4, 5, 6), (7, 8, 9), (1, 4, 7), (2, 5, 8), (3, 6, 9), (1, 5, 9), (3, 5, 7)]

lock = threading.Lock()  # for the waiting player, and for all games
waiting: list["Player"] = []  # nobody, or one


class Player:
    """One client. Its state has the names of protocol.toml."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.state = "new"
        self.name = ""
        self.cells: set[int] = set()
        self.other: Player | None = None

    def tell(self, line: str, state: str = "") -> None:
        """Send a line; the state that follows it, if another one does."""
        self.state = state or self.state
        try:
            self.connection.sendall(f"{line}\n".encode())
            if self.state == "over":
                self.connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # this player has gone: its own thread will find out

    def leave(self) -> None:
        """The player goes, in whatever way: the other one hears it."""
        if self in waiting:
            waiting.remove(self)
        if self.state in ("turn", "listening") and self.other is not None:
            self.other.tell("left", "over")
        self.state = "over"


def hello(player: Player, version: str, name: str) -> None:
    if version != VERSION:
        player.tell(f"error version this server speaks {VERSION}")
        return
    player.name = name
    if not waiting:
        waiting.append(player)
        player.tell("wait", "alone")
        return
    other = waiting.pop()
    player.other, other.other = other, player
    player.tell(f"game o {other.name}", "listening")
    other.tell(f"game x {player.name}", "turn")


def move(player: Player, cell: int) -> None:
    other = player.other
    assert other is not None  # who may move has somebody to play with
    if cell in player.cells | other.cells:
        player.tell("error taken there is a mark already")
        other.tell("error taken")
        return
    player.cells.add(cell)
    if any(player.cells.issuperset(row) for row in ROWS):
        player.tell("won", "over")
        other.tell(f"lost {cell}", "over")
    elif len(player.cells | other.cells) == 9:
        player.tell(f"draw {cell}", "over")
        other.tell(f"draw {cell}", "over")
    else:
        player.tell("ok", "listening")
        other.tell(f"moved {cell}", "turn")


def obey(player: Player, line: str) -> None:
    """One line of a client. A row for each message that protocol.toml allows."""
    if line == "bye":
        player.leave()
    elif player.state == "new" and (
            found := re.fullmatch(r"hello ([!-~]{1,32}) ([A-Za-z0-9_-]{1,16})", line)):
        hello(player, found[1], found[2])
    elif player.state == "turn" and (found := re.fullmatch("move ([1-9])", line)):
        move(player, int(found[1]))
    elif player.state == "listening" and re.fullmatch("move [1-9]", line):
        player.tell("error turn the other one is to move")
    else:
        player.tell("error command this is not the moment, or there is no such line")


def serve(connection: socket.socket) -> None:
    player = Player(connection)
    with connection, connection.makefile("rb") as stream:
        try:
            while player.state != "over":
                data = stream.readline(LIMIT + 1)
                if not data.endswith(b"\n") and len(data) <= LIMIT:
                    break  # the end; an unfinished line is no line
                try:
                    line = data.decode()
                except UnicodeDecodeError:
                    line = ""
                with lock:
                    if line.endswith("\n"):
                        obey(player, line[:-1])
                    else:
                        player.leave()
                        player.tell("error line too long, or not UTF-8")
        except OSError as error:
            print(f"A player has broken off: {error}", file=sys.stderr)
        finally:
            with lock:
                player.leave()


def main() -> None:
    with socket.create_server((HOST, PORT)) as listening:
        while True:
            connection, _ = listening.accept()
            threading.Thread(target=serve, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    main()
