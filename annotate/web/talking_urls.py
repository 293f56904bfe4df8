"""The addresses of problems, questions and guidelines, below /p/<project>/."""

from django.urls import URLPattern, path

from annotate.web.managers import guidelines, inquiries, problems

urlpatterns: list[URLPattern] = [
    path("manage/problems/", problems.problems, name="problems"),
    path("manage/problems/task/<uuid:uid>/close/", problems.close, name="problems-close"),
    path("manage/problems/task/<uuid:uid>/reopen/", problems.reopen, name="problems-reopen"),
    path("manage/problems/report/<uuid:uid>/dismiss/", problems.dismiss, name="problems-dismiss"),
    path("manage/guidelines/", guidelines.versions_page, name="guidelines"),
    path("manage/guidelines/new/", guidelines.new, name="guidelines-new"),
    path("manage/guidelines/use/<uuid:uid>/", guidelines.use, name="guidelines-use"),
    path("manage/guidelines/<int:version>/", guidelines.version_page, name="guidelines-version"),
    path("questions/", inquiries.questions, name="questions"),
    path("questions/publish/", inquiries.write_published, name="questions-publish"),
    path("questions/published/<uuid:uid>/", inquiries.edit_published, name="questions-published"),
    path("questions/<uuid:uid>/", inquiries.question, name="question"),
    path("questions/<uuid:uid>/settle/", inquiries.settle, name="question-settle"),
    path("questions/<uuid:uid>/publish/", inquiries.publish_answer, name="question-publish"),
]
