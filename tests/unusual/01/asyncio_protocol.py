# graded as: echo_server.py
# style: asyncio protocol class, no await between the bytes
import asyncio


class Echo(asyncio.Protocol):
    def __init__(self, over):
        self.over = over

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)

    def connection_lost(self, error):
        self.over.set_result(error)


async def main():
    loop = asyncio.get_running_loop()
    over = loop.create_future()
    server = await loop.create_server(lambda: Echo(over), "127.0.0.1", 5050)
    await over
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
