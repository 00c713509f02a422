"""What becomes of each row of an onboarding file, and how the good ones are entered: by the rules of the team."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.rules import accounts, clock, people, team
from app.uploads.checking import Checked
from app.uploads.deciding import Decided
from models.access_requests import AccessRequest
from models.base import RuleBroken, db
from models.enrollment import Location
from models.people import PROFILES, Membership, PortalUser
from models.scope import Reach, reach_in_force
from models.uploads import Upload

ADD, CHANGE, REMOVE = "Add", "Change profile", "Remove"  # as the template has them in English, whoever reads it
ACTIONS = {ADD: _l("Add"), CHANGE: _l("Change profile"), REMOVE: _l("Remove")}
HEADINGS = {
    "email": "Email", "username": "NCID Username", "last_name": "Last Name", "profile": "Profile",
    "location": "Location PIN or Name",
}  # fmt: skip


def decide(rows: list[Checked], upload: Upload) -> list[Decided]:
    """Each row against the accounts there are and who works here now; review and entering both ask."""
    by = reach_in_force()
    decided = [Decided(row, "refused") if row.errors else Decided(row, "new") for row in rows]
    good = _once_each([one for one in decided if one.outcome == "new"])
    whose = _whose([one.row.values for one in good])
    here = _works_here({user.id for found in whose for user in found}, upload.location_id)
    for one, found in zip(good, whose, strict=True):
        try:
            _decide(one, found, here, upload, by)
        except RuleBroken as broken:
            one.refuse(HEADINGS.get(broken.field or "", ""), "BUSR", broken.message)
    return decided


def _once_each(good: list[Decided]) -> list[Decided]:
    """Those that are the first of their e-mail address and of their username."""
    seen: dict[tuple[str, str], int] = {}
    first = []
    for one in good:
        marks = [(name, (one.row.values[name] or "").lower()) for name in ("email", "username")]
        earlier = next((seen[mark] for mark in marks if mark in seen), None)
        if earlier is not None:
            one.note("doubled", "DBLD", _("The same person stands in row %(row)s.", row=earlier))
            continue
        seen.update(dict.fromkeys(marks, one.row.number))
        first.append(one)
    return first


def _whose(rows: list[dict[str, Any]]) -> list[list[PortalUser]]:
    """The accounts of each row's e-mail address and username, found in one question."""
    by_mark: dict[str, set[PortalUser]] = defaultdict(set)
    for user in accounts.all_named([row["email"] for row in rows], [row["username"] for row in rows]):
        by_mark[f"@{user.email.lower()}"].add(user)
        for name in (user.username, user.ncid):
            by_mark[(name or "").lower()].add(user)
    return [list(by_mark[f"@{row['email'].lower()}"] | by_mark[row["username"].lower()]) for row in rows]


def _works_here(users: set[int], location_id: int | None) -> dict[int, list[Membership]]:
    """The memberships at the place of these people that are not over, lapsed ones included."""
    query = select(Membership).where(Membership.location_id == location_id, Membership.user_id.in_(users))
    found: dict[int, list[Membership]] = defaultdict(list)
    today = clock.today()
    for row in db.session.scalars(query.order_by(Membership.id)):
        if row.ends_on is None or row.ends_on >= today:
            found[row.user_id].append(row)
    return found


def _decide(one: Decided, found: list[PortalUser], here: Any, upload: Upload, by: Reach | None) -> None:
    """The outcome of one row; raises RuleBroken with what speaks against it."""
    values = one.row.values
    if len(found) > 1:
        raise RuleBroken(_("The e-mail address and the username belong to different people."), field="username")
    user = found[0] if found else None
    if user is not None:
        team.refuse_another(user, values["first_name"], values["last_name"])
    held = here[user.id] if user is not None else []
    {CHANGE: _changes, REMOVE: _removes}.get(values["action"], _adds)(one, user, held, upload, by)


def _adds(one: Decided, user: PortalUser | None, held: list[Membership], upload: Upload, by: Reach | None) -> None:
    profile = one.row.values["profile"]
    same = next((row for row in held if row.profile == profile), None)
    one.known = same
    if same is not None and same.lapsed_on is None:
        one.outcome = "same"
    elif same is not None:
        people.may_take(same, _sender(by))
        _changed(one, _("Lapsed"), profile)
    elif held:
        raise RuleBroken(
            _("This person works here as %(profile)s. Write “Change profile” as the action.", profile=held[0]),
            "profile",
        )
    else:
        _may_give(user, profile, upload, by)


def _changes(one: Decided, user: PortalUser | None, held: list[Membership], upload: Upload, by: Reach | None) -> None:
    profile = one.row.values["profile"]
    if not held:
        raise RuleBroken(_("This person has no access here. Write “Add” as the action."), "email")
    one.known = next((row for row in held if row.profile == profile), held[0])
    if one.known.profile == profile:
        one.outcome = "same"
        return
    if len(held) > 1:
        raise RuleBroken(
            _("This person has several profiles here. Change them on the list of who works here."), "profile"
        )
    people.may_take(one.known, _sender(by))
    _may_give(user, profile, upload, by)
    _changed(one, one.known.profile, profile)


def _removes(one: Decided, _user: PortalUser | None, held: list[Membership], _upload: Upload, by: Reach | None) -> None:
    profile = one.row.values["profile"]
    if not held:
        one.outcome = "same"
        return
    one.known = next((row for row in held if row.profile == profile), None)
    if one.known is None:
        raise RuleBroken(_("This person works here as %(profile)s.", profile=held[0]), "profile")
    people.may_take(one.known, _sender(by))
    _changed(one, profile, None)


def _changed(one: Decided, old: Any, new: str | None) -> None:
    one.outcome = "changed"
    name = "profile" if new is not None else "action"
    one.fills, one.old = {name: new or REMOVE}, {name: str(PROFILES.get(old, old))}


def _sender(by: Reach | None) -> Reach:
    if by is None:
        raise RuleBroken(_("Your profile may not grant this one."))
    return by


def _may_give(user: PortalUser | None, profile: str, upload: Upload, by: Reach | None) -> None:
    wish = Membership(profile=profile, location_id=upload.location_id, user_id=user.id if user else None)
    people.may_give(wish, _sender(by))


def enter(decided: list[Decided], upload: Upload, by: Reach) -> dict[int, int]:
    """Gives, changes and ends access row by row; what a rule refuses meanwhile comes back as a row to fix."""
    people.still_in_force(by)
    place = db.session.scalars(select(Location).where(Location.id == upload.location_id)).one()
    made = {}
    for one in decided:
        if one.outcome not in ("new", "changed"):
            continue
        try:
            made[one.row.number] = _entered(one, place, by).id
        except RuleBroken as broken:
            one.refuse(HEADINGS.get(broken.field or "", ""), "BUSR", broken.message)
    return made


def _entered(one: Decided, place: Location, by: Reach) -> Membership:
    values = one.row.values
    acts: dict[str, Callable[[], Membership]] = {
        ADD: lambda: team.renew(one.known, by) if one.known else _brought_in(values, place, by),
        CHANGE: lambda: team.change_profile(one.known, by, values["profile"]),
        REMOVE: lambda: people.end(one.known, by),
    }
    return acts[values["action"] or ADD]()


def _brought_in(values: dict[str, Any], place: Location, by: Reach) -> Membership:
    """A person let in as the form does it, with a request that the state sees."""
    named = {name: values[name] for name in ("first_name", "last_name", "email", "username", "profile")}
    request = AccessRequest(**named, location=place, how="file")
    membership = team.add_person(request, by, phone=values["phone"])
    db.session.add(request)
    db.session.flush()
    return membership
