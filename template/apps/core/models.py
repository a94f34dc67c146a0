"""Abstract base models."""

import uuid

from django.db import models


class UUIDModel(models.Model):
    """Abstract model with a random UUID as primary key, which reveals no row count."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)

    class Meta:
        """Model options."""

        abstract = True


class TimeStampedModel(models.Model):
    """Abstract model with the times of creation and of the last save, in UTC."""

    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        """Model options."""

        abstract = True


class BaseModel(UUIDModel, TimeStampedModel):
    """Abstract base model of the project: UUID primary key and timestamps."""

    class Meta:
        """Model options."""

        abstract = True
