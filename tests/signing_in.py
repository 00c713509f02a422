"""Signing in without a browser, and sending forms as a browser would."""

import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from app import access
from models.base import db
from tests import factories as make

HIDDEN = re.compile(r'name="(csrf_token|_place)"[^>]*?value="([^"]*)"')


def marks(client: FlaskClient, path: str = "/start/") -> dict[str, str]:
    """The hidden inputs of the forms on a page: the token against forgery and the place in force."""
    return dict(HIDDEN.findall(client.get(path, follow_redirects=True).get_data(as_text=True)))


def sign_in(client: FlaskClient, username: str, password: str = make.PASSWORD) -> FlaskClient:
    """Signs a person in; fails the test where that is refused."""
    form = {"username": username, "password": password, **marks(client, "/login/")}
    answer = client.post("/login/", data=form)
    assert answer.status_code == 302, f"{username} was not signed in: {answer.status_code}"
    assert client.get("/start/").status_code == 200, f"{username} was not signed in"
    return client


def send(client: FlaskClient, path: str, **form: Any) -> Any:
    """Posts a form with its marks, as made for the place in force; answers what came back."""
    return client.post(path, data={**marks(client), **form})


def someone(app: Flask, profile: str, **place: Any) -> str:
    """Makes a person with this profile (at a place of the right kind, unless one is given); answers the username."""
    kinds = {"location": make.location, "organization": make.organization, "self": make.recipient}
    with app.app_context():
        kind = access.reach_of(profile)
        if kind in kinds and not place:
            place = {"recipient" if kind == "self" else kind: kinds[kind]()}
        username = make.membership(profile, **place).user.username
        db.session.commit()
    return username
