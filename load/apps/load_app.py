"""The application that is served while a server is loaded (docs/load.md).

Standard library only, Python >= 3.8. `load-app.ts` gives the same answers, byte for byte:

    GET  /hello      13 bytes
    GET  /bytes/N    N bytes
    GET  /delay/MS   the 13 bytes, after MS milliseconds
    POST /echo       the request's own body
"""

import asyncio

HELLO = b"Hello, world!"
MOST_BYTES = 64 * 1024 * 1024
LONGEST_DELAY_MS = 60_000


def response(status, body):
    start = {
        "type": "http.response.start",
        "status": status,
        "headers": [
            (b"content-type", b"application/octet-stream"),
            (b"content-length", str(len(body)).encode("ascii")),
        ],
    }
    return start, {"type": "http.response.body", "body": body}


HELLO_RESPONSE = response(200, HELLO)
NOT_FOUND = response(404, b"no such route")
BAD_NUMBER = response(400, b"not a number in range")


async def sleep(seconds):
    try:
        asyncio.get_running_loop()
    except RuntimeError:  # a worker that runs on trio
        import trio

        await trio.sleep(seconds)
    else:
        await asyncio.sleep(seconds)


def number(text, most):
    if not (text.isascii() and text.isdigit()) or len(text) > 9 or int(text) > most:
        return None
    return int(text)


async def read_body(receive):
    parts = []
    while True:
        event = await receive()
        if event["type"] != "http.request":
            return None
        parts.append(event.get("body", b""))
        if not event.get("more_body", False):
            return b"".join(parts)


async def route(path, receive):
    if path == "/hello":
        return HELLO_RESPONSE
    if path == "/echo":
        body = await read_body(receive)
        return None if body is None else response(200, body)
    if path.startswith("/bytes/"):
        size = number(path[7:], MOST_BYTES)
        return BAD_NUMBER if size is None else response(200, b"x" * size)
    if path.startswith("/delay/"):
        milliseconds = number(path[7:], LONGEST_DELAY_MS)
        if milliseconds is None:
            return BAD_NUMBER
        await sleep(milliseconds / 1000)
        return HELLO_RESPONSE
    return NOT_FOUND


async def lifespan(receive, send):
    while True:
        event = await receive()
        if event["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        elif event["type"] == "lifespan.shutdown":
            await send({"type": "lifespan.shutdown.complete"})
            return


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
        return
    if scope["type"] != "http":
        raise ValueError("the load application serves http and lifespan only")
    answer = await route(scope["path"], receive)
    if answer is not None:
        for event in answer:
            await send(event)
