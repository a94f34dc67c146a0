"""Run a hook: `python extensions after_copy` or `python extensions update CONF`."""

import sys
from importlib import import_module

import_module(sys.argv[1]).main(*sys.argv[2:])
