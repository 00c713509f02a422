"""Which account an NCID opens: mapped by its username, and held to the key that NCID gave it at the first use."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from app import history
from app.rules import people
from models.acts import act
from models.base import RuleBroken, db, utcnow
from models.identities import OutsideIdentity
from models.people import PortalUser
from models.scope import Reach, acting

BY = Reach.system("sign-in")


def attach(identity: OutsideIdentity, by: Reach) -> OutsideIdentity:
    """Lets an NCID open an account; only one's own and those one has authority over."""
    people.refuse_above(identity.user, by)
    identity.username = (identity.username or "").strip().lower()
    if _holder_of(identity.username) is not None:
        raise RuleBroken(_("This NCID opens an account already."), field="username")
    db.session.add(identity)
    db.session.flush()
    return identity


@act(
    label=_l("Take off"),
    confirm=_l("This NCID will open the account no more, and its sessions end. Take it off?"),
    icon="fa-user-slash",
    done=_l("The NCID opens the account no more."),
    may_do=lambda identity: identity.ended_at is None,
)
def detach(identity: OutsideIdentity, by: Reach) -> OutsideIdentity:
    """Takes an NCID off an account, whose sessions all end."""
    people.refuse_above(identity.user, by)
    identity.ended_at = utcnow()
    identity.username = f"{identity.username[:60]}~{identity.id}"  # free to be given to the right person
    with acting(BY):
        identity.user.session_epoch += 1
        if (identity.user.ncid or "").strip().lower() == identity.username.rpartition("~")[0]:
            identity.user.ncid = None
        db.session.flush()
    return identity


def opened_by(username: str, subject: str) -> PortalUser | None:
    """The account that this NCID opens; None where there is none, or where the name belongs to somebody else by now."""
    username = username.strip().lower()
    with acting(BY):
        identity = db.session.scalars(
            select(OutsideIdentity).where(OutsideIdentity.username == username, OutsideIdentity.ended_at.is_(None))
        ).first()
        if identity is None:
            identity = _named_on_an_account(username)
        if identity is None or not identity.user.active or identity.user.is_system:
            return None
        if identity.subject is None:
            identity.subject, identity.first_used_at = subject, utcnow()
        elif identity.subject != subject:
            history.refused("other NCID key")
            return None
        db.session.flush()
        return identity.user


def _named_on_an_account(username: str) -> OutsideIdentity | None:
    """Accounts name one NCID on themselves: it becomes the first that opens them."""
    query = select(PortalUser).where(func.lower(PortalUser.ncid) == username).limit(2)
    found = db.session.scalars(query).all()
    if len(found) != 1:
        return None
    identity = OutsideIdentity(user=found[0], username=username)
    db.session.add(identity)
    return identity


def _holder_of(username: str) -> PortalUser | None:
    with acting(BY):
        identity = db.session.scalars(select(OutsideIdentity).where(OutsideIdentity.username == username)).first()
        if identity is not None:
            return identity.user
        return db.session.scalars(select(PortalUser).where(func.lower(PortalUser.ncid) == username)).first()
