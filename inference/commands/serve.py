"""``python -m inference serve --scorer KEY [--model DIR] [--config YAML] [--host H] [--port N | --socket PATH]``."""

from __future__ import annotations

import argparse
import ipaddress
import logging
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

from inference.commands import scorers
from inference.commands.files import told
from inference.commands.scorers import say
from inference.configuration import ConfigurationError, fingerprint
from inference.remote import checked_token
from inference.scorers import load
from inference.server import ScoringServer
from inference.service import WAITING, Scoring

PORT = 8100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what --help lists."""
    parser.description = run.__doc__
    scorers.add_arguments(parser)
    parser.add_argument(
        "--host", default="127.0.0.1", help="the address to listen on (default: this machine)"
    )
    place = parser.add_mutually_exclusive_group()
    place.add_argument("--port", type=_port, default=PORT, help=f"default {PORT}; 0 takes a free one")
    place.add_argument("--socket", metavar="PATH", type=Path, help="a Unix socket instead of a port")
    parser.add_argument("--token-variable", metavar="NAME", help="the variable with the token to ask for")
    parser.add_argument("--waiting", type=_count, default=WAITING, help=f"requests that may wait ({WAITING})")


def run(args: argparse.Namespace) -> int:
    """Answer scoring requests by HTTP until SIGTERM or Ctrl-C, which let the request in work finish."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    try:
        serve(args)
    except (OSError, ConfigurationError) as error:
        return told(error)
    return 0


def serve(args: argparse.Namespace) -> None:
    """Take the port, load the scorer, then answer: a taken port is told before a model is loaded."""
    configuration = scorers.configured(args)
    variable = args.token_variable
    token = checked_token(variable, os.environ.get(variable)) if variable else ""
    with ScoringServer(args.socket or (args.host, args.port), token=token) as server:
        scorer = load(args.scorer, configuration)
        info = scorer.describe()
        # The settings are part of what is served: a client must notice when they change under it.
        info = replace(info, revision=f"{info.revision}+{fingerprint(configuration)[:12]}")
        server.start(Scoring(scorer, info, waiting=args.waiting))
        _stop_on_signal(server)
        say(f"{info.key}: {info.model}, revision {info.revision}")
        say(f"listening on {server.url} ({_reach(args, token)})")
        server.serve_forever(poll_interval=0.1)
    say("stopped")


def _stop_on_signal(server: ScoringServer) -> None:
    """Stop gently at the first signal; a second one ends the process as it always does."""
    numbers = (signal.SIGTERM, signal.SIGINT)

    def stop(*_: object) -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)
        server.stop()

    for number in numbers:
        signal.signal(number, stop)


def _reach(args: argparse.Namespace, token: str) -> str:
    if args.socket is not None or _is_loopback(args.host):
        return "reachable from this machine only"
    return "reachable by others" if token else "reachable by others, who need NO token; see --token-variable"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port < 2**16:
        raise ValueError(text)
    return port


def _count(text: str) -> int:
    count = int(text)
    if count < 0:
        raise ValueError(text)
    return count
