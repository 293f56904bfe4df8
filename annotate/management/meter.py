"""How far a long command is, on standard error: a bar on a terminal, else a plain line now and then."""

from __future__ import annotations

import shutil
import time

from django.core.management.base import OutputWrapper

LINE_SECONDS = 10.0
_WIDTH = 24


class Meter:
    """Shows how much of a total is scored, how fast, and how long the rest will take at this pace."""

    def __init__(self, stream: OutputWrapper) -> None:
        self.stream = stream
        self.is_terminal = stream.isatty()
        self.began_at = time.monotonic()
        self.began_with: int | None = None
        self.last_line: float | None = None
        self.last_words = ""

    def show(self, scored: int, errors: int, total: int) -> None:
        """Draw the bar anew, or print a line when the last one is ten seconds old."""
        now = time.monotonic()
        words = self._words(scored, errors, total, now - self.began_at)
        if self.is_terminal:
            filled = _WIDTH * (scored + errors) // max(total, 1)
            bar = f"[{'#' * filled}{'.' * (_WIDTH - filled)}] {words}"
            width = shutil.get_terminal_size().columns - 1
            self._write(f"\r{bar[:width]:<{width}}")
        elif self.last_line is None or now - self.last_line >= LINE_SECONDS:
            self._write(f"{words}\n")
            self.last_line = now
        self.last_words = words

    def say(self, sentence: str) -> None:
        """Print a sentence on a line of its own."""
        self._write(f"\n{sentence}\n" if self.is_terminal else f"{sentence}\n")

    def end(self) -> None:
        """Leave the last state standing."""
        self._write("\n" if self.is_terminal else f"{self.last_words}\n")

    def _words(self, scored: int, errors: int, total: int, seconds: float) -> str:
        answered = scored + errors
        if self.began_with is None:
            self.began_with = answered
        rate = (answered - self.began_with) / seconds if seconds else 0.0
        words = f"{scored}/{total} scored, {errors} in error"
        if not rate:
            return words
        return f"{words}, {rate:.1f}/s, {duration((total - answered) / rate)} left"

    def _write(self, words: str) -> None:
        self.stream.write(words, str, ending="")  # str: without the red of errors
        self.stream.flush()


def duration(seconds: float) -> str:
    """Return seconds as ``h:mm:ss``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
