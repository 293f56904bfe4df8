"""The Celery application; `celery -A annotate` finds it."""

import os

from celery import Celery, bootsteps
from celery.worker import WorkController

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotate.settings")
app = Celery("annotate")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

GPU_QUEUE = "gpu"


class ScoringWorker(bootsteps.StartStopStep):
    """Makes a worker of the queue ``gpu`` known as a scoring worker, from its start to its end."""

    requires = ("celery.worker.components:Pool",)

    def include_if(self, parent: WorkController) -> bool:
        """Leave the workers of other queues alone."""
        return GPU_QUEUE in parent.app.amqp.queues.consume_from

    def start(self, parent: WorkController) -> None:  # noqa: ARG002 - Celery's signature
        """Tell that this process works."""
        from annotate.pipeline.scoring import workers  # noqa: PLC0415 - needs the settings

        workers.begin()

    def stop(self, parent: WorkController) -> None:  # noqa: ARG002 - Celery's signature
        """Tell that it does no more."""
        from annotate.pipeline.scoring import workers  # noqa: PLC0415 - needs the settings

        workers.end()


app.steps["worker"].add(ScoringWorker)
