"""What annotators see of their own: progress, work, answers, guidelines, questions, results."""
