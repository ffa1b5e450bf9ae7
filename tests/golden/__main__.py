"""`python -m tests.golden [PYTHON …]`: the golden fingerprints in every surrounding, with this Python and those named.

`--write` writes the file anew: only together with IDENTITY_FORMAT or, for what our engine draws otherwise, ENGINE, as
what was rendered before is rendered again.
"""

from __future__ import annotations

import argparse
import json
import sys

from tests.golden.compare import GOLDEN, SURROUNDINGS, WORK, golden, probed, pythons, version_of


def main() -> int:
    """Compare, and say in numbers what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.golden")
    parser.add_argument("pythons", nargs="*", help="other interpreters that have pydantic, PyYAML, Jinja2 and click")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    if given.write:
        made = probed(sys.executable, WORK, SURROUNDINGS[0])
        GOLDEN.write_text(json.dumps(made, indent=1, sort_keys=True) + "\n", "utf-8")
    wrong = 0
    for version, python in {version_of(sys.executable): sys.executable, **pythons(given.pythons)}.items():
        same = sum(probed(python, WORK, surroundings) == golden() for surroundings in SURROUNDINGS)
        wrong += len(SURROUNDINGS) - same
        count = sum(map(len, golden().values()))
        print(f"Python {version}: {count} fingerprints equal in {same} of {len(SURROUNDINGS)} surroundings", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
