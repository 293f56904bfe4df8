"""Starting, finding and ending single processes."""

# ruff: noqa: S603 - every command here is put together by this package

import functools
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def say(text: str) -> None:
    """Tell the person at the terminal; standard output stays free for a command's own answer."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def succeeds(command: Sequence[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@functools.cache
def guard(with_signal: str = "TERM") -> tuple[str, ...]:
    """Give what goes before a command so that the kernel signals it when its parent dies, by kill -9 too.

    Nothing where there is no such thing (macOS): then the next start finds what was left over.
    """
    prefix = ("setpriv", "--pdeathsig", with_signal, "--")
    return prefix if shutil.which("setpriv") and succeeds([*prefix, "true"]) else ()


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Poll `condition` every 30 ms for at most `seconds`; gives whether it came true."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.03)
    return True


def was_started_with(pid: int, argument: str) -> bool:
    """Tell whether a process is alive with `argument` in its command line (a zombie has none)."""
    if sys.platform != "linux":
        shown = subprocess.run(
            ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, check=False
        )
        return os.fsencode(argument) in shown.stdout
    try:
        return os.fsencode(argument) in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def listener(path: Path) -> int | None:
    """Ask the kernel which process listens on a unix socket; None when none does, and on other systems."""
    if sys.platform != "linux":
        return None
    size = struct.calcsize("3i")
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1)
            connection.connect(str(path))
            found = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    except OSError:
        return None
    pid: int = struct.unpack("3i", found)[0]
    return pid


def end(pid: int, gone: Callable[[], bool], signals: Sequence[tuple[signal.Signals, float]]) -> None:
    """Send each signal in turn, giving the process the seconds that go with it, until it is `gone`."""
    for number, seconds in signals:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        if wait_until(gone, seconds):
            return


def on_stop(handler: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    """Set what a request to stop does; one that our own starter had us ignore (nohup) stays ignored."""
    for number in STOP_SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, handler)


def run_to_end(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a command in the foreground and give its exit code (128 + n when signal n ended it).

    A signal to us goes on to it; a Ctrl-C at the terminal has reached it already. Once it has ended,
    signals are ignored, as only tidying up is left to do.
    """
    with subprocess.Popen([*guard(), *command], env=environment) as child:

        def forward(number: int, _frame: FrameType | None) -> None:
            at_terminal = os.isatty(0) and os.tcgetpgrp(0) == os.getpgrp()
            if not (number == signal.SIGINT and at_terminal):
                child.send_signal(number)

        on_stop(forward)
        code = child.wait()
    on_stop(signal.SIG_IGN)
    return code if code >= 0 else 128 - code
