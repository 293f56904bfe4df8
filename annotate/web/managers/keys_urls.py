"""The addresses of keys and qualifications, below /p/<project>/manage/quality/."""

from django.urls import URLPattern, path

from annotate.web.managers import keys

urlpatterns: list[URLPattern] = [
    path("", keys.page, name="manage-quality"),
    path("switches/", keys.switches, name="manage-quality-switches"),
    path("keys/", keys.new_key, name="manage-new-key"),
    path("keys/<uuid:uid>/", keys.change_key, name="manage-key"),
    path("people/<uuid:uid>/", keys.person, name="manage-qualification"),
]
