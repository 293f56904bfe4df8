"""From a file to conversation trees with their images, labels and tasks.

``running`` goes through a file in groups; ``prepared`` finds a record's ``pictures``, gives every node
its identity and checks its ``labels``; ``storing`` merges a group into the stored ``trees``, puts new
paths into tasks (``placing``), keeps labels as ``revisions`` and writes it all in one transaction;
``report`` counts. A record is stored whole or not at all, and the same record again changes nothing.
"""

from annotate.pipeline.importing.report import Report
from annotate.pipeline.importing.running import Options, Upload, import_file, run, start, unfinished

__all__ = ["Options", "Report", "Upload", "import_file", "run", "start", "unfinished"]
