"""What is known about the quality of labels and models: one module a report, each read by page, API and command."""
