# graded as: line_server.py
# style: an asyncio Protocol class

import asyncio


class Lines(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.rest, self.number = transport, b"", 0

    def data_received(self, data):
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            if not self.answer(line):
                return
        if len(self.rest) > 1000:
            self.refuse("too long")

    def answer(self, line):
        self.number += 1
        if len(line) > 1000:
            return self.refuse("too long")
        try:
            text = line.removesuffix(b"\r").decode()
        except UnicodeDecodeError:
            return self.refuse("not UTF-8")
        self.transport.write(f"{self.number} {text.upper()}\n".encode())
        return True

    def refuse(self, reason):
        self.transport.write(f"error: {reason}\n".encode())
        self.transport.close()
        return False


async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Lines, "127.0.0.1", 5050)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
