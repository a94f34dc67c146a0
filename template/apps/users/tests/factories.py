"""Factories of users."""

from typing import Any, override

import factory
from faker import Faker

from apps.users.models import User

fake = Faker()


def fake_password() -> str:
    """Return a random password that the validators accept."""
    password: str = fake.password(length=20)
    return password


class UserFactory(factory.django.DjangoModelFactory[User]):
    """Users without privileges."""

    class Meta:
        """Factory options."""

        model = User

    email = factory.Sequence(lambda number: f"user{number}@example.com")
    name = factory.Faker("name")
    password = factory.LazyFunction(fake_password)

    @classmethod
    @override
    def _create(cls, model_class: type[User], *args: Any, **kwargs: Any) -> User:
        return model_class.objects.create_user(*args, **kwargs)


class AdminFactory(UserFactory):
    """Users with the admin role."""

    role = User.Role.ADMIN
    is_staff = True
