"""What reviewers see: the queue, a sitting before and after its reveal, how such cases went."""
