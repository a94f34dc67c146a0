"""Settings of a project whose server is tested: local, but for what DEBUG changes."""

from config.settings import *

DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "probe.urls"
