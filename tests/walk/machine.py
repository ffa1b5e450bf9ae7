"""One build as on a machine of its own, with the tiny engine: `python -m tests.walk.machine ROOT [LEASE_S]`.

Prints what became of it as JSON: `exit`, `actions` by address, `error`, `notices`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[2]


def started(root: Path, lease_s: float = 60.0, **environment: str) -> subprocess.Popen[str]:
    """The build, under way. lease_s: after what silence another build is taken to be dead."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.walk.machine", str(root), str(lease_s)],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def ended(machine: subprocess.Popen[str]) -> dict[str, Any]:
    """What became of it."""
    out, err = machine.communicate(timeout=60)
    assert out, err
    told: dict[str, Any] = json.loads(out.splitlines()[-1])
    return told


def main() -> None:
    """Build, and print what came of it."""
    from didgen.errors import DidgenError
    from didgen.jobs import turns
    from didgen.store import claims
    from didgen.walk import steps
    from tests import fakes

    claims.LEASE_S, claims.BEAT_S, turns.LOOK_S = float(sys.argv[2]), float(sys.argv[2]) / 4, (0.05, 0.2)
    told: dict[str, Any] = {"exit": 0, "actions": {}, "error": "", "notices": []}
    try:
        wanted = steps.wish(Path(sys.argv[1]))
        summary = steps.build(wanted, on_notice=told["notices"].append, command=fakes.COMMAND)
        told["actions"] = {scene.address: scene.action for scene in summary.scenes}
        if summary.error is not None:
            raise summary.error
    except DidgenError as error:
        told |= {"exit": error.exit_code, "error": str(error)}
    print(json.dumps(told))


if __name__ == "__main__":
    main()
