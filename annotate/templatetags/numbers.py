"""How numbers are written."""

from __future__ import annotations

from django import template

register = template.Library()


@register.filter
def true_minus(number: object) -> str:
    """Write a number's minus as a minus, which is as wide as a digit, not as a hyphen."""
    return str(number).replace("-", "−")
