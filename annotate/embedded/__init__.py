"""The PostgreSQL and Redis that `./run` starts when none is configured, and the supervisor above them.

Needs the standard library alone; Django is only ever run as another process. Linux is what it is
tested on; macOS works as far as the wheels go (no user namespaces, no parent-death signal), untested.
"""
