"""The door for WSGI servers."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotate.settings")
application = get_wsgi_application()

# Load every address and view now: the first to arrive would otherwise wait for it, and everyone behind them.
_ = get_resolver().url_patterns

# What is loaded now stays for good: let the garbage collector pass it by from here on.
gc.collect()
gc.freeze()
