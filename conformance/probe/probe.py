"""The upper tester: an ASGI application whose every receive() and send() the suite commands.

Standard library only, Python >= 3.8, on any ASGI server, with nothing but environment variables:

    ASSAY_CONTROL   tcp:HOST:PORT:TOKEN or unix:PATH:TOKEN, where the suite listens
    PYTHONPATH      the folder of this file; the application is ``probe:app``

Each event loop of each worker process opens one control connection, which carries lines of JSON. The
token comes first, so that no other local process can command the server. Python types survive the
journey: see ``encode`` and ``decode``.
"""

import asyncio
import base64
import contextvars
import json
import os
import platform
import sys

_LARGE = 1024
_JOURNEY = contextvars.ContextVar("assay_journey", default=None)


# --- values ---------------------------------------------------------------------------------------
# JSON has fewer types than Python; what it lacks travels as an object with one key that starts with $.


def encode(value):
    """Python value -> JSON value that says which Python type it was."""
    kind = type(value)
    if value is None or kind is str or kind is bool:
        return value
    if kind is bytes:
        if len(value) > _LARGE:
            return {"$B": base64.b64encode(value).decode("ascii")}
        return {"$b": value.decode("latin-1")}
    if kind is int:
        return value if -(2**53) < value < 2**53 else {"$i": str(value)}
    if kind is list:
        return [encode(item) for item in value]
    if kind is tuple:
        return {"$t": [encode(item) for item in value]}
    if kind is dict:
        return _encode_dict(value)
    if kind is float:
        return {"$f": repr(value)}
    return _encode_other(value, kind)


def _encode_dict(value):
    plain = True
    for key in value:
        if type(key) is not str or key[:1] == "$":
            plain = False
            break
    if plain:
        return {key: encode(item) for key, item in value.items()}
    return {"$d": [[encode(key), encode(item)] for key, item in value.items()]}


def _encode_other(value, kind):
    for base in (bool, int, str, bytes, float, list, tuple, dict):
        if isinstance(value, base):
            return {"$s": [kind.__name__, encode(base(value))]}
    if hasattr(value, "items") and hasattr(value, "keys"):
        return {"$m": [kind.__name__, [[encode(k), encode(v)] for k, v in value.items()]]}
    if hasattr(value, "__iter__") and not isinstance(value, (bytearray, memoryview)):
        return {"$g": [kind.__name__, [encode(item) for item in value]]}
    return {"$o": [kind.__name__, repr(value)[:200]]}


def decode(value):
    """What the suite sent -> the Python value it meant."""
    kind = type(value)
    if kind is list:
        return [decode(item) for item in value]
    if kind is not dict:
        return value
    if len(value) == 1:
        ((tag, body),) = value.items()
        maker = _MAKERS.get(tag)
        if maker is not None:
            return maker(body)
    return {key: decode(item) for key, item in value.items()}


_MAKERS = {
    "$b": lambda body: body.encode("latin-1"),
    "$B": lambda body: base64.b64decode(body),
    "$i": lambda body: int(body),
    "$f": lambda body: float(body),
    "$t": lambda body: tuple(decode(item) for item in body),
    "$d": lambda body: {decode(key): decode(item) for key, item in body},
    "$g": lambda body: (item for item in decode(body[1])),
    "$a": lambda body: bytearray(body.encode("latin-1")),
    "$v": lambda body: memoryview(body.encode("latin-1")),
    "$o": lambda body: object(),
    "$F": lambda body: open(body, "rb"),
}


def describe(error):
    """An exception as data: the names of its class and bases, most special first."""
    chain = [cls.__name__ for cls in type(error).__mro__ if cls is not object]
    return {"chain": chain, "text": str(error)[:500]}


# --- the control line -----------------------------------------------------------------------------


class Line(asyncio.Protocol):
    """One control connection of one event loop."""

    def __init__(self, token):
        self._token = token
        self._rest = b""
        self._transport = None
        self._sessions = {}
        self._count = 0
        self.lost = False

    def connection_made(self, transport):
        self._transport = transport
        loop = asyncio.get_running_loop()
        self.tell(
            {
                "hello": self._token,
                "pid": os.getpid(),
                "runtime": "%s %s" % (platform.python_implementation(), platform.python_version()),
                "loop": "%s.%s" % (type(loop).__module__, type(loop).__name__),
            }
        )

    def connection_lost(self, error):
        self.lost = True
        for session in list(self._sessions.values()):
            session.command({"op": "abandon"})

    def data_received(self, data):
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._obey(json.loads(line))

    def _obey(self, command):
        if command["op"] == "ping":
            self.tell({"pong": command["n"], "stats": stats()})
            return
        session = self._sessions.get(command["scope"])
        if session is None:
            self.tell({"answer": command["n"], "scope": command["scope"], "gone": True})
        else:
            session.command(command)

    def tell(self, event):
        if not self.lost:
            self._transport.write(json.dumps(event, separators=(",", ":")).encode("ascii") + b"\n")

    async def serve(self, scope, receive, send):
        self._count += 1
        number = self._count
        session = Session(self, number, scope, receive, send)
        self._sessions[number] = session
        try:
            await session.run()
        finally:
            del self._sessions[number]


