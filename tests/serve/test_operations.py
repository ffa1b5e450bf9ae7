"""What clients find besides jobs: credits, a logo for all, faces of a picture, and the server's own description."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import cv2
import httpx
import jsonschema
import numpy as np
import pytest

from didgen.serve.openapi import document
from didgen.serve.operations.faces import crops
from tests.serve.here import serve, talk, until, upload

PORTRAIT = Path(__file__).parents[2] / "didgen" / "cli" / "template" / "assets" / "portrait.jpg"


def fits(answer: Any, schema: str) -> None:
    """Whether an answer is as the description says."""
    whole = {"$ref": f"#/components/schemas/{schema}", "components": document()["components"]}
    jsonschema.Draft202012Validator(whole).validate(answer)


def logo_png(side: int = 20) -> bytes:
    return bytes(cv2.imencode(".png", np.full((side, side, 4), 200, np.uint8))[1])


def test_credits_count_down(tmp_path: Path) -> None:
    """A credit for every 15 s begun; forgetting the job gives nothing back."""

    async def work(web: httpx.AsyncClient) -> None:
        before = (await web.get("/credits")).json()
        fits(before, "Credits")
        job = (await talk(web)).json()
        await until(web, f"/talks/{job['id']}", "done")
        assert before["remaining"] - 1 == (await web.get("/credits")).json()["remaining"]
        assert 200 == (await web.delete(f"/talks/{job['id']}")).status_code
        assert before["remaining"] - 1 == (await web.get("/credits")).json()["remaining"]

    serve(tmp_path, work)


def test_a_logo_is_laid_over_jobs_that_name_none(tmp_path: Path) -> None:
    """It is kept, shown by a signed link, given to jobs, not to those that want none, and gone when it is deleted."""

    async def work(web: httpx.AsyncClient) -> None:
        assert (await web.get("/settings/logo")).json() is None
        assert {} == (await web.get("/settings")).json()
        made = await web.post(
            "/settings/logo", files={"logo": ("l.png", logo_png(), "image/png")}, data={"top": "-30", "left": "5"}
        )
        assert 201 == made.status_code, made.text
        fits(made.json(), "LogoSetting")
        assert [5, -30] == made.json()["position"]
        assert logo_png() == (await web.get(made.json()["url"])).content
        unsigned = urlsplit(made.json()["url"])._replace(query="").geturl()
        assert 403 == (await web.get(unsigned)).status_code
        fits((await web.get("/settings")).json(), "Settings")
        job = (await talk(web)).json()
        await until(web, f"/talks/{job['id']}", "done")
        config = (await web.get(f"/talks/{job['id']}")).json()["config"]
        assert [5, -30] == config["logo"]["position"]
        plain = (await talk(web, config={"logo": False})).json()
        await until(web, f"/talks/{plain['id']}", "done")
        assert (await web.get(f"/talks/{plain['id']}")).json()["config"]["logo"] is False
        assert 204 == (await web.delete("/settings/logo")).status_code
        assert (await web.get("/settings/logo")).json() is None

    serve(tmp_path, work)


def test_a_logo_is_set_by_its_link_too(tmp_path: Path) -> None:
    """It outlives the upload that it came from; what else there is at the service is not here, and nothing changes."""

    async def work(web: httpx.AsyncClient) -> None:
        image = await upload(web, logo_png(), "l.png")
        made = await web.post("/settings", json={"logo": {"url": image["url"], "position": [5, -30]}})
        assert 201 == made.status_code, made.text
        fits(made.json(), "Settings")
        assert 204 == (await web.delete(f"/images/{image['id']}")).status_code
        for body, status in (
            ({"agents": {}}, 403),
            ({"logo": None}, 400),
            ({"logo": {"url": image["url"], "position": [1]}}, 400),
            ({"logo": {"url": image["url"], "position": [1, 10_001]}}, 400),
            ({"logo": {"url": "file:///etc/passwd", "position": [0, 0]}}, 400),
            ({}, 201),
        ):
            answer = await web.post("/settings", json=body)
            assert status == answer.status_code, answer.text
        logo = (await web.get("/settings")).json()["logo"]
        assert [5, -30] == logo["position"]
        assert logo_png() == (await web.get(logo["url"])).content

    serve(tmp_path, work)


def test_voices_are_told_by_provider(tmp_path: Path) -> None:
    """Those of Microsoft that have a stand-in here, as generated clients know no provider of ours; none is cloned."""

    async def work(web: httpx.AsyncClient) -> None:
        theirs = (await web.get("/tts/voices?provider=microsoft")).json()
        fits(theirs, "Voices")
        assert {"microsoft"} == {voice["provider"] for voice in theirs}
        assert "en-US-JennyNeural" in [voice["id"] for voice in theirs]
        assert ["heart"] == [voice["id"] for voice in (await web.get("/tts/voices?id=heart")).json()]
        assert [] == (await web.get("/tts/voices?provider=amazon")).json()
        answer = await web.post("/tts/voices", data={"name": "Anna"}, files={"file": ("a.wav", b"RIFF")})
        assert (403, "PermissionError") == (answer.status_code, answer.json()["kind"])

    serve(tmp_path, work)


def test_another_method_is_answered_with_those_that_there_are(tmp_path: Path) -> None:
    """In Allow, all of the path's; also below a page that takes every path."""

    def page(desk: Any) -> Any:
        from starlette.responses import PlainTextResponse

        return PlainTextResponse("the page")

    async def work(web: httpx.AsyncClient) -> None:
        for path, allowed in {
            "/talks": "GET, HEAD, POST",
            "/talks/tlk_1/": "DELETE, GET, HEAD",
            "/images/face-detection": "POST",
            "/credits": "GET, HEAD",
        }.items():
            answer = await web.patch(path)
            assert (405, allowed) == (answer.status_code, answer.headers["allow"]), path
            fits(answer.json(), "Error")
        assert "the page" == (await web.get("/")).text

    serve(tmp_path, work, page=page)


