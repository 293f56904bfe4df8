"""From new responses to stored scores; the one stage that speaks with the inference library.

The database is the queue: a response without a Score of the run is work. A batch locks the
conversations it works on (``FOR NO KEY UPDATE SKIP LOCKED``, which hinders neither imports nor
annotators), so that any number of workers share a run without scoring anything twice; a worker that
dies lets go of its locks and its batch is taken up again.

``start_run`` makes a run and loads nothing; ``score_next_batch`` is what a worker does, over and over;
``pending_runs`` is what a sweep hands to it.
"""

from annotate.pipeline.scoring.batches import score_next_batch
from annotate.pipeline.scoring.configurations import scorers
from annotate.pipeline.scoring.runs import pending_runs, progress, retry_errors, settle, start_run

__all__ = ["pending_runs", "progress", "retry_errors", "score_next_batch", "scorers", "settle", "start_run"]
