"""A small HTTPS proxy: it ends TLS, and says whom a request came from, as docs/running.md asks of a proxy.

`python tls_proxy.py PORT BACKEND_PORT CERTIFICATE` serves on 127.0.0.1, one request a connection.
"""

from __future__ import annotations

import asyncio
import ssl
import sys

HEAD_BYTES_MAX = 64 * 1024


def forwarded(head: bytes, client: str) -> bytes:
    """The head of a request with the client's address appended, the protocol replaced and the connection closed."""
    request_line, *lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    said: list[bytes] = []
    kept: list[bytes] = []
    for line in lines:
        name, _, value = line.partition(b":")
        if name.lower() == b"x-forwarded-for":
            said.append(value.strip())
        elif name.lower() not in (b"x-forwarded-proto", b"connection"):
            kept.append(line)
    chain = b", ".join([*said, client.encode()])
    own = [b"X-Forwarded-For: " + chain, b"X-Forwarded-Proto: https", b"Connection: close"]
    return b"\r\n".join([request_line, *kept, *own]) + b"\r\n\r\n"


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass bytes on until the end."""
    while data := await reader.read(64 * 1024):
        writer.write(data)
        await writer.drain()


async def serve(port: int, backend_port: int, certificate: str) -> None:
    """Serve until killed."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            backend_reader, backend_writer = await asyncio.open_connection("127.0.0.1", backend_port)
            backend_writer.write(forwarded(head, writer.get_extra_info("peername")[0]))
            sending = asyncio.create_task(pump(reader, backend_writer))
            await pump(backend_reader, writer)
            sending.cancel()
            backend_writer.close()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = await asyncio.start_server(answer, "127.0.0.1", port, ssl=context, limit=HEAD_BYTES_MAX)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
