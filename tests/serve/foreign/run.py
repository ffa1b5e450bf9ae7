"""Clients that others wrote, unchanged, against our server with a fast engine: a fuzzer that goes by its description,
and a client that a generator made of it. Their packages live in an environment of their own (`make foreign`).
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.serve.crowd import Server
from tests.serve.stand_in import KEY

HERE = Path(__file__).parent
PORTRAIT = HERE.parents[2] / "didgen" / "cli" / "template" / "assets" / "portrait.jpg"

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "allow_header_conformance",
    "ignored_auth",
    "use_after_free",
    "ensure_resource_availability",
)
"""Not negative_data_rejection: strings for booleans and numbers are taken on purpose. Not positive_data_acceptance:
what a link leads to decides, and no schema can say that."""


def schema(bin_folder: Path, minutes: float, seed: int) -> bool:
    """Fuzz every operation by the description. False: something was answered otherwise than described, or with 5xx."""
    with _server() as (server, photo_url):
        words = [bin_folder / "schemathesis", "run", f"{server.base}/openapi.json", "--auth", KEY]
        words += ["--checks", ",".join(CHECKS), "--max-time", str(max(1, round(minutes * 60))), "--seed", str(seed)]
        words += ["--generation-database", "none", "--continue-on-failure", "--no-color", "--warnings", "off"]
        env = {"SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(HERE), "PHOTO_URL": photo_url, "JPEG": str(PORTRAIT)}
        done = subprocess.run([str(word) for word in words], env=os.environ | env, cwd=server.folder.parent)
        account = httpx.get(f"{server.base}/credits", auth=_auth()).json()
        rendered = account["total"] - account["remaining"]
        print(f"schema: exit code {done.returncode}; {rendered} jobs were rendered", flush=True)
        return done.returncode == 0


def clients(bin_folder: Path, description: Path | None) -> bool:
    """Generate a client and walk through the server with it. description: instead of the server's own."""
    with _server() as (server, _):
        folder = server.folder.parent
        if description is None:
            description = folder / "openapi.json"
            description.write_bytes(httpx.get(f"{server.base}/openapi.json").content)
        made = [bin_folder / "openapi-python-client", "generate", "--path", description]
        made += ["--output-path", folder / "served_client", "--meta", "none"]
        subprocess.run([str(word) for word in made], check=True, stdout=subprocess.DEVNULL)
        walk = [bin_folder / "python", HERE / "generated.py", folder, "served_client", server.base, PORTRAIT]
        done = subprocess.run([str(word) for word in walk], env=os.environ | {"KEY": KEY}, timeout=300)
        print(f"clients: exit code {done.returncode}", flush=True)
        return done.returncode == 0


@contextmanager
def _server() -> Iterator[tuple[Server, str]]:
    """A running server, and the URL of a photo that it has."""
    with tempfile.TemporaryDirectory(prefix="didgen-foreign-") as folder:
        server = Server(Path(folder) / "served")
        try:
            form = {"image": ("anna.jpg", PORTRAIT.read_bytes(), "image/jpeg")}
            photo = httpx.post(f"{server.base}/images", files=form, auth=_auth(), timeout=60).json()
            yield server, photo["url"]
        finally:
            server.stop()


def _auth() -> tuple[str, str]:
    user, _, secret = KEY.partition(":")
    return user, secret
