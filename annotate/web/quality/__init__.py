"""The managers' pages about the quality of labels and models."""
