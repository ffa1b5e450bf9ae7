"""`python -m didgen.github STEP`: the steps of action.yml, called by it and by nobody else."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from didgen.errors import DidgenError, UsageError
from didgen.github import steps
from didgen.github.job import Inputs, Job, kept_inputs, read_inputs, read_job
from didgen.github.workflow_commands import Finding, annotation

STEPS: dict[str, Callable[[Inputs, Job], int]] = {
    "settle": steps.settle,
    "run": steps.run,
    "remember": steps.remember,
    "show": steps.show,
    "report": steps.report,
    "post": steps.post,
}


def main() -> int:
    """Do the step that is named; the exit code. What is wrong is one annotation."""
    try:
        name = sys.argv[1] if len(sys.argv) == 2 else ""
        if name not in STEPS:
            raise UsageError(f"{name!r} is no step", hint=f"one of {', '.join(STEPS)}")
        job = read_job(os.environ)
        inputs = read_inputs(os.environ) if name == "settle" else kept_inputs(job)
        return STEPS[name](inputs, job)
    except DidgenError as error:
        print(annotation(Finding("error", str(error))), flush=True)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
