# graded as: socket_server.py
# style: makefile, read1, a buffered writer with flush, contextlib.ExitStack
"""A chat server that treats the connection as a file."""

import contextlib
import socket

with contextlib.ExitStack() as stack:
    listener = stack.enter_context(socket.create_server(("localhost", 5000), backlog=1))
    connection, address = listener.accept()
    stack.enter_context(connection)
    print(f"Connection from: {address!s}")
    try:
        reader = stack.enter_context(connection.makefile("rb"))
        writer = connection.makefile("wb")
        for data in iter(lambda: reader.read1(1024), b""):
            print(f"\n  it says:\n  {data.decode()}\n")
            line = next(filter(None, iter(lambda: input(" -> "), None)))
            if line.strip().lower() == "bye":
                break
            writer.write(line.encode())
            writer.flush()
        else:
            print("end of the stream")
    except ConnectionError as error:
        print("broken:", error)
