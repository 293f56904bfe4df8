"""The addresses of managers, below /p/<project>/manage/."""

from django.urls import URLPattern, URLResolver, include, path

from annotate.web.managers import (
    batches,
    invitations,
    managing,
    people,
    previewing,
    project_settings,
    rubrics,
    sampling,
)
from annotate.web.quality import agreement, bridge, calibration, models, results

urlpatterns: list[URLPattern | URLResolver] = [
    path("", managing.project, name="manage-project"),
    path("scorers/", managing.scorers, name="manage-scorers"),
    path("scoring/", managing.start_scoring, name="manage-start-scoring"),
    path("scoring/<uuid:uid>/retry/", managing.retry_scoring, name="manage-retry-scoring"),
    path("people/", people.table, name="manage-people"),
    path("people/people.csv", people.as_csv, name="manage-people-csv"),
    path("people/invitations/", invitations.invitations, name="manage-invitations"),
    path("people/invitations/<uuid:uid>/withdraw/", invitations.withdraw, name="manage-invitation-withdraw"),
    path("people/<uuid:uid>/", people.person, name="manage-person"),
    path("people/<uuid:uid>/remove/", people.remove, name="manage-person-remove"),
    path("people/<uuid:uid>/reset/", people.reset, name="manage-person-reset"),
    path("batches/", batches.table, name="manage-batches"),
    path("batches/new/", batches.create, name="manage-batch-new"),
    path("batches/<uuid:uid>/", batches.batch, name="manage-batch"),
    path("batches/<uuid:uid>/plan/", batches.plan, name="manage-batch-plan"),
    path("batches/<uuid:uid>/plan/state/", batches.plan_state, name="manage-batch-plan-state"),
    path("batches/<uuid:uid>/sample/", sampling.sample, name="manage-batch-sample"),
    path("preview/", previewing.preview, name="manage-preview"),
    path("rubric/", rubrics.rubric, name="manage-rubric"),
    path("rubric/rubric.yaml", rubrics.as_file, name="manage-rubric-file"),
    path("rubric/use/", rubrics.use, name="manage-rubric-use"),
    path("settings/", project_settings.settings, name="manage-settings"),
    path("bridge/", bridge.bridge, name="manage-bridge"),
    path("flags/", include("annotate.web.quality.flags_urls")),
    path("agreement/", agreement.agreement, name="manage-agreement"),
    path("calibration/", calibration.calibration, name="manage-calibration"),
    path("models/", models.models, name="manage-models"),
    path("results/", results.results, name="manage-results"),
    path("quality/", include("annotate.web.managers.keys_urls")),
    path("", include("annotate.web.quality.urls")),
]
