import socket
import threading


def serve(conn):
    f = conn.makefile("rwb")

    def say(line):
        f.write(line.encode() + b"\r\n")
        f.flush()

    say("220 mail.example")
    state = "greeted"
    conn.settimeout(300)
    try:
        for raw in f:
            line = raw.decode().removesuffix("\r\n")
            word = line.split(" ")[0]
            if state == "text":
                if line == ".":
                    state = "idle"
                    say("250 thank you")
            elif line == "quit":
                say("221 see you")
                break
            elif line.startswith("helo post/1 ") and state == "greeted":
                state = "idle"
                say("250 mail.example")
            elif word == "helo":
                say("504 this is post/1")
            elif word == "noop":
                say("250 fine")
            elif line.startswith("mail from "):
                state = "sender"
                say("250 fine")
            elif line.startswith("rcpt to "):
                if "xyz" in line:
                    say("550 who is that")
                else:
                    state = "rcpts"
                    say("250 fine")
            elif line == "data":
                state = "text"
                say("354 write")
            elif line == "rset":
                state = "idle"
                say("250 fine")
            else:
                say("500 what")
    except TimeoutError:
        say("421 too slow, good bye")
    f.close()
    conn.close()


def main():
    with socket.create_server(("127.0.0.1", 5050)) as s:
        while True:
            conn, _ = s.accept()
            threading.Thread(target=serve, args=(conn,), daemon=True).start()


main()
