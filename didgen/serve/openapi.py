"""The server's own description: every operation as OpenAPI 3.1, made from the models that requests are read with.

Names are the service's. What the server takes more of than it says (strings for booleans, trailing slashes, all forms
of a key) is not in it: a client that keeps to this document is right.
"""

from __future__ import annotations

from functools import cache
from html import escape
from typing import Any

from didgen import __version__
from didgen.api.wire import AnimationRequest, TalkRequest

_REF = "#/components/schemas/"
Json = dict[str, Any]


@cache
def document() -> Json:
    """The OpenAPI document. Shared: not to be written to."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "didgen serve",
            "version": __version__,
            "description": "Talks and animations of D-ID, rendered on this machine.",
        },
        "servers": [{"url": "/"}],
        "security": [{"basic": []}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {"basic": {"type": "http", "scheme": "basic"}},
            "schemas": _schemas(),
        },
    }


def page() -> str:
    """The document as a page to read: HTML, nothing from elsewhere."""
    rows = [
        f"<tr><td><code>{method.upper()}</code></td><td><code>{escape(path)}</code></td>"
        f"<td>{escape(operation['summary'])}</td><td>{', '.join(operation['responses'])}</td></tr>"
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
    ]
    style = (
        "body{font:16px/1.5 system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem}"
        "td,th{text-align:left;padding:.3rem .8rem .3rem 0;vertical-align:top;border-bottom:1px solid #8884}"
        "@media (prefers-color-scheme:dark){body{background:#111;color:#ddd}a{color:#9cf}}"
    )
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>didgen serve</title>"
        f"<meta name=viewport content='width=device-width'><style>{style}</style>"
        f"<h1>didgen serve {escape(__version__)}</h1><p>Operations of this server; the whole description for tools is "
        f"<a href='/openapi.json'>/openapi.json</a>.</p><table><tr><th>method<th>path<th>what it does<th>answers</tr>"
        f"{''.join(rows)}</table></html>"
    )


# -- operations -------------------------------------------------------------------------------------------------------


def _paths() -> Json:
    paths: Json = {}
    for kind, plural in (("Talk", "talks"), ("Animation", "animations")):
        one = kind.lower()
        paths[f"/{plural}"] = {
            "post": _operation(
                f"Create{kind}",
                f"Make a {one}" if kind == "Talk" else f"Make an {one}",
                {
                    "201": ("Created", "accepted, and rendered whatever happens"),
                    **_refused(400, 402, 415, 422, 429, 507),
                },
                body=_json(f"{kind}Request"),
                parameters=[_header("Idempotency-Key", "sent again with the same body it gives the same job", 255)],
            ),
            "get": _operation(
                f"Get{kind}s",
                "The newest first, a page at a time",
                {"200": (f"{kind}Page", "a page"), **_refused(400)},
                parameters=[
                    _query("limit", {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}),
                    _query("token", {"type": "string", "pattern": "^[0-9]{1,18}$"}),
                ],
            ),
        }
        answers = {"200": (kind, "as it is now"), **_refused(404)}
        paths[f"/{plural}/{{id}}"] = {
            "get": _operation(f"Get{kind}", "How far it is, and where its video lies", answers, parameters=[_ID]),
            "delete": _operation(
                f"Delete{kind}", "Forget it and its video", {**answers, **_refused(409)}, parameters=[_ID]
            ),
        }
    for one, what in (("image", "a photo, to be a source or a logo"), ("audio", "a recording, or a driver's video")):
        paths[f"/{one}s"] = {
            "post": _operation(
                f"Upload{one.capitalize()}",
                f"Upload {what}",
                {"201": ("Upload", "its URL"), **_refused(400, 402, 415, 507)},
                body=_form(one, {"detect_faces": {"type": "string"}} if one == "image" else {}),
            )
        }
        paths[f"/{one}s/{{id}}"] = {
            "delete": _operation(
                f"Delete{one.capitalize()}", "Forget it", {"204": (None, "gone"), **_refused(404)}, parameters=[_ID]
            )
        }
    paths["/images/face-detection"] = {
        "post": _operation(
            "DetectFaces",
            "Where the faces of a picture are",
            {"200": ("FaceCrops", "as fractions of its sides"), **_refused(400, 415)},
            body=_json("FaceDetectionRequest"),
        )
    }
    paths["/credits"] = {"get": _operation("GetCredits", "Play money that is left", {"200": ("Credits", "credits")})}
    paths["/tts/voices"] = {
        "get": _operation(
            "Voices",
            "The voices installed here, or those of Microsoft that they stand in for",
            {"200": ("Voices", "voices")},
            parameters=[
                _query("provider", {"type": "string", "default": "didgen"}),
                _query("id", {"type": "string"}),
            ],
        ),
        "post": _operation("CloneVoice", "Refused: this server does not clone voices", {}),
    }
    paths["/settings"] = {
        "get": _operation("GetSettings", "What holds for every job", {"200": ("Settings", "settings")}),
        "post": _operation(
            "UpdateSettings",
            "Lay a logo over jobs that name none, by its link; there are no other settings",
            {"201": ("Settings", "settings"), **_refused(400, 415, 507)},
            body=_json("NewSettings"),
        ),
    }
    paths["/settings/logo"] = {
        "get": _operation("GetLogo", "The logo of jobs that name none", {"200": ("LogoSetting", "a logo, or null")}),
        "post": _operation(
            "UpdateLogo",
            "Lay a logo over jobs that name none",
            {"201": ("LogoSetting", "the logo"), **_refused(400, 415, 507)},
            body=_form("logo", {"top": _PX, "left": _PX}),
        ),
        "delete": _operation("DeleteLogo", "No logo any more", {"204": (None, "gone")}),
    }
    return paths


_PX: Json = {"type": "integer", "minimum": -10_000, "maximum": 10_000}
_ID: Json = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}


def _operation(
    name: str,
    summary: str,
    answers: dict[str, tuple[str | None, str]],
    *,
    body: Json | None = None,
    parameters: list[Json] | None = None,
) -> Json:
    """answers: status → schema (None: no body) and what it says. Every operation may refuse a key, host or origin."""
    every = {**answers, **_refused(401, 403, 421, 500)}
    operation: Json = {"operationId": name, "summary": summary, "responses": {}}
    for status, (schema, text) in sorted(every.items()):
        content = {} if schema is None else {"content": {"application/json": {"schema": {"$ref": _REF + schema}}}}
        operation["responses"][status] = {"description": text, **content}
    if body is not None:
        operation["requestBody"] = body
    if parameters:
        operation["parameters"] = parameters
    return operation


_REFUSALS = {
    400: "what was sent is not right",
    401: "no key, or a wrong one",
    402: "no credits are left",
    403: "a page of another site, or not offered here",
    404: "there is none, or no longer",
    409: "it is being made",
    415: "of a type that is not read",
    421: "not a name of this server",
    422: "the Idempotency-Key belongs to another body",
    429: "too many wait; Retry-After says when",
    500: "a fault of the server",
    507: "the server's disk is full",
}


def _refused(*statuses: int) -> dict[str, tuple[str | None, str]]:
    return {str(status): ("Error", _REFUSALS[status]) for status in statuses}


def _json(schema: str) -> Json:
    return {"required": True, "content": {"application/json": {"schema": {"$ref": _REF + schema}}}}


def _form(field: str, more: Json) -> Json:
    file = {"type": "string", "format": "binary"}
    schema = {"type": "object", "properties": {field: file, **more}, "required": [field]}
    return {"required": True, "content": {"multipart/form-data": {"schema": schema}}}


def _query(name: str, schema: Json) -> Json:
    return {"name": name, "in": "query", "schema": schema}


def _header(name: str, text: str, longest: int) -> Json:
    schema = {"type": "string", "maxLength": longest, "pattern": "^[!-~]*$"}
    return {"name": name, "in": "header", "description": text, "schema": schema}


# -- schemas ----------------------------------------------------------------------------------------------------------


def _schemas() -> Json:
    schemas: Json = {}
    for model in (TalkRequest, AnimationRequest):
        made = model.model_json_schema(ref_template=_REF + "{model}")
        schemas |= made.pop("$defs", {})
        schemas[model.__name__] = made
    text, number = {"type": "string"}, {"type": "number"}
    error = _object({"kind": text, "description": text, "details": {}}, ["kind", "description"])
    created = _object(
        {"id": text, "object": text, "created_at": text, "created_by": text, "status": text},
        ["id", "object", "created_at", "created_by", "status"],
    )
    job = {
        **created["properties"],
        "status": {"enum": ["created", "started", "done", "error", "rejected"]},
        **dict.fromkeys(("user_id", "modified_at", "started_at", "source_url", "driver_url", "audio_url"), text),
        **dict.fromkeys(("preview_url", "result_url", "webhook", "user_data", "name"), text),
        "config": {"type": "object"},
        "metadata": {"type": "object"},
        "duration": {"type": ["number", "null"]},
        "error": {"$ref": _REF + "Error"},
    }
    required = ["id", "object", "created_at", "created_by", "status", "modified_at", "source_url", "config"]
    talk = _object(job | {"subtitles": {"type": "boolean"}, "face": {"type": ["object", "null"]}}, required)
    faces = {"type": "array", "items": {"$ref": _REF + "FaceSquare"}}
    ids = {"type": "array", "items": {"type": "integer"}}
    schemas |= {
        "Error": error,
        "Created": created,
        "Talk": talk,
        "Animation": _object(job | {"task": {"type": "boolean"}, "face_ids": ids}, required),
        "TalkPage": _page("talks", "Talk"),
        "AnimationPage": _page("animations", "Animation"),
        "Upload": _object({"id": text, "url": text, "faces": faces, "duration": number}, ["id", "url"]),
        "FaceDetectionRequest": {
            "type": "object",
            "properties": {"source_url": text, "should_skip_detection": {"type": "boolean"}},
            "required": ["source_url"],
            "additionalProperties": False,
        },
        "FaceCrops": _object(
            {
                "faceCrops": {
                    "type": "array",
                    "items": _object(dict.fromkeys(_SIDES, number), list(_SIDES)),
                },
                "metadata": _object({"width": {"type": "integer"}, "height": {"type": "integer"}}, ["width", "height"]),
            },
            ["faceCrops", "metadata"],
        ),
        "Credits": _object(
            {"credits": {"type": "array", "items": _CREDITS}, "remaining": number, "total": number},
            ["credits", "remaining", "total"],
        ),
        "Voices": {"type": "array", "items": _object(_VOICE, list(_VOICE))},
        "LogoSetting": {
            "oneOf": [
                _object(
                    {"url": text, "position": {"type": "array", "items": {"type": "integer"}}}, ["url", "position"]
                ),
                {"type": "null"},
            ]
        },
        "NewSettings": {
            **_object({"logo": {"$ref": _REF + "Logo"}}, []),
            "additionalProperties": False,
        },
        "Settings": _object({"logo": {"$ref": _REF + "LogoSetting"}}, []),
    }
    return schemas


_SIDES = ("top", "left", "bottom", "right")
_VOICE: Json = {
    **{key: {"type": "string"} for key in ("id", "name", "gender", "access", "provider")},
    "languages": {"type": "array", "items": {"type": "object"}},
    "styles": {"type": "array", "items": {"type": "string"}},
}


_CREDITS: Json = {
    "type": "object",
    "properties": {
        **{name: {"type": "string"} for name in ("owner_id", "created_at", "modified_at", "expire_at")},
        **{name: {"type": "number"} for name in ("remaining", "total")},
    },
}
_CREDITS["required"] = list(_CREDITS["properties"])


def _object(properties: Json, required: list[str]) -> Json:
    return {"type": "object", "properties": properties, "required": required}


def _page(plural: str, one: str) -> Json:
    rows = {"type": "array", "items": {"$ref": _REF + one}}
    return _object({plural: rows, "token": {"type": "string"}}, [plural])
