"""FFmpeg's audio filters on arrays, through PyAV."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]


def filtered(samples: Samples, rate_hz: int, steps: Sequence[tuple[str, str]]) -> Samples:
    """(M,) mono samples after FFmpeg's filters `steps` (name, arguments) in a row; M is what they give, N or about."""
    import av
    from av.filter import Graph

    graph = Graph()
    source = graph.add_abuffer(format="flt", sample_rate=rate_hz, layout="mono", time_base=Fraction(1, rate_hz))
    last = ("aformat", f"sample_fmts=flt:channel_layouts=mono:sample_rates={rate_hz}")
    chain = [source, *(graph.add(name, given) for name, given in (*steps, last)), graph.add("abuffersink")]
    for one, following in pairwise(chain):
        one.link_to(following)
    graph.configure()
    frame = av.AudioFrame.from_ndarray(samples[None].astype(np.float32), format="flt", layout="mono")
    frame.sample_rate, frame.pts = rate_hz, 0
    graph.push(frame)
    graph.push(None)
    parts = []
    while True:
        try:
            parts.append(graph.pull().to_ndarray().ravel())
        except (av.error.BlockingIOError, av.error.EOFError):
            return np.concatenate(parts) if parts else np.zeros(0, np.float32)
