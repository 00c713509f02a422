"""A case under review, for tests: its reviewers, and what several tests do with it."""

import pytest

from models.applications import Application
from models.base import db
from models.scope import acting
from tests import applications
from tests import factories as make
from tests.clinic import Browser


@pytest.fixture
def case(app):
    with app.app_context(), acting(make.SEED):
        for name in ("marcus", "nadia"):
            make.membership("State Immunization Staff", make.user(name, first_name=name.capitalize()), is_default=True)
        make.membership("State Administrator", make.user("chief"), is_default=True)
        found = applications.submitted()
        db.session.commit()
    return found


def stored(app, case, *names):
    with app.app_context(), acting(make.SEED):
        row = db.session.get(Application, case.id)
        return tuple(getattr(row, name) for name in names)


def change(app, work):
    with app.app_context(), acting(make.SEED):
        found = work()
        db.session.commit()
        return found


def taken(app, case, who="marcus"):
    browser = Browser(app, who)
    browser.post(f"/review-queue/{case.id}/claim", browser.marks())
    return browser


def approve(browser, case, **answers):
    path = f"/review/{case.id}/approve"
    page = browser.open(path)
    return page, browser.post(path, {**page.form(path), **answers})
