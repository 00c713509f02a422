"""People who sign an agreement by the links of their mails, without a browser."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from flask import Flask
from sqlalchemy import select

from app.rules import links, redistribution_agreements, signing_codes
from models.agreements import Agreement, RedistributionAgreement, SignatureRequest
from models.base import db
from models.links import Link
from models.scope import Reach, acting
from tests import factories as make
from tests.clinic import Browser, Page

SIGNING = "/agreement-signing/"
CMO, CEO = "rosa@example.org", "paul@example.org"


def asked(app: Flask, language: str = "en") -> SimpleNamespace:
    """A redistribution agreement whose two signatures are asked for by its organization's administrator."""
    with app.app_context():
        from_, to = make.location(name="Harbor Clinic"), make.location(name="Mountain Clinic", number="LOC-77777")
        admin = make.user("orgadmin", email="admin@example.org", language=language)
        make.membership("Organization Administrator", admin, organization=from_.organization, is_default=True)
        draft = make.agreement_rows.redistribution(from_.organization)
        reach = Reach(
            "organization", user_id=admin.id, username="orgadmin", profile="Organization Administrator",
            organization_id=from_.organization_id,
        )  # fmt: skip
        with acting(reach):
            redistribution_agreements.add_place(draft, reach, "loc-77777")
            made = redistribution_agreements.ask_to_sign(draft, reach)
            db.session.flush()
        found = SimpleNamespace(
            draft=draft.id, agreement=made.id, number=made.number, organization=from_.organization_id, place=to.id,
            admin=admin.id,
        )  # fmt: skip
        db.session.commit()
    return found


def token(app: Flask, email: str, purpose: str = "sign") -> str:
    """The secret of the newest link of an address, as its mail would say it."""
    with app.app_context(), acting(make.SEED):
        query = select(Link).where(Link.email == email, Link.purpose == purpose).order_by(Link.id.desc())
        return links.token(db.session.scalars(query).first())


def request_of(app: Flask, email: str) -> SimpleNamespace:
    """The newest signature asked of an address as it stands, and the code that was mailed last."""
    with app.app_context(), acting(make.SEED):
        query = select(SignatureRequest).where(SignatureRequest.email == email).order_by(SignatureRequest.id.desc())
        row = db.session.scalars(query).first()
        code = signing_codes.code_of(row.code_word) if row.code_word else ""
        return SimpleNamespace(id=row.id, status=row.status, tries=row.code_tries, reason=row.decline_reason, code=code)


def change(app: Flask, entity: Any, key: int, **values: Any) -> None:
    """Sets columns of a row as if time had passed."""
    with app.app_context(), acting(make.SEED):
        row = db.session.get_one(entity, key)
        for name, value in values.items():
            setattr(row, name, value)
        db.session.commit()


def status_of(app: Flask, draft: int) -> str:
    """Where a redistribution agreement stands."""
    with app.app_context(), acting(make.SEED):
        return db.session.get_one(RedistributionAgreement, draft).status


def agreements_in(app: Flask) -> list[int]:
    """The keys of all documents."""
    with app.app_context(), acting(make.SEED):
        return list(db.session.scalars(select(Agreement.id).order_by(Agreement.id)))


class Signer(Browser):
    """A person with the mail that asks for a signature."""

    def __init__(self, app: Flask, email: str, username: str = ""):
        super().__init__(app, username)
        self.app, self.email = app, email

    def follow_link(self, purpose: str = "sign") -> Page:
        """Presses the button of the link."""
        path = f"/link/{token(self.app, self.email, purpose)}"
        return self.send(path, path)

    def have_code(self) -> str:
        """Lets a code be sent, and reads it in the mail."""
        page = self.open(SIGNING)
        self.post(f"{SIGNING}code", page.form(SIGNING))
        return request_of(self.app, self.email).code

    def sign(self, name: str, code: str = "", follow: bool = True, **more: Any) -> Page:
        """Ticks, types and signs."""
        values = self.open(SIGNING).form(SIGNING)
        return self.post(SIGNING, {**values, "consent": "y", "typed_name": name, "code": code, **more}, follow)


def sign_all(app: Flask) -> None:
    """Both sign."""
    for email, name in ((CMO, "Rosa Díaz"), (CEO, "Paul Lee")):
        signer = Signer(app, email)
        signer.follow_link()
        assert signer.sign(name, signer.have_code()).code == 200
        assert request_of(app, email).status == "signed"
