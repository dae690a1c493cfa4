# graded as: line_server.py
# style: half-closes after an error and reads until the client ends

from contextlib import ExitStack
from socket import SHUT_WR, create_server

from lines import LineReader


def answers(reader):
    number = 0
    while True:
        try:
            line = reader.read_line()
        except EOFError:
            return
        except ValueError:
            yield "error: bad line\n"
            return
        if line is None:
            return
        number += 1
        yield str(number) + " " + line.upper() + "\n"


with ExitStack() as stack:
    listening = stack.enter_context(create_server(("localhost", 5050), backlog=1))
    while 1:
        connection = stack.enter_context(listening.accept()[0])
        for answer in answers(LineReader(connection)):
            number, rest = answer.split(" ", 1)
            connection.sendall(number.encode())
            connection.sendall(b" ")
            connection.sendall(rest.encode())
        connection.shutdown(SHUT_WR)
        while connection.recv(4096):
            pass
        connection.close()
