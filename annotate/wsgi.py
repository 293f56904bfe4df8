"""The door for WSGI servers."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotate.settings")
application = get_wsgi_application()

# Load every address and view now: the first to arrive would otherwise wait for it, and everyone behind them.
_ = get_resolver().url_patterns
