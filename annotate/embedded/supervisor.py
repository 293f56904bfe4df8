"""Runs the processes of `./run`: starts them, passes their words on, restarts the dead, stops in order."""

import asyncio
import contextlib
import logging
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from logging.handlers import RotatingFileHandler

from annotate.embedded.folder import PROJECT, DataFolder, LauncherError, exclusive
from annotate.embedded.processes import STOP_SIGNALS, guard, say
from annotate.embedded.server import LOG_BYTES, Server

WATCH_SECONDS = 2.0
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
STEADY_SECONDS = 60.0
HOPELESS = 3
LONGEST_LINE = 1 << 20


@dataclass(frozen=True)
class Process:
    """One line of the process table."""

    name: str
    command: Sequence[str]
    patience: float
    """Seconds it is given to end by itself when everything stops."""


class Supervisor:
    """Keeps `processes` (the first one is the web) and `servers` up until it is told to stop.

    `answers` tells whether the web does; `welcome` is called once, as soon as it does.
    """

    def __init__(  # noqa: PLR0913 - one of each, all needed
        self,
        folder: DataFolder,
        *,
        processes: Sequence[Process],
        servers: Sequence[Server],
        environment: Mapping[str, str],
        answers: Callable[[], bool],
        welcome: Callable[[], None],
    ) -> None:
        self.folder = folder
        self.processes = processes
        self.servers = servers
        self.environment = environment
        self.answers = answers
        self.welcome = welcome
        self.running: dict[str, asyncio.subprocess.Process] = {}
        self.last_lines: dict[str, deque[str]] = {process.name: deque(maxlen=60) for process in processes}
        self.web_is_up = False
        self.stopping = asyncio.Event()
        self.failure: str | None = None

    async def run(self) -> None:
        """Work until SIGINT, SIGTERM or the loss of the terminal; LauncherError when the web cannot start."""
        loop = asyncio.get_running_loop()
        for number in STOP_SIGNALS:
            if signal.getsignal(number) != signal.SIG_IGN:  # nohup's wish
                loop.add_signal_handler(number, self.stopping.set)
        keepers = [asyncio.create_task(self._keep(process)) for process in self.processes]
        watchers = [asyncio.create_task(self._watch_servers()), asyncio.create_task(self._watch_web())]
        await self.stopping.wait()
        say("stopping …")
        web, *others = self.processes
        await self._end(web)
        await asyncio.gather(*(self._end(process) for process in others))
        for keeper in keepers:
            keeper.cancel()
        await asyncio.gather(*keepers, return_exceptions=True)
        await asyncio.gather(*watchers)
        if self.failure:
            raise LauncherError(self.failure)

    async def _keep(self, process: Process) -> None:
        """Start a process, and again whenever it dies, with longer and longer pauses."""
        pause, deaths = FIRST_PAUSE, 0
        while not self.stopping.is_set():
            began = time.monotonic()
            code = await self._run_once(process)
            if self.stopping.is_set():
                return
            deaths += 1
            if process is self.processes[0] and not self.web_is_up and deaths >= HOPELESS:
                self._give_up(process)
                return
            pause = FIRST_PAUSE if time.monotonic() - began > STEADY_SECONDS else pause
            say(f"{process.name} ended ({_outcome(code)}); starting it again in {pause:g} s")
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _run_once(self, process: Process) -> int:
        child = await asyncio.create_subprocess_exec(
            *guard(),
            *process.command,
            cwd=PROJECT,
            env=self.environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for us: we stop them in order
            limit=LONGEST_LINE,
        )
        self.running[process.name] = child
        relay = asyncio.create_task(self._relay(process.name, child.stdout))
        try:
            code = await child.wait()
        finally:
            _kill_group(child.pid)  # what it forked must not outlive it
            del self.running[process.name]
        await relay
        return code

    async def _relay(self, name: str, output: asyncio.StreamReader | None) -> None:
        """Print a child's lines under its name and keep them in a log of bounded size."""
        handler = RotatingFileHandler(
            self.folder.log(name), maxBytes=LOG_BYTES, backupCount=1, encoding="utf-8"
        )
        with contextlib.closing(handler):
            while output is not None and not output.at_eof():
                try:
                    line = (await output.readline()).decode(errors="replace").rstrip()
                except ValueError:
                    line = f"(a line of more than {LONGEST_LINE} bytes left out)"
                if line:
                    handler.emit(logging.makeLogRecord({"msg": line}))
                    self.last_lines[name].append(line)
                    with contextlib.suppress(OSError):  # nobody may be reading any more
                        sys.stdout.write(f"{name:<8}| {line}\n")
                        sys.stdout.flush()

    async def _end(self, process: Process) -> None:
        """Ask a process to end, and see to it."""
        child = self.running.get(process.name)
        if child is None:
            return
        with contextlib.suppress(ProcessLookupError):
            child.terminate()
        try:
            await asyncio.wait_for(asyncio.shield(child.wait()), process.patience)
        except TimeoutError:
            say(f"{process.name} did not end within {process.patience:.0f} s; ending it the hard way")
            _kill_group(child.pid)
            await child.wait()

    async def _watch_servers(self) -> None:
        while not await self._stopping_within(WATCH_SECONDS):
            for server in self.servers:
                await asyncio.to_thread(_revive, server)

    async def _watch_web(self) -> None:
        began, pause = time.monotonic(), 0.1
        while not await self._stopping_within(pause):
            if await asyncio.to_thread(self.answers):
                self.web_is_up = True
                self.welcome()
                return
            if pause < WATCH_SECONDS < time.monotonic() - began:
                pause = WATCH_SECONDS
                say(f"the web does not serve yet; its words are in {self.folder.log('web')}")

    async def _stopping_within(self, seconds: float) -> bool:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.stopping.wait(), seconds)
        return self.stopping.is_set()

    def _give_up(self, process: Process) -> None:
        words = "\n".join(self.last_lines[process.name])
        self.failure = f"{process.name} did not start {HOPELESS} times in a row. Its last lines:\n{words}"
        self.stopping.set()


def _revive(server: Server) -> None:
    """Start a server again that has died, and keep its log within bounds."""
    server.bound_log()
    if server.state() == "down":
        say(f"{server.name} ended; starting it again")
        try:
            with exclusive(server.folder.lock(f"{server.name}.change")):
                server.start()
        except LauncherError as error:
            say(str(error))  # the next look tries again


def _kill_group(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def _outcome(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name
