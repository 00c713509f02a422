"""A believable state to try the product with: organizations, stock, people and doses, all made up."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from random import Random
from typing import Any

from app import history
from app.demo import agreements, applications, enrolling, files, movements, places, recipients, supply, users, visits
from app.demo.users import PASSWORD, SIGN_INS, is_loaded
from app.rules import catalog
from app.rules.clock import today_at
from models.base import db, utcnow
from models.enrollment import Location, Organization
from models.people import Membership, PortalUser
from models.recipients import Recipient
from models.scope import Reach, acting

SEED = 2021
LOADER = Reach.system("demo")


def load(today: dt.date | None = None) -> None:
    """Adds the demo's data, the same each time but for its dates, which go back from today; does not commit.

    Does nothing where it is loaded already.
    """
    with acting(LOADER):
        if not is_loaded():
            chance = Random(SEED)  # noqa: S311 - made-up data, the same each time
            _load(chance, today or today_at(None))
            db.session.flush()
            _sum_up_history()


def _load(rng: Random, today: dt.date) -> None:
    organizations = places.organizations()
    locations = places.locations(organizations)
    staff = users.staff(LOADER, organizations, locations)
    vaccinators = users.vaccinators(LOADER, locations, staff)
    applications.in_all_states(LOADER, organizations, staff)
    branch = next(user for user in staff if user.username == "immunization.demo")
    agreements.signed(organizations, locations, LOADER, branch)
    users.waiting_for_the_manager(LOADER, locations)
    catalog.priority_groups()
    lots = supply.lots(catalog.vaccines(), today)
    supply.shipments(rng, locations, lots, _receivers(staff), today)
    people = recipients.at_locations(rng, locations, today)
    sent = recipients.of_employer(rng, organizations["ORG-0005"], locations[0], today)
    users.recipient(LOADER, people[0][0])
    _send_files(staff, organizations["ORG-0005"], sent, locations[0], people[0], today)
    recipients.welcome(sent, LOADER)
    people[0] += sent[: recipients.AT_BOTH]
    story = visits.Story(rng, today, locations, people, vaccinators, lots)
    visits.doses_given(story)
    visits.mistakes(story)
    visits.waiting_today(story)
    movements.tell(movements.Story(locations, lots, _receivers(staff), branch, today))
    enrolling.other_states(LOADER)
    enrolling.waiting_for_review(LOADER, users.applicant(LOADER), utcnow())


def _send_files(
    staff: list[PortalUser],
    employer: Organization,
    sent: list[Recipient],
    first: Location,
    here: list[Recipient],
    today: dt.date,
) -> None:
    """The files that the employer and the first location's manager sent, before anybody came."""
    by = {user.username: user for user in staff}
    at = dt.datetime.combine(today - dt.timedelta(days=supply.FIRST_RECEIPT), dt.time(15))
    files.sent_by_employer(employer, by["employer.demo"], sent, at)
    invited = [person for person in here if person.registration == "uploaded"]
    files.sent_by_location(first, by["manager.demo"], invited, at)
    db.session.flush()


def _receivers(staff: list[PortalUser]) -> dict[int, PortalUser]:
    """Location key -> who receives its shipments, where there is somebody for it."""
    keeper = next(user for user in staff if user.username == "inventory.demo")
    places_of = db.session.query(Membership.location_id).filter_by(user_id=keeper.id)
    return {location_id: keeper for (location_id,) in places_of}


def _sum_up_history() -> None:
    """One entry for the load: which rows it made, without every value of each."""
    made: dict[tuple[str, str], set[Any]] = defaultdict(set)
    for change in history.entry().changed:
        row = change.get("_row")
        made[change["entity"], change["act"]].add(row.id if row is not None else change.get("id"))
    history.entry().changed = []
    for (entity, act), keys in made.items():
        history.changed_in_bulk(entity, act, sorted(keys))


__all__ = ["PASSWORD", "SEED", "SIGN_INS", "is_loaded", "load"]
