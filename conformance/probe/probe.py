"""The upper tester: an ASGI application whose every receive() and send() the suite commands.

Standard library only, Python >= 3.8, on any ASGI server, with nothing but environment variables:

    ASSAY_CONTROL   tcp:HOST:PORT:TOKEN or unix:PATH:TOKEN, where the suite listens
    PYTHONPATH      the folder of this file and its neighbours; the application is ``probe:app``

Each event loop of each worker process opens one control connection, which carries lines of JSON. The
token comes first, so that no other local process can command the server. Python types survive the
journey: see ``probe_values``.
"""

import asyncio
import builtins
import contextvars
import gc
import json
import os
import platform
import sys

from probe_values import decode, describe, encode

_to_json = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode
_JOURNEY = contextvars.ContextVar("assay_journey", default=None)


# --- the control line -----------------------------------------------------------------------------


class Switchboard:
    """One control connection, whatever event loop carries it: lines in, lines out, scopes between.

    The driver belongs to the event loop: it writes bytes, makes queues and runs a helper beside a scope.
    """

    def __init__(self, driver, token, loop_name):
        self._driver = driver
        # A line that has begun, in pieces: it may be megabytes long.
        self._begun = []
        self._outbox = []
        self._sessions = {}
        self._count = 0
        self.lost = False
        self.tell(
            {
                "hello": token,
                "pid": os.getpid(),
                "runtime": "%s %s" % (platform.python_implementation(), platform.python_version()),
                "loop": loop_name,
            }
        )

    def hear(self, data):
        *lines, rest = data.split(b"\n")
        if lines:
            lines[0] = b"".join(self._begun) + lines[0]
            self._begun = []
        self._begun.append(rest)
        for line in lines:
            self._obey(json.loads(line.decode("utf-8")))

    def lose(self):
        self.lost = True
        for session in list(self._sessions.values()):
            session.command({"op": "return"})

    def _obey(self, command):
        if command["op"] == "ping":
            self.tell({"pong": command["n"]})
            return
        if command["op"] == "count":
            if command["collect"]:
                gc.collect()
            self.tell({"pong": command["n"], **holdings(self._driver)})
            return
        session = self._sessions.get(command["scope"])
        if session is None:
            self.tell({"answer": command["n"], "scope": command["scope"], "gone": True})
        else:
            session.command(command)

    def tell(self, event):
        """What is told in one turn of the event loop leaves in one write."""
        if not self._outbox:
            self._driver.soon(self.flush)
        self._outbox.append(_to_json(event))

    def flush(self):
        lines, self._outbox = self._outbox, []
        if lines and not self.lost:
            self._driver.write(("\n".join(lines) + "\n").encode("ascii"))

    async def serve(self, scope, receive, send):
        self._count += 1
        number = self._count
        session = Session(self, self._driver, number, scope, receive, send)
        self._sessions[number] = session
        try:
            await session.run()
        finally:
            del self._sessions[number]


def holdings(driver):
    """What must be back to base when a program is over."""
    try:
        fds = len(os.listdir("/proc/self/fd"))
    except OSError:
        fds = -1
    return {"tasks": driver.tasks(), "fds": fds}


class Session:
    """One connection scope under command. Sends run one after another unless they are
    commanded to run beside, and so do receives, but the two lines are independent: a pending receive()
    does not hold up send()."""

    def __init__(self, board, driver, number, scope, receive, send):
        self._board = board
        self._driver = driver
        self._number = number
        self._context = None
        self._scope = scope
        self._receive = receive
        self._send = send
        self._commands = driver.queue()
        self._receives = None
        self._receiving = None
        self._besides = []
        self._last_error = RuntimeError("no call has failed yet")

    def command(self, command):
        if command["op"] == "cancel":
            self._answer(command, {"value": self._receiving.interrupt()})
            return
        if command["op"] != "receive":
            self._driver.put(self._commands, command)
            return
        # Many applications never call receive(): the line for it begins with the first command.
        if self._receives is None:
            self._receives = self._driver.queue()
            self._context.run(self._receiving.begin)
        self._driver.put(self._receives, command)

    async def run(self):
        journey = _JOURNEY.get()
        _JOURNEY.set(self._number)
        self._context = contextvars.copy_context()
        self._receiving = self._driver.beside(self._receive_line)
        self._board.tell(
            {"scope": self._number, "value": encode(self._scope), "journey": journey}
        )
        end = "cancelled"
        try:
            error = await self._command_line()
            end = "returned" if error is None else "raised"
        finally:
            for helper in [self._receiving, *self._besides]:
                helper.cancel()
            self._board.tell({"end": end, "scope": self._number})
            # At once: what the application raises may end the process.
            self._board.flush()
        if error is not None:
            raise error

    async def _command_line(self):
        """Until a command ends the call; answers the exception with which it is to end, if any."""
        while True:
            command = await self._driver.get(self._commands)
            op = command["op"]
            if op == "send" and command.get("beside"):
                await self._send_beside(command)
                continue
            if op == "send":
                error = await self._call(command, self._send, decode(command["message"]))
                if command.get("last"):
                    return grouped(error) if command.get("grouped") else error
                continue
            if op == "exit":
                os._exit(command["code"])
            if op == "state":
                state = self._scope["state"]
                holder = state[command["holder"]] if "holder" in command else state
                holder[command["key"]] = decode(command["value"])
            self._answer(command, {"value": encode(self._scope) if op == "look" else None})
            if op == "return":
                return None
            if op == "raise":
                return _EXCEPTIONS.get(command["class"], RuntimeError)(command["text"])
            if op == "reraise":
                return self._last_error

    async def _send_beside(self, command):
        """In a task of its own: the commands after it wait until it has called send(), and not for its end."""
        message = decode(command["message"])
        called = []

        async def send():
            called.append(True)
            await self._call(command, self._send, message)

        helper = self._driver.beside(send)
        self._besides.append(helper)
        helper.begin()
        while not called:
            await self._driver.turn()

    async def _receive_line(self):
        while True:
            command = await self._driver.get(self._receives)
            self._receiving.interruptible = True
            await self._call(command, self._receive)
            self._receiving.interruptible = self._receiving.interrupted = False

    async def _call(self, command, function, *arguments):
        """Makes one call and answers for it; returns the exception that it raised."""
        error = None
        try:
            outcome = {"value": encode(await function(*arguments))}
        except self._driver.cancelled as raised:
            if function is self._send or not self._receiving.interrupted:
                raise
            outcome = {"error": describe(raised)}
        except BaseException as raised:
            error = self._last_error = raised
            outcome = {"error": describe(error)}
        self._answer(command, outcome)
        return error

    def _answer(self, command, outcome):
        if "n" in command:
            outcome["answer"] = command["n"]
            outcome["scope"] = self._number
            self._board.tell(outcome)
            # What ends the lifespan may end the process in the same turn.
            if self._scope.get("type") == "lifespan":
                self._board.flush()