@pytest.mark.parametrize(
    ("files", "fields", "status"),
    [
        ({"logo": ("l.png", b"no picture", "image/png")}, {}, 415),
        ({"logo": ("l.png", logo_png(), "image/png")}, {"top": "far"}, 400),
        ({"logo": ("l.png", logo_png(), "image/png")}, {"left": "99999"}, 400),
        ({"other": ("l.png", logo_png(), "image/png")}, {}, 400),
    ],
)
def test_a_logo_that_is_none_is_refused(files: Any, fields: Any, status: int, tmp_path: Path) -> None:
    """No picture, no number, nothing: and nothing is left behind."""

    async def work(web: httpx.AsyncClient) -> None:
        answer = await web.post("/settings/logo", files=files, data=fields)
        assert status == answer.status_code, answer.text
        fits(answer.json(), "Error")
        assert (await web.get("/settings/logo")).json() is None

    serve(tmp_path, work)
    assert not list((tmp_path / "served" / "making").iterdir())


def test_faces_are_found_before_a_job_is_sent(tmp_path: Path) -> None:
    """In an upload, by `detect_faces` and by face-detection; what is no picture of ours is refused."""

    async def work(web: httpx.AsyncClient) -> None:
        form = {"image": ("anna.jpg", PORTRAIT.read_bytes(), "image/jpeg")}
        taken = (await web.post("/images", files=form, data={"detect_faces": "true"})).json()
        fits(taken, "Upload")
        (face,) = taken["faces"]
        assert ("NO", "0") == (face["overlap"], face["face_id"])
        assert face["detection"]["left"] < face["detection"]["right"]
        body = {"source_url": taken["url"], "script": {"type": "text", "input": "Hello"}, "face": face}
        assert 201 == (await web.post("/talks", json=body)).status_code
        answer = await web.post("/images/face-detection", json={"source_url": taken["url"]})
        assert 200 == answer.status_code, answer.text
        fits(answer.json(), "FaceCrops")
        box = answer.json()["faceCrops"][0]
        assert 0 < box["left"] < box["right"] < 1
        assert 0 < box["top"] < box["bottom"] < 1
        nobody = (await upload(web))["url"]
        assert [] == (await web.post("/images/face-detection", json={"source_url": nobody})).json()["faceCrops"]
        for wrong in ({}, {"source_url": 3}, {"source_url": "x", "more": 1}, {"source_url": "http://10.0.0.1/a.jpg"}):
            refused = await web.post("/images/face-detection", json=wrong)
            assert 400 == refused.status_code, refused.text
            fits(refused.json(), "Error")

    serve(tmp_path, work)


