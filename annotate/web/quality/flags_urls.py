"""The addresses of a manager's pages about flags, below /p/<project>/manage/flags/."""

from django.urls import URLPattern, path

from annotate.web.quality import flags

urlpatterns: list[URLPattern] = [
    path("", flags.statistics, name="manage-flags"),
    path("model-wrong/", flags.faults, name="manage-model-faults"),
    path("model-wrong/model-wrong.json", flags.faults_file, name="manage-model-faults-file"),
]