def grouped(error):
    """As a task group hands on what one of its tasks raised; Pythons before 3.11 have no such group."""
    group = getattr(builtins, "BaseExceptionGroup", None)
    return error if error is None or group is None else group("one task failed", [error])


_EXCEPTIONS = {
    "RuntimeError": RuntimeError,
    "ValueError": ValueError,
    "OSError": OSError,
    "KeyboardInterrupt": KeyboardInterrupt,
    "SystemExit": SystemExit,
    "CancelledError": asyncio.CancelledError,
}


# --- the asyncio driver ---------------------------------------------------------------------------


class AsyncioDriver(asyncio.Protocol):
    """Carries a switchboard on an asyncio event loop, uvloop among them."""

    cancelled = asyncio.CancelledError

    def __init__(self, token):
        self._token = token
        self.board = None

    def connection_made(self, transport):
        self.write = transport.write
        loop = asyncio.get_running_loop()
        name = "%s.%s" % (type(loop).__module__, type(loop).__name__)
        self.soon = loop.call_soon
        self.board = Switchboard(self, self._token, name)

    def connection_lost(self, error):
        self.board.lose()

    def data_received(self, data):
        self.board.hear(data)

    def tasks(self):
        return len(asyncio.all_tasks())

    def queue(self):
        return asyncio.Queue()

    def put(self, queue, item):
        queue.put_nowait(item)

    def get(self, queue):
        return queue.get()

    def turn(self):
        """Lets the other tasks have theirs."""
        return asyncio.sleep(0)

    def beside(self, job):
        return _Beside(job)


class _Beside:
    """Runs a job in a task of its own, from `begin` until `cancel`."""

    def __init__(self, job):
        self._job = job
        self._task = None
        self.interruptible = False
        self.interrupted = False

    def begin(self):
        self._task = asyncio.ensure_future(self._job())

    def interrupt(self):
        """Cancels the call that the job is in; False when it is in none."""
        if self.interruptible:
            self.interrupted = True
            self._task.cancel()
        return self.interruptible

    def cancel(self):
        if self._task is not None:
            self._task.cancel()


async def connect_asyncio(kind, place, token):
    loop = asyncio.get_running_loop()
    if kind == "unix":
        _, driver = await loop.create_unix_connection(lambda: AsyncioDriver(token), place)
    else:
        host, _, port = place.rpartition(":")
        _, driver = await loop.create_connection(lambda: AsyncioDriver(token), host, int(port))
    return driver.board


# --- the application ------------------------------------------------------------------------------

_BOARDS = {}


def control_address():
    """(kind, place, token) of ASSAY_CONTROL."""
    address = os.environ.get("ASSAY_CONTROL")
    if not address:
        raise RuntimeError("ASSAY_CONTROL is not set: the probe does not know where the suite is")
    kind, _, rest = address.partition(":")
    place, _, token = rest.rpartition(":")
    if kind not in ("unix", "tcp"):
        raise RuntimeError("ASSAY_CONTROL must start with tcp: or unix:, not %r" % kind)
    return kind, place, token


async def _board():
    """The control line of this event loop in this process: forks and threads get their own."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        import probe_trio

        return await probe_trio.board(_BOARDS)
    key = (os.getpid(), id(loop))
    opening = _BOARDS.get(key)
    if opening is None or (opening.done() and _failed(opening)):
        opening = _BOARDS[key] = asyncio.ensure_future(connect_asyncio(*control_address()))
    return await asyncio.shield(opening)


def _failed(opening):
    return opening.cancelled() or opening.exception() is not None or opening.result().lost


async def _lifespan_alone(receive, send):
    """An attached server starts before the suite listens: then the probe starts up by itself."""
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def app(scope, receive, send):
    try:
        board = await _board()
    except OSError:
        if scope["type"] != "lifespan":
            raise
        await _lifespan_alone(receive, send)
        return
    await board.serve(scope, receive, send)


if sys.version_info < (3, 8):
    raise RuntimeError("the probe needs Python 3.8 or newer")
