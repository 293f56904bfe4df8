"""Model folders: published ones made native and checked, untrained miniatures, and what a folder's revision is."""
