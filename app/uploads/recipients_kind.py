"""Recipients as a kind of file: what is known besides, who is here already, and how people are entered."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import and_, exists, func, or_, select

from app.rules.clock import today_at
from app.uploads.cells import Known, employer_key
from app.uploads.checking import Checked
from app.uploads.deciding import Decided, decide
from app.uploads.earlier import earlier_people, entered_by
from app.uploads.kind import Kind, Menu, Words
from app.uploads.limits import PEOPLE_AT_ONCE
from app.uploads.reading import Row
from app.uploads.recipients import RECIPIENTS
from app.uploads.taking_back import take_back
from app.uploads.writing import fill_people, insert_people, link_people, one_upload_at_a_time, welcome_people
from models.base import db
from models.enrollment import Location, Organization
from models.recipients import PriorityGroup, Recipient, RecipientLink
from models.scope import Reach
from models.uploads import Upload, UploadRow


def plan_now() -> tuple[dict[str, str], bool]:
    """The groups of the state's plan, and whether it still opens in phases: some group of it is not open yet."""
    query = select(PriorityGroup.code, PriorityGroup.name, PriorityGroup.opens_on).order_by(PriorityGroup.code)
    groups, today = db.session.execute(query).all(), today_at(None)
    phased = any(group.opens_on is None or group.opens_on > today for group in groups)
    return {group.code: group.name for group in groups}, phased


def groups_now() -> dict[str, str]:
    """The groups of the state's plan: code and who belongs to each."""
    return plan_now()[0]


def is_phased_now() -> bool:
    """Whether the plan still opens in phases."""
    return plan_now()[1]


def known_besides(rows: list[Row], upload: Upload) -> Known:
    """The state's groups, and the organizations and locations that the rows name."""
    groups, phased = plan_now()
    employers = _employers(row.typed.get("Employer") for row in rows)
    known = Known(groups, phased, employers)
    known.more = {"places": _places(rows, upload), "must_say": not (upload.location_id or upload.organization_id)}
    return known


def _places(rows: list[Row], upload: Upload) -> dict[str, int]:
    """The locations that the rows name by Provider PIN and the sender may send for: within reach, and the upload's."""
    pins = {typed.upper() for row in rows if (typed := row.typed.get("Location PIN"))}
    if not pins:
        return {}
    query = select(Location.provider_pin, Location.id).where(Location.provider_pin.in_(pins))
    if upload.location_id:
        query = query.where(Location.id == upload.location_id)
    if upload.organization_id:
        query = query.where(Location.organization_id == upload.organization_id)
    return dict(db.session.execute(query).tuples().all())


def _employers(typed: Iterable[str | None]) -> dict[str, int | None]:
    """The organizations named in the file, by compared name; None where several have it."""
    names = {name for name in typed if name}
    found: dict[str, int | None] = {}
    if not names:
        return found
    wanted = {employer_key(name) for name in names}
    query = select(Organization.id, Organization.name).where(
        Organization.is_active, or_(func.lower(Organization.name).in_(wanted), Organization.name.in_(names))
    )
    for key, name in db.session.execute(query, execution_options={"unscoped": "employer_look_up"}):
        found[employer_key(name)] = None if employer_key(name) in found else key
    return found


def decide_people(rows: list[Checked], upload: Upload) -> list[Decided]:
    """New, known, doubled or to be looked at."""
    return decide(
        rows,
        RECIPIENTS,
        earlier=lambda good: earlier_people(upload, good),
        entered=lambda keys: entered_by(upload, keys),
    )


def enter_people(decided: list[Decided], upload: Upload, _by: Reach) -> dict[int, int]:
    """Writes the new people, fills in what is missing of those known, and lets the place see all of them."""
    new = [one for one in decided if one.outcome == "new"]
    keys, numbers = insert_people(new, upload.id)
    welcome_people(zip(new, numbers, strict=True), keys, upload)
    fill_people([one for one in decided if one.outcome == "changed"], upload.id)
    known = [(one, one.known.id) for one in decided if one.known is not None]
    link_people([*zip(new, keys, strict=True), *known], upload)
    return {one.row.number: key for one, key in zip(new, keys, strict=True)}


