"""libvips, set up for this program: silent, and keeping nothing between calls."""

import os

# Read by libvips when it starts. Its warnings, about metadata we check ourselves, would go to
# standard error.
os.environ.setdefault("VIPS_WARNING", "1")

import pyvips as pyvips

# The log of pyvips calls Python from the threads of libvips for every message and fails on text
# that is not UTF-8, which damaged files contain.
pyvips._remove_log_handler()

# Else libvips keeps files open, which on Windows stops them from being replaced, and hands out the
# old pixels of a file that has changed.
pyvips.cache_set_max(0)
