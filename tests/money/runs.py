"""The long runs of `python -m tests.money`: each takes a folder and how much of it is wanted, prints what it did, and
returns what was wrong."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tests.bank.started import REPOSITORY, opened
from tests.money import budgets, full, kills, scenes
from tests.money import machines as two
from tests.money.kills import Tally
from tests.money.warm import Warm
from tests.network.moody import bought_through

RICH = ("--credits", "10000000")


def _summed(name: str, tally: Tally, *more: str) -> list[str]:
    """Print a tally; what is wrong with it."""
    figures = {field: value for field, value in vars(tally).items() if isinstance(value, int)}
    print(f"{name}: " + ", ".join(f"{value} {field}" for field, value in figures.items()), *more, sep="; ", flush=True)
    bad = [f"{name}: {figures[field]} {field}" for field in ("duplicates", "lost", "unfound") if figures[field]]
    return bad + tally.problems


class _Progress:
    """Says on stderr how far a run of rounds is."""

    def __init__(self) -> None:
        self.tally = Tally()

    def __call__(self, one: Tally) -> None:
        before, self.tally = self.tally.kills, self.tally + one
        if before // 100 != self.tally.kills // 100:
            print(f"  {self.tally.kills} kills, {self.tally.duplicates} duplicates", file=sys.stderr, flush=True)


def killed(folder: Path, wanted: int) -> list[str]:
    """1,000 kills at random steps and times, half of them with what follows deleted."""
    with opened(folder / "bank", *RICH) as bank:
        tally = kills.run(bank, folder, wanted or 1000, on_round=_Progress())
        names = {name.split(" ", 1)[-1] for name in tally.steps}
        return _summed("kills", tally, f"at {', '.join(sorted(names))}")


def every_step(folder: Path, wanted: int) -> list[str]:
    """A kill at every step of state, store and sockets, kept and deleted."""
    with opened(folder / "bank", *RICH) as bank:
        return _summed(
            "every step", kills.run(bank, folder, wanted or 10**6, plan_of=kills.every_step, on_round=_Progress())
        )


def silent(folder: Path, wanted: int) -> list[str]:
    """Kills at a bank that shows of no job what it was sent with."""
    tally, number = Tally(), 0
    with Warm() as warm:
        while tally.kills < (wanted or 200):
            one = kills.one_silent_round(warm, folder / f"round-{number}", kills.plan(number, 300, 1.0))
            tally, number = tally + one, number + 1
    return _summed("silent bank", tally)


def accounts(folder: Path, wanted: int) -> list[str]:
    """Kills at banks that list late, in short pages, among other people's jobs, tell only by id, or fail to list.

    A late list and a deleted state never meet: who knows of no job and is shown none has to buy.
    """
    chance, tally = random.Random(7), Tally()
    with Warm() as warm:
        for number in range(wanted or 100):
            flags = ["--pages", str(chance.choice([1, 2, 5, 100])), "--foreign", str(chance.choice([0, 3, 40]))]
            flags += ["--echo-only-by-id"] * chance.choice([0, 0, 1])
            late = chance.choice([0, 0, 1])
            flags += ["--lag-s", str(round(chance.uniform(0.1, 0.9), 2))] * late
            deaths = [replace(kill, wipe="" if late else kill.wipe) for kill in kills.plan(number, 420, 1.0)]
            with opened(folder / f"bank-{number}", *flags) as bank:
                bank.rules(
                    {"method": "GET", "path": "/(talks|animations)$", "fault": "status", "status": 503, "p": 0.2}
                )
                one = kills.one_round(warm, bank, folder / f"round-{number}", f"r{number}", deaths)
            one.problems = [f"{' '.join(flags)}: {problem}" for problem in one.problems]
            tally += one
    return _summed("accounts", tally)


def broken(folder: Path, wanted: int) -> list[str]:
    """The same with a client that sends again what may have been sent: there must be duplicates."""
    with opened(folder / "bank", *RICH) as bank:
        tally = kills.run(bank, folder, wanted or 100, broken="resend")
        print(f"broken on purpose: {tally.kills} kills, {tally.duplicates} duplicates")
        return [] if tally.duplicates else ["a client that resends was not caught"]


CALLS = ("pwrite64", "write", "fsync", "fdatasync", "rename", "unlink", "ftruncate", "connect", "sendto", "recvfrom")


def calls(folder: Path, wanted: int) -> list[str]:
    """A kill at the n-th system call of each kind, by strace, on a process that knows of nothing."""
    if shutil.which("strace") is None:
        print("system calls: skipped, there is no strace here")
        return []
    problems = []
    with opened(folder / "bank", *RICH) as bank, Warm() as warm:
        for name in CALLS:
            for n in range(1, wanted or 400):
                salt = f"{name}x{n}"
                root = scenes.make(folder / salt, bank, salt)
                inject = ["-e", f"trace={name}", "-e", f"inject={name}:signal=SIGKILL:when={n}"]
                order = json.dumps(scenes.order(root, bank))
                traced = ["strace", "-f", "-o", "/dev/null", *inject]
                child = [sys.executable, "-m", "tests.money.child", order]
                done = subprocess.run([*traced, *child], cwd=REPOSITORY, capture_output=True)
                tally = Tally(rounds=1)
                kills.finish(tally, warm, bank, root, salt)
                problems += [] if not tally.duplicates + tally.lost + tally.unfound else [f"{salt}: {tally}"]
                problems += tally.problems
                shutil.rmtree(root)
                if done.returncode == 0:  # it has no n-th call of this kind
                    break
            print(f"system call {name}: {n - 1} kills, {len(problems)} problems so far", flush=True)
    return problems


def at_once(folder: Path, wanted: int) -> list[str]:
    """2 to 8 builds of one workspace at once, every second time with one of them killed."""
    problems = []
    chance = random.Random(1)
    rounds = wanted or 300
    with opened(folder / "bank", *RICH) as bank, Warm() as warm:
        for k in range(rounds):
            root = scenes.make(folder / f"round-{k}", bank, f"r{k}")
            orders = [scenes.order(root, bank)] * (2, 4, 8)[k % 3]
            results = warm.builds(*orders, kill_after_s=chance.uniform(0, 0.8) if k % 2 else None)
            tally = Tally(rounds=1)
            kills.finish(tally, warm, bank, root, f"r{k}")
            problems += tally.problems + [f"r{k}: {tally}"] * bool(tally.duplicates + tally.lost + tally.unfound)
            ends = {result.get("exit") for result in results if not result.get("killed")}
            problems += [f"r{k}: exits {ends}"] * (not ends <= {0, 3, 5})
            shutil.rmtree(root)
    print(f"at once: {rounds} rounds of 2, 4 and 8 builds")
    return problems


def disk(folder: Path, wanted: int) -> list[str]:
    """Disks of 100 sizes and 20 counts of inodes, then the n-th write of a whole build, every n."""
    problems = []
    if why := full.possible():
        print(f"small disks: skipped, {why}")
    else:
        count = wanted or 100
        sizes = [str(64 + 4 * k) for k in range(count)] + [f"8192:{10 + 2 * k}" for k in range(count // 5)]
        results = full.tried(folder / "small", sizes)
        problems += [f"{r['size']}: {p}" for r in results for p in full.problems(r)]
        print(f"small disks: {len(sizes)}, full on {sum(r['first'].get('exit') == 6 for r in results)}", flush=True)
    with opened(folder / "bank", *RICH) as bank, Warm() as warm:
        count, more = full.at_each_write(warm, bank, folder)
    print(f"full from the n-th write on: every one of {count}", flush=True)
    return problems + more


def moody(folder: Path, wanted: int) -> list[str]:
    """Whole builds at a service where everything goes wrong now and then."""
    problems = []
    for seed in range(100, 100 + (wanted or 100)):
        problems += bought_through(folder / f"seed-{seed}", seed, 40)
        shutil.rmtree(folder / f"seed-{seed}")
    print(f"moody: {wanted or 100} seeds, 40 scenes each", flush=True)
    return problems


def ceilings(folder: Path, wanted: int) -> list[str]:
    """Builds with small budgets, a third of them killed; then the reservation alone, in any order, 2,000 times."""
    figures, problems = Counter[str](), list[str]()
    with opened(folder / "bank", *RICH, "--queue-s", "0", "--render-s", "0") as bank, Warm() as warm:
        for seed in range(wanted or 100):
            one, wrong = budgets.one_round(warm, bank, folder, seed)
            figures.update(one)
            problems += wrong
            shutil.rmtree(folder / f"budget{seed}", ignore_errors=True)
    print("budgets: " + ", ".join(f"{count} {name}" for name, count in figures.items()), flush=True)
    environment = {**os.environ, "DIDGEN_RUNS": "2000"}
    tests = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "tests/jobs/test_purse.py"], cwd=REPOSITORY, env=environment, check=False
    )
    return problems + (["the reservation: see above"] if tests.returncode else [])


def machines(folder: Path, wanted: int) -> list[str]:
    """Two machines that share a store, one of them killed and perhaps wiped; every fourth time at a silent bank."""
    tally = Tally()
    with opened(folder / "bank", *RICH) as bank, Warm() as warm:
        for k in range(wanted or 200):
            salt, place = f"r{k}", folder / f"machines-{k}"
            if k % 4:
                tally += two.one_round(warm, bank, place, salt)
            else:
                with opened(folder / f"silent-{k}", *RICH, "--no-echo") as silent:
                    tally += two.one_round(warm, silent, place, salt, silent=True)
            shutil.rmtree(place)
    return _summed("machines", tally)


RUNS: dict[str, Callable[[Path, int], list[str]]] = {
    "kills": killed,
    "broken": broken,
    "silent": silent,
    "accounts": accounts,
    "steps": every_step,
    "calls": calls,
    "once": at_once,
    "disk": disk,
    "machines": machines,
    "moody": moody,
    "budgets": ceilings,
}
