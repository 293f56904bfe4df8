"""The annotation screen as a person meets it: what can be seen and pressed there."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect


class Workbench:
    """One open annotation screen."""

    def __init__(self, page: Page, address: str, slug: str) -> None:
        self.page = page
        self.address = f"{address}/p/{slug}/annotate/"

    def open(self) -> Workbench:
        """Open (or reload) the screen and wait for its task."""
        self.page.goto(self.address)
        expect(self.page.locator(".question:visible").first).to_be_visible()
        return self

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def row(self, name: str, column: int = 0, turn: int = 0) -> Locator:
        """Return the row of a dimension under the n-th candidate of the n-th turn (the whole comes last)."""
        candidate = self.page.locator(".turn").nth(turn).locator(".candidate").nth(column)
        return candidate.locator(".question", has_text=name)

    def chosen(self, row: Locator) -> str:
        return row.locator("[aria-checked=true]").inner_text()

    def answer_everything(self, value: str = "2", comparison: str = "2") -> None:
        """Rate with one value, `n/a` where it is offered, compare with one choice; by keyboard alone."""
        missing = self.page.locator("#missing:not(.is-complete)")
        while missing.count():
            self.answer_next(value, comparison)

    def answer_everything_open(self, value: str = "2", comparison: str = "4") -> None:
        """Answer what is missing in the turns that are shown."""
        row = self.page.locator('.turn:not([hidden]) [data-required=""]:not(.is-answered)')
        while row.count():
            self.answer_next(value, comparison)

    def answer_next(self, value: str, comparison: str) -> None:
        self.press("n")
        row = self.page.locator(".question.is-current")
        kind = row.get_attribute("class") or ""
        if "question-comparison" in kind:
            self.press(comparison)
        elif "question-note" in kind:
            self.press("Enter", "W", "e", "l", "l", "Escape")
        else:
            self.press("x" if row.locator("button", has_text="n/a").count() else value)

    def wait_saved(self) -> None:
        expect(self.page.locator("#saved")).to_have_attribute("data-state", "saved")
