"""Labels as columns: people's answers and verdicts, beside scores and links, read once for whole projects."""
