"""The probe on a trio event loop (hypercorn's trio worker): imported only where a server runs on trio."""

import os

import trio

from probe import Switchboard, control_address


class TrioDriver:
    """Carries a switchboard on a trio event loop: system tasks read and write the control line."""

    cancelled = trio.Cancelled

    def __init__(self, stream, token):
        self._stream = stream
        self._outgoing, self._outbox = trio.open_memory_channel(float("inf"))
        self.board = Switchboard(self, token, "trio")
        trio.lowlevel.spawn_system_task(self._writing)
        trio.lowlevel.spawn_system_task(self._reading)

    async def _writing(self):
        async for data in self._outbox:
            try:
                await self._stream.send_all(data)
            except trio.BrokenResourceError:
                return

    async def _reading(self):
        try:
            async for data in self._stream:
                self.board.hear(data)
        except trio.BrokenResourceError:
            pass
        self.board.lose()

    def write(self, data):
        self._outgoing.send_nowait(data)

    def soon(self, flush):
        trio.lowlevel.current_trio_token().run_sync_soon(flush)

    def tasks(self):
        return trio.lowlevel.current_statistics().tasks_living

    def queue(self):
        return trio.open_memory_channel(float("inf"))

    def put(self, queue, item):
        queue[0].send_nowait(item)

    def get(self, queue):
        return queue[1].receive()

    def turn(self):
        return trio.lowlevel.checkpoint()

    def beside(self, job):
        return _Beside(job)


class _Beside:
    """Runs a job in a system task, from `begin` until `cancel`: a nursery would wrap exceptions in groups."""

    def __init__(self, job):
        self._job = job
        self._cancel = trio.CancelScope()
        self.interruptible = False
        self.interrupted = False

    def begin(self):
        trio.lowlevel.spawn_system_task(self._run)

    def cancel(self):
        self._cancel.cancel()

    def interrupt(self):
        """None: what trio cancels is a scope, which one call alone does not have here."""
        return None

    async def _run(self):
        with self._cancel:
            await self._job()


async def board(boards):
    """The control line of the trio run that calls; one at a time may open it."""
    key = (os.getpid(), id(trio.lowlevel.current_trio_token()))
    lock = boards.setdefault((key, "lock"), trio.Lock())
    async with lock:
        known = boards.get(key)
        if known is None or known.lost:
            known = boards[key] = (await _connect()).board
    return known


async def _connect():
    kind, place, token = control_address()
    if kind == "unix":
        return TrioDriver(await trio.open_unix_socket(place), token)
    host, _, port = place.rpartition(":")
    return TrioDriver(await trio.open_tcp_stream(host, int(port)), token)