def joining(upload: Upload) -> int:
    """How many people who need nothing written would be seen by a place from now on."""
    side = RecipientLink.location_id == func.coalesce(UploadRow.location_id, upload.location_id)
    if upload.organization_id is not None:
        side = or_(
            and_(UploadRow.location_id.is_(None), RecipientLink.organization_id == upload.organization_id),
            RecipientLink.location_id == UploadRow.location_id,
        )
    here = exists().where(RecipientLink.recipient_id == UploadRow.recipient_id, side).correlate(UploadRow)
    query = select(func.count(func.distinct(UploadRow.recipient_id))).where(
        UploadRow.upload_id == upload.id, UploadRow.outcome == "same", UploadRow.recipient_id.is_not(None), ~here
    )
    return db.session.scalar(query) or 0


def fits(decided: list[Decided], upload: Upload) -> bool:
    """Whether any of the rows has to do with the place: someone known, or who lives in a county of its people."""
    if any(one.outcome in ("same", "changed") for one in decided):
        return True
    if upload.location_id is None:
        return True
    counties = {one.row.values.get("county") for one in decided} - {None}
    here = select(RecipientLink.recipient_id).where(RecipientLink.location_id == upload.location_id).limit(1_000)
    lives = select(Recipient.id).where(Recipient.id.in_(here), Recipient.county.in_(counties)).exists()
    nothing_against = or_(Location.county.is_(None), Location.county.in_(counties), lives)
    return db.session.scalar(select(Location.id).where(Location.id == upload.location_id, nothing_against)) is not None


WORDS = Words(
    title=_l("Bulk upload of recipients"),
    file_name=_l("recipient-bulk-upload-template"),
    lead=_l("Send your people from a spreadsheet."),
    warning=_l(
        "Give actual first and last names, no alias or nickname: what you send becomes an official medical record."
    ),
    after=_l("New people with an e-mail address get a welcome mail that invites them to register."),
    see=_l("See who has registered"),
    listed="RecipientScreen.list",
    new=lambda n: ngettext("%(num)s new person will be entered.", "%(num)s new people will be entered.", n),
    fills=lambda n: ngettext(
        "Missing facts of %(num)s person known already will be filled in.",
        "Missing facts of %(num)s people known already will be filled in.",
        n,
    ),
    joins=lambda n: ngettext(
        "%(num)s person known already will be added to your list.",
        "%(num)s people known already will be added to your list.",
        n,
    ),
    entered=lambda n: ngettext("%(num)s new person was entered.", "%(num)s new people were entered.", n),
    filled=lambda n: ngettext(
        "Missing facts of %(num)s person known already were filled in.",
        "Missing facts of %(num)s people known already were filled in.",
        n,
    ),
    all_known=_l("Everyone was known already; no record was changed."),
    nothing_new=_l("Everyone in this file is known here already, with all that it says. Nothing would change."),
    some_known=_l(
        "The good rows of this file are known here already; nothing of them would change. "
        "The other rows must be corrected first."
    ),
    review=_l(
        "Check the names and the date of birth. Where they are right and it is another person, that person is "
        "registered at the first visit: nobody is mixed up by guess."
    ),
    changed=_l("Only what is empty in the record is filled in; nothing is replaced."),
)

KIND = Kind(
    name="recipients",
    template=RECIPIENTS,
    table=Recipient.__table__,
    decide=decide_people,
    enter=enter_people,
    words=WORDS,
    menu=Menu("Recipients", _l("Bulk upload")),
    page="BulkUpload",
    path="/upload",
    known=known_besides,
    groups=groups_now,
    is_phased=is_phased_now,
    named_by=("First Name", "Last Name"),
    date_column="Date of Birth",
    keeps="recipient_id",
    joining=joining,
    lock=one_upload_at_a_time,
    fits=fits,
    take_back=take_back,
    place_column="location_id",
    at_once=PEOPLE_AT_ONCE,
)
