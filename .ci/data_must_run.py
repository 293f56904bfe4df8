"""A pytest plugin for CI: no test on data beside the checkout may be skipped; the last lines name what failed."""  # noqa: INP001

import os
from collections.abc import Generator

import pytest

NEEDED = {"intermt": "INTERMT_DATA", "golden": "GOLDEN_DATA"}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn the skip of a test marked `intermt` or `golden` into a failure."""
    report = yield
    for marker, variable in NEEDED.items():
        if report.skipped and os.environ.get(variable) and item.get_closest_marker(marker):
            report.outcome = "failed"
            report.longrepr = f"{variable} is set, yet this test was skipped: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Generator[None, None, None]:
    """Name the failed tests after everything else: of a long log, often only the end is kept."""
    yield
    for kind in ("failed", "error"):
        for report in terminalreporter.getreports(kind):
            terminalreporter.write_line(f"{kind}: {report.nodeid} ({report.when})")