def test_a_box_is_told_in_fractions() -> None:
    """Of the picture's own sides."""
    seen = {"width": 200, "height": 100, "faces": [{"detection": [20, 10, 120, 60]}]}
    assert {"left": 0.1, "top": 0.1, "right": 0.6, "bottom": 0.6} == crops(seen)["faceCrops"][0]


def test_the_description_is_open_and_complete(tmp_path: Path) -> None:
    """Every route of ours is in it and every one in it is served; it needs no key, and asks nothing of elsewhere."""
    from didgen.serve.operations import all_routes

    class Nothing:
        def __getattr__(self, name: str) -> Any:
            return self

    own = {"/results/{name}", "/previews/{id}", "/account/{name}", "/openapi.json", "/docs", "/voices"}
    served = {
        (route.path, method.lower())
        for route in all_routes(Nothing())  # type: ignore[arg-type]
        for method in route.methods - {"HEAD"}
        if route.path not in own
    }
    assert served == {(path, method) for path, methods in document()["paths"].items() for method in methods}

    async def work(web: httpx.AsyncClient) -> None:
        answer = await web.get("/openapi.json")
        assert 200 == answer.status_code
        assert document() | {"servers": [{"url": "http://127.0.0.1:8787"}]} == answer.json()
        page = (await web.get("/docs")).text
        assert "http://" not in page
        assert "https://" not in page
        assert "face-detection" in page
        assert 401 == (await web.get("/talks")).status_code

    serve(tmp_path, work, key="a:b")


def test_answers_are_as_described(tmp_path: Path) -> None:
    """Created, waiting, done, listed, deleted, refused, for talks and animations; uploads and voices."""

    async def work(web: httpx.AsyncClient) -> None:
        fits(await upload(web), "Upload")
        fits((await web.get("/tts/voices")).json(), "Voices")
        photo = (await upload(web))["url"]
        bodies = {
            "Talk": {"source_url": photo, "script": {"type": "text", "input": "Hello"}},
            "Animation": {"source_url": photo, "driver_url": "bank://nostalgia/driver-01"},
        }
        for kind, body in bodies.items():
            plural = f"/{kind.lower()}s"
            made = await web.post(plural, json=body)
            fits(made.json(), "Created")
            path = f"{plural}/{made.json()['id']}"
            fits((await web.get(path)).json(), kind)
            await until(web, path, "done")
            fits((await web.get(path)).json(), kind)
            fits((await web.get(plural)).json(), f"{kind}Page")
            fits((await web.delete(path)).json(), kind)
            fits((await web.get(path)).json(), "Error")
        fits((await web.post("/talks", json={"source_url": photo})).json(), "Error")

    serve(tmp_path, work)


def test_the_description_is_openapi() -> None:
    """Every reference leads somewhere, every operation has a name of its own, an answer and refusals."""
    text = str(document())
    names = [operation["operationId"] for methods in document()["paths"].values() for operation in methods.values()]
    assert len(names) == len(set(names))
    for part in text.split("#/components/schemas/")[1:]:
        assert part.partition("'")[0] in document()["components"]["schemas"]
