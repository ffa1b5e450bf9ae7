"""Shared by all tests: one thread per native library, no key, no colour, no real home."""

from __future__ import annotations

import os

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
for _name in ("D_ID_API_KEY", "DIDGEN_SERVICE", "DIDGEN_JOBS", "FORCE_COLOR"):
    os.environ.pop(_name, None)
os.environ["NO_COLOR"] = "1"
