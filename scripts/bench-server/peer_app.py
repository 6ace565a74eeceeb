"""What the Python peers of `npm run bench:server` serve: examples/hello.ts and examples/echo.ts in Python."""

HELLO = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"text/plain"), (b"content-length", b"13")],
}
BODY = {"type": "http.response.body", "body": b"Hello, world!"}


async def lifespan(receive, send):
    while True:
        event = await receive()
        await send({"type": event["type"] + ".complete"})
        if event["type"] == "lifespan.shutdown":
            return


async def hello(scope, receive, send):
    if scope["type"] == "lifespan":
        return await lifespan(receive, send)
    await send(HELLO)
    await send(BODY)


async def echo(scope, receive, send):
    if scope["type"] == "lifespan":
        return await lifespan(receive, send)
    if scope["type"] == "websocket":
        return await echo_messages(receive, send)
    headers = [(b"content-type", b"application/octet-stream")]
    headers += [pair for pair in scope["headers"] if pair[0] == b"content-length"]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    more = True
    while more:
        event = await receive()
        if event["type"] != "http.request":
            return
        more = event.get("more_body", False)
        await send({"type": "http.response.body", "body": event.get("body", b""), "more_body": more})


async def echo_messages(receive, send):
    while True:
        event = await receive()
        if event["type"] == "websocket.connect":
            await send({"type": "websocket.accept"})
        elif event["type"] == "websocket.receive":
            content = {key: event[key] for key in ("text", "bytes") if event.get(key) is not None}
            await send({"type": "websocket.send", **content})
        else:
            return
