"""The front end and the page of the API. What may be asked for is listed when the server starts."""

from functools import cache
from hashlib import sha256
from html import escape
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from chipgate.app.answer import tagged
from chipgate.app.context import PROBLEMS
from chipgate.app.problems import ApiError

router = APIRouter(include_in_schema=False, responses=PROBLEMS)
MEDIA: Final = {
    "html": "text/html; charset=utf-8", "js": "text/javascript; charset=utf-8", "mjs": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8", "svg": "image/svg+xml", "png": "image/png", "ico": "image/x-icon",
    "json": "application/json", "woff2": "font/woff2", "webmanifest": "application/manifest+json",
    "txt": "text/plain; charset=utf-8",
}  # fmt: skip


@cache
def static_files() -> dict[str, Traversable]:
    """Files of the front end by their path in an address; nothing else can be asked for."""
    found: dict[str, Traversable] = {}

    def walk(folder: Traversable, prefix: str) -> None:
        for item in sorted(folder.iterdir(), key=lambda i: i.name):
            if item.is_dir():
                walk(item, f"{prefix}{item.name}/")
            elif item.name.rpartition(".")[2] in MEDIA:
                found[f"{prefix}{item.name}"] = item

    walk(files("chipgate.app") / "static", "")
    return found


@router.get("/")
def index(request: Request) -> Response:
    """The front end."""
    return static("index.html", request)


@router.get("/favicon.ico")
def icon(request: Request) -> Response:
    """The icon that browsers ask for."""
    for name in ("favicon.ico", "favicon.svg"):
        if name in static_files():
            return static(name, request)
    return Response(status_code=204)


@router.get("/static/{name:path}")
def static(name: str, request: Request) -> Response:
    """One file of the front end."""
    item = static_files().get(name)
    if item is None:
        raise ApiError(404, "not_found", "there is no such file", found=name, where="path")
    return tagged(request, item.read_bytes(), MEDIA[name.rpartition(".")[2]])


@cache
def _plotly() -> tuple[bytes, str]:
    content = (files("plotly") / "package_data" / "plotly.min.js").read_bytes()
    return content, f'"{sha256(content).hexdigest()[:24]}"'


@router.get("/vendor/plotly.min.js")
def plotly(request: Request) -> Response:
    """plotly.js as its Python package ships it."""
    content, tag = _plotly()
    headers = {"ETag": tag, "Cache-Control": "max-age=86400"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=MEDIA["js"], headers=headers)


@router.get("/api/docs")
def docs(request: Request) -> Response:
    """The API as a page that needs no script and nothing from elsewhere."""
    return tagged(request, _docs(request.app.openapi()).encode(), MEDIA["html"])


def _docs(schema: dict[str, Any]) -> str:
    rows = []
    for path, methods in schema["paths"].items():
        for method, about in methods.items():
            given = ", ".join(p["name"] for p in about.get("parameters", []))
            body = about.get("requestBody", {}).get("content", {})
            said = given or ", ".join(
                str(c["schema"].get("$ref", c["schema"].get("type", ""))).rpartition("/")[2] for c in body.values()
            )
            rows.append(f"<tr><td>{method.upper()}</td><td><code>{escape(path)}</code></td><td>{escape(said)}</td>"
                        f"<td>{escape(about.get('description') or about.get('summary', ''))}</td></tr>")  # fmt: skip
    forms = []
    for name, form in sorted(schema["components"]["schemas"].items()):
        fields = "".join(
            f"<tr><td><code>{escape(field)}</code></td><td>{escape(_type(about))}</td></tr>"
            for field, about in form.get("properties", {}).items()
        )
        forms.append(f'<h3 id="{escape(name)}">{escape(name)}</h3><p>{escape(form.get("description", ""))}</p>'
                     f"<table>{fields}</table>")  # fmt: skip
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Chipgate API</title>'
        '<meta name="viewport" content="width=device-width"><style>body{font:16px/1.5 sans-serif;margin:2rem auto;'
        "max-width:70rem;padding:0 1rem}td{padding:.2rem .6rem;vertical-align:top;border-top:1px solid #ccc}</style>"
        f"<h1>Chipgate API</h1><p>{escape(schema['info']['description'])} The schema for programs is "
        '<a href="/api/openapi.json">/api/openapi.json</a>.</p><h2>Requests</h2>'
        f"<table>{''.join(rows)}</table><h2>Bodies</h2>{''.join(forms)}</html>"
    )


def _type(about: dict[str, Any]) -> str:
    if "anyOf" in about:
        return " or ".join(_type(part) for part in about["anyOf"])
    if "$ref" in about:
        return str(about["$ref"]).rpartition("/")[2]
    if "enum" in about or "const" in about:
        return ", ".join(map(str, about.get("enum", [about.get("const")])))
    bounds = [f"{word} {about[key]:g}" for key, word in (("minimum", "from"), ("maximum", "to")) if key in about]
    inner = f" of {_type(about['items'])}" if "items" in about else ""
    return " ".join([str(about.get("type", "any")) + inner, *bounds])
