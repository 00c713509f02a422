"""The HCP User Onboarding Template: who is to work at a location, as what, or not any more. Source: FAQ 10 and 13."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import select

from app.uploads.cells import Known, Wrong
from app.uploads.columns import Column, Template
from app.uploads.kind import Kind, Menu, Words
from app.uploads.onboarding_commit import ACTIONS, decide, enter
from app.uploads.reading import Row
from models.access_requests import AccessRequest
from models.base import db
from models.enrollment import Location
from models.people import AT_A_LOCATION
from models.uploads import Upload

MOST_ROWS = 500


def _choice_of(choices: dict[str, Any], typed: str) -> str:
    """The code of a word, in English or in the reader's language, without regard to case."""
    said = " ".join(typed.casefold().split())
    for code, words in choices.items():
        if said in (code.casefold(), str(words).casefold()):
            return code
    raise Wrong(_l("“%(typed)s” is not one of the allowed values: %(some)s.", typed=typed[:40], some=_some(choices)))


def _some(choices: dict[str, Any]) -> str:
    return "; ".join(str(words) for words in choices.values())


def profile(typed: str, _column: Column, _known: Known) -> str:
    """A profile of a location."""
    return _choice_of(AT_A_LOCATION, typed)


def action(typed: str, _column: Column, _known: Known) -> str:
    """What is to happen; an empty cell means Add."""
    return _choice_of(ACTIONS, typed)


def place(typed: str, _column: Column, known: Known) -> int:
    """The location that the file is for, by its Provider PIN (with or without NCA), number or name."""
    location: Location = known.more["location"]
    said = " ".join(typed.casefold().split())
    pin = (location.provider_pin or "").casefold()
    names = {location.number.casefold(), " ".join(location.name.casefold().split()), pin, pin.removeprefix("nca")}
    if said not in names - {""}:
        raise Wrong(_l("This file is for %(place)s. Send people of another location from there.", place=location.name))
    if location.status != "approved":
        raise Wrong(_l("This location is not approved; nobody can be given access to it."))
    return location.id


def username(typed: str, _column: Column, _known: Known) -> str:
    """An NCID username: one word."""
    if " " in typed or not typed.isprintable():
        raise Wrong(_l("A username has no blanks."))
    return typed


def one_word_for_both(values: dict[str, Any], bad: set[str], _known: Known) -> Iterator[tuple[str, str, Any]]:
    """An e-mail address is no NCID username."""
    if "username" not in bad and "@" in (values["username"] or ""):
        yield "username", "BUSR", _l("This is an e-mail address. Write the NCID username, without @.")


COLUMNS = (
    Column("Location PIN or Name", "location_id", place, True, example="NCA650001",
           help=_l("The Provider PIN, the location number or the name of the location that you work for now."),
           aliases=("Location", "Location PIN", "Location Name", "Provider PIN", "PIN", "Centro")),
    Column("First Name", "first_name", "name", True, example="Maria", help=_l("The legal name. No digits."),
           aliases=("First", "Nombre", "Primer nombre")),
    Column("Last Name", "last_name", "name", True, example="Lopez", help=_l("The legal name. No digits."),
           aliases=("Last", "Surname", "Apellido", "Apellidos")),
    Column("Email", "email", "email", True, example="maria.lopez@clinic.example",
           help=_l("One address for each person, better of the business: there goes the mail about the access."),
           aliases=("E-mail", "Email Address", "E-mail Address", "Correo electrónico", "Correo")),
    Column("NCID Username", "username", username, True, example="mlopez",
           help=_l("The business NCID, without blanks. The same one may be sent for another location."),
           aliases=("NCID", "Username", "User name", "Nombre de usuario")),
    Column("Profile", "profile", profile, True, example="Healthcare Provider",
           help=_l("What the person is to be at this location."), aliases=("Perfil",),
           choices=lambda: AT_A_LOCATION),
    Column("Phone", "phone", "phone", example="9195555555", help=_l("Ten digits, however written."),
           aliases=("Phone Number", "Teléfono")),
    Column("Action", "action", action, example="Add",
           help=_l("Add, Change profile, or Remove. An empty cell means Add."), aliases=("Acción",),
           choices=lambda: ACTIONS),
)  # fmt: skip

ONBOARDING = Template(
    kind="onboarding",
    title=_l("HCP User Onboarding"),
    columns=COLUMNS,
    rules=(one_word_for_both,),
    identity=lambda values: (values["email"] or "").lower(),
    notes=(
        _l("Everybody who helps should have access: reception, inventory, check-in and those who give doses."),
        _l("You may send the file as often as you like; who has the access already is left as is."),
    ),
)


def the_place(_rows: list[Row], upload: Upload) -> Known:
    """The location that the file is for."""
    return Known(more={"location": db.session.scalars(select(Location).where(Location.id == upload.location_id)).one()})


WORDS = Words(
    title=_l("HCP user onboarding by file"),
    file_name=_l("hcp-user-onboarding-template"),
    lead=_l("Bring in, change or end the access of several people of this location from a spreadsheet."),
    warning=_l("The people in this file will see medical records. Name only those who work here."),
    after=_l("Everybody added gets a mail with the username, where to sign in, and a link to choose a password."),
    see=_l("See who works here"),
    listed="MembershipScreen.list",
    new=lambda n: ngettext("%(num)s person will be given access.", "%(num)s people will be given access.", n),
    fills=lambda n: ngettext("The access of %(num)s will be changed.", "The access of %(num)s will be changed.", n),
    entered=lambda n: ngettext("%(num)s person was given access.", "%(num)s people were given access.", n),
    filled=lambda n: ngettext("The access of %(num)s was changed.", "The access of %(num)s was changed.", n),
    all_known=_l("Everything was so already; nobody's access was changed."),
    nothing_new=_l("Everything is so already. Nothing would change."),
    changed=_l("People who work here, and what would change."),
)

KIND = Kind(
    name="onboarding",
    template=ONBOARDING,
    table=AccessRequest.__table__,
    decide=decide,
    enter=enter,
    words=WORDS,
    menu=Menu("People", _l("Onboarding by file"), "fa-users-rectangle"),
    verb="send_team",
    known=the_place,
    named_by=("First Name", "Last Name"),
    most_rows=MOST_ROWS,
)
