"""How the bench measures: CPU time (user + system), in this process or of whole processes taken in turn."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

# The bench holds its own libraries to one thread, and a developer's machine may compile every module at every start:
# a command runs without either, as it does for a user.
NOT_A_USERS = ("OPENBLAS_NUM_THREADS", "PYTHONDONTWRITEBYTECODE")


@dataclass(frozen=True, slots=True)
class Cost:
    """What a run took. cpu_s: user + system of the process and of every child it waited for; peak_mib: the most memory
    that one of them held."""

    cpu_s: float
    wall_s: float
    peak_mib: float


def cpu(step: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of all threads of this process, and the step's result."""
    began = time.process_time()
    result = step()
    return time.process_time() - began, result


def process(words: Sequence[str], folder: Path) -> Cost:
    """One run of a command, its output thrown away. Raises RuntimeError when it fails: its cost says nothing."""
    environ = {name: value for name, value in os.environ.items() if name not in NOT_A_USERS}
    began = time.perf_counter()
    child = subprocess.Popen(
        words, cwd=folder, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, process_group=0
    )
    said = child.stderr.read() if child.stderr else b""
    _, status, used = os.wait4(child.pid, 0)
    wall_s = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.stderr:
        child.stderr.close()
    if child.returncode:
        raise RuntimeError(f"{' '.join(words)}: exit {child.returncode}: {said.decode(errors='replace')}")
    return Cost(used.ru_utime + used.ru_stime, wall_s, used.ru_maxrss / 1024)


def in_turn(commands: Mapping[str, Sequence[str]], folder: Path, rounds: int = 9) -> dict[str, list[Cost]]:
    """Costs by name, A B C A B C …, so that other work on the machine meets all of them alike."""
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for words in commands.values():
        process(words, folder)  # reads everything into the file cache
    for _ in range(rounds):
        for name, words in commands.items():
            costs[name].append(process(words, folder))
    return costs


def ratio(ours: Sequence[Cost], theirs: Sequence[Cost]) -> float:
    """Median of the CPU ratios of runs that lie side by side."""
    return median(a.cpu_s / b.cpu_s for a, b in zip(ours, theirs, strict=True))


def typical(costs: Sequence[Cost]) -> str:
    """Medians for people: `58 ms CPU, 61 ms wall`, in seconds from one second on."""
    return f"{_time(median(c.cpu_s for c in costs))} CPU, {_time(median(c.wall_s for c in costs))} wall"


def _time(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


def row(name: str, value: str) -> None:
    """One line of the bench's table."""
    print(f"{name:<44} {value}", flush=True)


def machine() -> str:
    """Processor, cores and load at this moment."""
    return f"{_processor()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
