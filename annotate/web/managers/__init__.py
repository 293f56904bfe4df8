"""The managers' pages: progress, batches, people, settings, rubric, guidelines, keys, import and export."""
