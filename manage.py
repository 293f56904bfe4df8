#!/usr/bin/env python
"""Django's command line; `./manage` runs it inside the environment that `./run` makes."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotate.settings")
    # Imported here: they need the settings' name.
    from django.conf import settings  # noqa: PLC0415
    from django.core.exceptions import ImproperlyConfigured  # noqa: PLC0415
    from django.core.management import execute_from_command_line  # noqa: PLC0415
    from environs import EnvError  # noqa: PLC0415

    try:
        _ = settings.SECRET_KEY  # reads all of them
    except (EnvError, ImproperlyConfigured) as error:
        sys.exit(f"annotate: {error}")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
