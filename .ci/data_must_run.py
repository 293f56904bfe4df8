"""A pytest plugin for CI: where data beside the checkout is at hand, no test on it may be skipped."""  # noqa: INP001

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
