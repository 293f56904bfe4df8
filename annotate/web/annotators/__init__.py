"""The annotators' pages: home, the annotation screen, own work, joining a project."""