def stats():
    """What must be back to base when a program is over."""
    try:
        fds = len(os.listdir("/proc/self/fd"))
    except OSError:
        fds = -1
    return {"pid": os.getpid(), "tasks": len(asyncio.all_tasks()), "fds": fds}


class Raised(Exception):
    """Carries the exception that the suite asked the application to raise."""

    def __init__(self, error):
        super().__init__()
        self.error = error


class Session:
    """One connection scope under command. Sends run one after another, and so do receives, but the
    two lines are independent: a pending receive() does not hold up send()."""

    def __init__(self, line, number, scope, receive, send):
        self._line = line
        self._number = number
        self._scope = scope
        self._receive = receive
        self._send = send
        self._commands = asyncio.Queue()
        self._receives = {}
        self._last_receive = None
        self._last_error = RuntimeError("no call has failed yet")

    def command(self, command):
        if command["op"] == "cancel":
            task = self._receives.get(command["call"])
            if task is not None:
                task.cancel()
        elif command["op"] == "receive":
            task = asyncio.ensure_future(self._run_receive(command, self._last_receive))
            self._receives[command["n"]] = task
            if not command.get("concurrent"):
                self._last_receive = task
        else:
            self._commands.put_nowait(command)

    async def run(self):
        journey = _JOURNEY.get()
        _JOURNEY.set(self._number)
        self._line.tell(
            {
                "scope": self._number,
                "value": encode(self._scope),
                "journey": journey,
            }
        )
        how = {"end": "returned"}
        try:
            while await self._step(await self._commands.get()):
                pass
        except Raised as raised:
            how = {"end": "raised"}
            raise raised.error from None
        except asyncio.CancelledError:
            how = {"end": "cancelled"}
            raise
        finally:
            for task in self._receives.values():
                task.cancel()
            how["scope"] = self._number
            self._line.tell(how)

    async def _step(self, command):
        op = command["op"]
        if op == "send":
            await self._run_send(command)
        elif op == "return" or op == "abandon":
            self._answer(command, {"value": None})
            return False
        elif op == "raise":
            self._answer(command, {"value": None})
            raise Raised(_EXCEPTIONS.get(command["class"], RuntimeError)(command["text"]))
        elif op == "reraise":
            self._answer(command, {"value": None})
            raise Raised(self._last_error)
        elif op == "state":
            self._scope["state"][command["key"]] = decode(command["value"])
            self._answer(command, {"value": None})
        elif op == "look":
            self._answer(command, {"value": encode(self._scope)})
        elif op == "sleep":
            await asyncio.sleep(command["seconds"])
            self._answer(command, {"value": None})
        return True

    async def _run_send(self, command):
        try:
            result = await self._send(decode(command["message"]))
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            self._last_error = error
            self._answer(command, {"error": describe(error)})
        else:
            self._answer(command, {"value": encode(result)})

    async def _run_receive(self, command, previous):
        try:
            if previous is not None and not previous.done() and not command.get("concurrent"):
                await asyncio.wait({previous})
            result = encode(await self._receive())
        except asyncio.CancelledError:
            self._answer(command, {"error": {"chain": ["CancelledError"], "text": ""}})
        except BaseException as error:
            self._last_error = error
            self._answer(command, {"error": describe(error)})
        else:
            self._answer(command, {"value": result})
        finally:
            self._receives.pop(command["n"], None)

    def _answer(self, command, outcome):
        if "n" in command:
            outcome["answer"] = command["n"]
            outcome["scope"] = self._number
            self._line.tell(outcome)


_EXCEPTIONS = {
    "RuntimeError": RuntimeError,
    "ValueError": ValueError,
    "OSError": OSError,
    "KeyboardInterrupt": KeyboardInterrupt,
    "SystemExit": SystemExit,
    "CancelledError": asyncio.CancelledError,
}


# --- the application ------------------------------------------------------------------------------

_LINES = {}


async def _line():
    """The control line of this event loop in this process: forks and threads get their own."""
    loop = asyncio.get_running_loop()
    key = (os.getpid(), id(loop))
    opening = _LINES.get(key)
    if opening is None or (opening.done() and not opening.cancelled() and _failed(opening)):
        opening = _LINES[key] = asyncio.ensure_future(_open(loop))
    return await asyncio.shield(opening)


def _failed(opening):
    return opening.exception() is not None or opening.result().lost


async def _open(loop):
    address = os.environ.get("ASSAY_CONTROL")
    if not address:
        raise RuntimeError("ASSAY_CONTROL is not set: the probe does not know where the suite is")
    kind, _, rest = address.partition(":")
    place, _, token = rest.rpartition(":")
    if kind == "unix":
        _, line = await loop.create_unix_connection(lambda: Line(token), place)
    elif kind == "tcp":
        host, _, port = place.rpartition(":")
        _, line = await loop.create_connection(lambda: Line(token), host, int(port))
    else:
        raise RuntimeError("ASSAY_CONTROL must start with tcp: or unix:, not %r" % kind)
    return line


async def _lifespan_alone(receive, send):
    """An attached server starts before the suite listens: then the probe starts up by itself."""
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def app(scope, receive, send):
    try:
        line = await _line()
    except OSError:
        if scope["type"] != "lifespan":
            raise
        await _lifespan_alone(receive, send)
        return
    await line.serve(scope, receive, send)


if sys.version_info < (3, 8):
    raise RuntimeError("the probe needs Python 3.8 or newer")
