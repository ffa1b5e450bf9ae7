"""The nearest right name for a wrong one."""

from __future__ import annotations

from collections.abc import Collection


def nearest(name: str, names: Collection[str]) -> str:
    """A hint: the most similar of the right names, else a list of some of them; "" when there are none."""
    import difflib

    names = [n for n in names if n.isprintable()]  # a hint is one line, whatever somebody called a scene
    lower = {n.lower(): n for n in names}
    close = difflib.get_close_matches(name.lower(), lower, n=1, cutoff=0.6)
    if close:
        return f"did you mean {lower[close[0]]!r}?"
    some = ", ".join(sorted(names)[:12])
    return f"known: {some}{', …' if len(names) > 12 else ''}" if names else ""
