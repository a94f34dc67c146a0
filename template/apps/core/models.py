"""Abstract base models."""

import uuid

from django.db import models


class UUIDModel(models.Model):
    """A random UUID as primary key, so that keys reveal no order and no volume."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)

    class Meta:
        """Model options."""

        abstract = True


class TimeStampedModel(models.Model):
    """When a row was made and last saved, in UTC."""

    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        """Model options."""

        abstract = True


class BaseModel(UUIDModel, TimeStampedModel):
    """What every model of the project starts from."""

    class Meta:
        """Model options."""

        abstract = True
