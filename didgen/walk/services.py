"""The services of one build and what its projects share at them: workers, connections, gates, the purse."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from didgen.api.job import Service
    from didgen.jobs.executor import Rendering
    from didgen.jobs.gate import Gate
    from didgen.jobs.purse import Purse
    from didgen.jobs.search import Search
    from didgen.jobs.turns import Alone
    from didgen.plan.identity import ServiceId
    from didgen.store.artifacts import Artifacts
    from didgen.store.derived import Derived


def default_jobs() -> int:
    """Half the cores: a scene keeps one busy drawing and one encoding."""
    return max(1, len(os.sched_getaffinity(0)) // 2)


@dataclass(slots=True)
class Services:
    """The services of one build, each opened when first needed, and what its projects share."""

    store: Artifacts
    jobs: int
    command: Sequence[str] | None
    purse: Purse
    turns: Alone
    rendering: Rendering = field(default_factory=dict)
    opened: dict[str, Service] = field(default_factory=dict)
    gates: dict[str, Gate] = field(default_factory=dict)
    searches: dict[str, Search] = field(default_factory=dict)
    derived: Derived | None = None

    def of(self, service: ServiceId) -> Service:
        """The service that renders."""
        if service.name not in self.opened:
            self.opened[service.name] = self._pool() if service.local else self._client(service)
        return self.opened[service.name]

    def gate(self, name: str, service: Service) -> Gate:
        """The way in to it, one for all projects: what the service refuses one of them it refuses the others."""
        from didgen.jobs.gate import gate_for

        return self.gates.setdefault(name, gate_for(paid=service.paid, jobs=self.jobs))

    def search(self, service: ServiceId) -> Search:
        """The eyes on the account at a paid service."""
        from didgen.api.client import Client
        from didgen.jobs.search import Search

        client = self.of(service)
        assert isinstance(client, Client)
        return self.searches.setdefault(service.name, Search(client.transport))

    def _pool(self) -> Service:
        from didgen.jobs.pool import Pool

        log = self.store.home / "worker.log"
        log.unlink(missing_ok=True)
        return Pool(self.jobs, self._memo(), self.command, log=log, folder=self.store.objects.temporary)

    def _client(self, service: ServiceId) -> Service:
        from didgen.api.client import Client
        from didgen.api.key import keys_for

        keys = keys_for(service.host.partition("/")[0])
        return Client(service.base_url, keys, paid=service.paid, memo=self._memo())

    def _memo(self) -> Derived:
        from didgen.store.derived import Derived

        if self.derived is None:
            self.derived = Derived(self.store.home)
        return self.derived

    async def aclose(self) -> None:
        """Stop workers, close connections and files, give back what is claimed."""
        for service in self.opened.values():
            await service.aclose()
        await self.turns.close()
        if self.derived is not None:
            self.derived.close()
