"""`python -m tests.bench.noting FILE`: the true worker, which writes a line for each job: its beginning and end, in
seconds of the monotonic clock."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import cv2

from didgen.engine.render import render, warm
from didgen.engine.shot import Memo, Rendered, Report, Shot
from didgen.jobs.worker import serve


def main() -> None:
    """Until the pipe ends."""
    file = Path(sys.argv[1])

    def noted(shot: Shot, out: Path, report: Report, memo: Memo) -> Rendered:
        began = time.monotonic()
        try:
            return render(shot, out, report, memo)
        finally:
            with file.open("a") as log:
                log.write(f"{began} {time.monotonic()}\n")

    cv2.setNumThreads(1)
    serve(noted, warm)


if __name__ == "__main__":
    main()
