"""Addresses that only take a form: who asks one for a page is shown the page that it belongs to."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.contrib import messages
from django.contrib.messages.storage.base import BaseStorage
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _


def form_addresses(answer: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Lead a browser that asks such an address for a page to the nearest page above, and say that nothing was stored.

    So ends a form that was sent after one's session: the log-in goes on to the form's own address, without the form.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        given = answer(request)
        if given.status_code != HTTPStatus.METHOD_NOT_ALLOWED or not _is_for_a_page(request):
            return given
        _say_once(request, _("Nothing was stored. Please do it again from here."))
        return HttpResponseRedirect(_above(request.path))

    return middleware


def _is_for_a_page(request: HttpRequest) -> bool:
    return request.method == "GET" and "text/html" in request.headers.get("Accept", "")


def _say_once(request: HttpRequest, words: str) -> None:
    """Leave a message for the next page, unless it waits already: the page above may be a form's address, too."""
    waiting = messages.get_messages(request)
    said = any(str(one) == words for one in waiting)
    if isinstance(waiting, BaseStorage):
        waiting.used = False
    if not said:
        messages.warning(request, words)


def _above(path: str) -> str:
    """Return the nearest address above ``path``; the home page, which everybody may ask, is above all."""
    parts = path.strip("/").split("/")[:-1]
    while parts:
        above = f"/{'/'.join(parts)}/"
        try:
            resolve(above)
        except Resolver404:
            parts.pop()
        else:
            return above
    return "/"
