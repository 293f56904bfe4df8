"""A pytest plugin for CI: where the published conversations are at hand, no test on them may be skipped."""  # noqa: INP001

import os
from collections.abc import Generator

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn the skip of a test marked `intermt` into a failure."""
    report = yield
    if report.skipped and os.environ.get("INTERMT_DATA") and item.get_closest_marker("intermt"):
        report.outcome = "failed"
        report.longrepr = f"INTERMT_DATA is set, yet this test was skipped: {report.longrepr}"
    return report
