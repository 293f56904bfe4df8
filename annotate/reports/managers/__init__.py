"""What managers see of the work: batches, people, problems, keys, scorers, how far everything is."""
