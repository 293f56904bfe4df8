"""The commands of ``python -m inference``, one module each: ``add_arguments`` declares, ``run`` does."""
