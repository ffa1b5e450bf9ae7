"""What is answered before the parser of command lines is imported, which takes longer than the answer: that there is
nothing to do. All other words, right or wrong, are for click.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from didgen.walk.shortcut import Standing

QUIET = ("-q", "--quiet")


def at_once(words: Sequence[str]) -> tuple[bool, Standing | None]:
    """Whether a command line was answered; and if not, what was found out meanwhile about what stands. words: those
    after the program's name. Raises DidgenError as the command would."""
    if words[:1] in (["build"], ["plan"]) and not any(w.startswith("-") and w not in QUIET for w in words):
        return _nothing_to_do(words)
    return False, None


def _nothing_to_do(words: Sequence[str]) -> tuple[bool, Standing | None]:
    from pathlib import Path

    from didgen.cli.told import nothing_built, nothing_planned
    from didgen.project.workspace import find_root
    from didgen.walk.shortcut import standing, wish

    if "_DIDGEN_COMPLETE" in os.environ:
        return False, None
    before = standing(wish(find_root(Path.cwd()), [word for word in words[1:] if word not in QUIET]))
    if before.summary is None:
        return False, before
    if not any(word in QUIET for word in words):
        print("\n".join((nothing_built if words[0] == "build" else nothing_planned)(before.summary)))
    return True, None
