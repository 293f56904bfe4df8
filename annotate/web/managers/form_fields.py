"""Form fields for lists: words between commas, and one entry on each line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")


class ListField(forms.CharField):
    """A list of texts in one input; entries are stripped, empty and repeated ones dropped."""

    separator = ","
    joined = ", "

    def __init__(self, *, entry_length: int = 64, **options: Any) -> None:  # noqa: ANN401 - Django's
        super().__init__(required=False, **options)
        self.entry_length = entry_length

    def prepare_value(self, value: Any) -> Any:  # noqa: ANN401 - Django's
        """Show a stored list as its text."""
        return self.joined.join(value) if isinstance(value, (list, tuple)) else value

    def clean(self, value: Any) -> Any:  # noqa: ANN401 - a list where CharField has a text
        """Return the list."""
        text: str = super().clean(value)
        entries = list(dict.fromkeys(filter(None, (one.strip() for one in text.split(self.separator)))))
        for one in entries:
            self.check_entry(one)
        return entries

    def check_entry(self, entry: str) -> None:
        """Refuse an entry that is too long."""
        if len(entry) > self.entry_length:
            words = _("“%(entry)s” is too long: %(length)d characters at most.")
            raise ValidationError(words % {"entry": entry, "length": self.entry_length})

    def has_changed(self, initial: Any, data: Any) -> bool:  # noqa: ANN401 - Django's
        """Compare lists, not their texts."""
        given: list[str] = self.clean(data)
        return list(initial or []) != given


class LinesField(ListField):
    """A list of texts, one on each line."""

    separator = "\n"
    joined = "\n"
    widget = forms.Textarea


class LanguagesField(ListField):
    """Language codes as conversations carry them, in lower case: en, zh-hans."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - Django's
        super().__init__(entry_length=16, **options)

    def clean(self, value: Any) -> Any:  # noqa: ANN401 - see above
        """Return the codes in lower case."""
        return super().clean(str(value or "").lower().replace("，", ","))

    def check_entry(self, entry: str) -> None:
        """Refuse what is no code."""
        super().check_entry(entry)
        if not LANGUAGE.fullmatch(entry):
            raise ValidationError(_("“%(entry)s” is no language code; write en, zh-hans.") % {"entry": entry})


def described(errors: Sequence[tuple[str, str]], form: forms.BaseForm) -> None:
    """Show refusals of a stage, as (path, words), at the fields they name, else above the form."""
    for path, words in errors:
        form.add_error(path if path in form.fields else None, words)


class PercentField(forms.FloatField):
    """A share, stored from 0 to 1 and written in percent, up to ``limit``."""

    def __init__(self, *, limit: int, **options: Any) -> None:  # noqa: ANN401 - Django's
        widget = forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"})
        super().__init__(min_value=0, max_value=limit, widget=widget, **options)

    def prepare_value(self, value: Any) -> Any:  # noqa: ANN401 - Django's
        """Show a stored share in percent; what was typed stays as it was."""
        return f"{value * 100:g}" if isinstance(value, float) else value

    def clean(self, value: Any) -> float:  # noqa: ANN401 - Django's
        """Return the share."""
        return float(super().clean(value)) / 100

    def has_changed(self, initial: Any, data: Any) -> bool:  # noqa: ANN401 - Django's
        """Compare percent with percent."""
        return super().has_changed(self.prepare_value(initial), data)
