"""Load the fixtures that the tests of every app share."""

pytest_plugins = ("tests.fixtures",)
