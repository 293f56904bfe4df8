"""What every table has: a bigint key inside (Django's default) and a random outside id."""

from __future__ import annotations

import uuid

from django.contrib.postgres.functions import RandomUUID
from django.db import models


class Row(models.Model):
    """A row with an outside id that tells neither age nor order."""

    uid = models.UUIDField(default=uuid.uuid4, db_default=RandomUUID(), unique=True, editable=False)

    class Meta:
        abstract = True
