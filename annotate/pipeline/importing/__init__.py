"""From a file to conversation trees with their images, labels and tasks.

``uploads`` keeps what a browser or a program sends until its run is over; ``running`` goes through a file
in groups; ``prepared`` finds a record's ``pictures``, gives every node its identity and checks its
``labels``; ``storing`` merges a group into the stored ``trees``, puts new paths into tasks (``placing``),
keeps labels as ``revisions`` and writes it all in one transaction; ``report`` counts. A record is stored
whole or not at all, and the same record again changes nothing.
"""

from annotate.pipeline.importing.report import Report
from annotate.pipeline.importing.running import import_file, run, unfinished
from annotate.pipeline.importing.uploads import Options, can_be_done_for_real, do_for_real, receive

__all__ = [
    "Options",
    "Report",
    "can_be_done_for_real",
    "do_for_real",
    "import_file",
    "receive",
    "run",
    "unfinished",
]
