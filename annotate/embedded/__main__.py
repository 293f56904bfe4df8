"""Command line: `python -m annotate.embedded run|manage|borrow|throwaway`."""

import signal
import sys
from collections.abc import Sequence
from types import FrameType

from annotate.embedded import commands
from annotate.embedded.folder import LauncherError
from annotate.embedded.processes import on_stop, say

USAGE = """\
usage: python -m annotate.embedded run [--no-demo]
       python -m annotate.embedded manage ARGS...
       python -m annotate.embedded borrow -- COMMAND...     with the data folder's servers
       python -m annotate.embedded throwaway -- COMMAND...  with servers that are gone afterwards
"""


def main(arguments: Sequence[str]) -> int:
    """Do what is asked; gives the exit code."""
    match list(arguments):
        case ["run", *options] if set(options) <= {"--no-demo"}:
            return commands.run(demo=not options)
        case ["manage", *rest]:
            return commands.manage(rest)
        case ["borrow", "--", program, *rest]:
            return commands.borrow([program, *rest])
        case ["throwaway", "--", program, *rest]:
            return commands.throwaway([program, *rest])
    say(USAGE)
    return 2


def _leave(number: int, _frame: FrameType | None) -> None:
    """Turn a signal into an exit that lets every `finally` do its work, undisturbed by a second one."""
    on_stop(signal.SIG_IGN)
    raise SystemExit(128 + number)


if __name__ == "__main__":
    on_stop(_leave)
    try:
        sys.exit(main(sys.argv[1:]))
    except LauncherError as problem:
        say(f"annotate: {problem}")
        sys.exit(1)
