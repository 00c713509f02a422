"""What each answer tells the browser, and how much a request may bring."""

import io
import re
from pathlib import Path

import pytest

from app import headers
from models.base import db
from tests import factories as make
from tests.signing_in import marks, sign_in, someone

pytestmark = pytest.mark.shared_data

PLACES = ("/", "/login/", "/provider", "/nothing-here", "/healthz", "/static/js/early.js", "/link/x")


def test_every_answer_has_the_headers(client):
    for path in PLACES:
        with client.get(path) as answer:
            for name in headers.ALWAYS:
                assert name in answer.headers, (path, name)
            policy = answer.headers["Content-Security-Policy"]
            assert "frame-ancestors 'none'" in policy and "default-src 'none'" in policy
            assert "unsafe" not in policy and "http" not in policy and "*" not in policy
            assert ("no-store" in answer.headers["Cache-Control"]) is not path.startswith("/static/"), path


def test_a_script_runs_only_with_the_mark_of_its_answer(app, client):
    sign_in(client, someone(app, "State Administrator"))
    seen = set()
    for path in ("/start/", "/shipment/list/", "/swagger/v1"):
        answer = client.get(path)
        assert answer.status_code == 200, path
        nonce = re.search(r"script-src 'nonce-([^']+)'", answer.headers["Content-Security-Policy"])[1]
        scripts = re.findall(r"<script[^>]*>", answer.get_data(as_text=True))
        assert scripts and all(f'nonce="{nonce}"' in tag for tag in scripts), path
        seen.add(nonce)
        assert "no-store" in answer.headers["Cache-Control"]
    assert len(seen) == 3


def test_https_is_remembered_and_its_cookie_is_bound_to_the_host(app, monkeypatch):
    client = app.test_client()
    assert "Strict-Transport-Security" not in client.get("/").headers
    told = client.get("/", base_url="https://localhost").headers["Strict-Transport-Security"]
    assert int(re.search(r"max-age=(\d+)", told)[1]) >= 31_536_000
    monkeypatch.setitem(app.config, "SESSION_COOKIE_NAME", "__Host-console")
    monkeypatch.setitem(app.config, "SESSION_COOKIE_SECURE", True)
    cookie = client.get("/login/", base_url="https://localhost").headers["Set-Cookie"]
    assert cookie.startswith("__Host-console=") and "Domain" not in cookie
    assert all(part in cookie for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"))


def test_another_host_name_is_refused(app, client, monkeypatch):
    monkeypatch.setitem(app.config, "TRUSTED_HOSTS", ["console.example"])
    assert client.get("/login/", headers={"Host": "evil.example"}).status_code == 400
    assert client.get("/login/", headers={"Host": "console.example"}).status_code == 200


def test_production_answers_to_its_own_names_only(app, monkeypatch):
    monkeypatch.setitem(app.config, "TRUSTED_HOSTS", [])
    monkeypatch.setitem(app.config, "PUBLIC_URL", "https://console.example:8443")
    monkeypatch.setitem(app.config, "PORTAL_URLS", {"recipient": "https://shots.example/recipient"})
    assert headers.hosts_of(app) is None
    monkeypatch.setitem(app.config, "PRODUCTION", True)
    assert headers.hosts_of(app) == ["127.0.0.1", "console.example", "localhost", "shots.example"]


def test_too_much_is_refused_in_plain_words(app, client, monkeypatch):
    for name in ("MAX_BODY_WITHOUT_FILE", "MAX_FORM_MEMORY_SIZE"):
        monkeypatch.setitem(app.config, name, 100_000)  # a client for tests leaves its files of larger forms open
    sign_in(client, someone(app, "State Administrator"))
    most = app.config["MAX_BODY_WITHOUT_FILE"]
    mine = marks(client)
    wide = {**mine, **{f"field{n}": "x" for n in range(app.config["MAX_FORM_PARTS"])}}
    sent = {
        "a long form": lambda: client.post("/recipient/search", data={**mine, "last_name": "x" * most}),
        "a long API body": lambda: client.post("/api/v1/security/login", json={"username": "x" * most}),
        "a long part": lambda: client.post(
            "/recipient/search", data={**mine, "last_name": "x" * (most + 1)}, content_type="multipart/form-data"
        ),
        "many parts": lambda: client.post("/recipient/search", data=wide, content_type="multipart/form-data"),
        "a huge file": lambda: client.post(
            "/recipient/search",
            data={**mine, "file": (io.BytesIO(b"x"), "a.csv")},
            environ_overrides={"CONTENT_LENGTH": str(app.config["MAX_CONTENT_LENGTH"] + 1)},
        ),
    }
    for what, send in sent.items():
        answer = send()
        assert answer.status_code == 413, (what, answer.status_code)
        assert "Traceback" not in answer.get_data(as_text=True)
    assert client.get("/start/").status_code == 200


def test_no_page_of_a_person_is_kept_by_a_browser(app, client):
    with app.app_context():
        place = make.location()
        username = make.membership("Healthcare Location Manager", location=place).user.username
        person = make.recipient(at=place).id
        db.session.commit()
    sign_in(client, username)
    for path in (
        f"/recipient/show/{person}",
        "/recipient/list/",
        "/recipient/export/csv",
        f"/api/v1/recipient/{person}",
    ):
        answer = client.get(path)
        answer.get_data()
        assert answer.status_code == 200 and "no-store" in answer.headers["Cache-Control"], path


def test_every_script_of_our_templates_carries_the_nonce():
    """Pages that no walk opens too: a script without it is not run, and nobody is told."""
    templates = Path(__file__).parents[1] / "app" / "templates"
    pages = sorted(templates.rglob("*.html"))
    tags = [(path.name, tag) for path in pages for tag in re.findall(r"<script\b.*?>", path.read_text())]
    assert tags and [one for one in tags if 'nonce="{{' not in one[1]] == []
