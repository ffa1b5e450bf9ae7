"""What was spent, told from the jobs of the state."""

from __future__ import annotations

from dataclasses import replace

from didgen.jobs.ledger import by_build, purchases
from didgen.store.rows import JobRow


def test_what_is_rendered_for_nothing_is_no_purchase() -> None:
    """Such jobs have an id as well, but there is no account that they were found on."""
    here = JobRow("n1", "f1", "hello/one", "local", "done", "r1", build="b1", seconds=2.0)
    server = replace(here, service="http://127.0.0.1:8787")
    there = replace(here, service="d-id")
    assert [there] == purchases([here, server, there], at_home=False)
    assert [server, there] == purchases([here, server, there], at_home=True)
    bought = replace(server, credits=1)
    assert [bought] == purchases([bought], at_home=False)
    (spent,) = by_build([there])
    assert ("d-id", 0, 1) == (spent.service, spent.bought, spent.found)
