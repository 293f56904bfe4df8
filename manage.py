#!/usr/bin/env python
"""Django's command line; `./manage` runs it inside the environment that `./run` makes."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotate.settings")
    from django.core.management import execute_from_command_line  # noqa: PLC0415 - needs the settings name

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
