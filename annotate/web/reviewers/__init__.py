"""The reviewers' pages: the queue and the sittings."""
