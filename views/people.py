"""Screens of users and what they may be where."""

from flask import url_for
from flask_babel import lazy_gettext as _l

from app.rules import account_care, people, team
from models.access_requests import AccessRequest
from models.people import Membership, PortalUser
from views.kinds import Go
from views.screen import Screen

ADD_PERSON = Go(
    _l("Add a person"), lambda _row: url_for("AccessRequestScreen.add"), "AccessRequest", "add", "fa-user-plus"
)
SEVERAL = Go(_l("Several by file"), lambda _row: url_for("OnboardingUpload.start"), "Upload", "send_team", "fa-users")
REQUESTS = Go(
    _l("Who asks for access"), lambda _row: url_for("AccessRequestScreen.list"), "AccessRequest", "see", "fa-user-clock"
)


class MembershipScreen(Screen):
    entity = Membership
    menu = "People"
    list_title = _l("Account management")
    lead = _l(
        "Who works here, as what, and until when. Access to a location lapses when nobody uses it for 90 days; renew "
        "it here, for several people at once if you like."
    )
    list_columns = [
        "user", "profile", "user.last_login", "lapses_on", "ends_on", "starts_on", "location", "organization",
    ]  # fmt: skip
    show_columns = [
        "user", "profile", "location", "organization", "starts_on", "ends_on", "user.last_login", "last_used_on",
        "lapses_on", "lapsed_on",
    ]  # fmt: skip
    order_columns = ["profile", "starts_on", "ends_on", "lapses_on"]
    add_columns = ["user", "profile", "location", "organization", "starts_on", "ends_on"]
    search_columns = ["user", "profile", "location", "organization"]
    adds_with = people.grant
    acts = [team.renew, team.change_profile, people.end]
    list_leads = [ADD_PERSON, SEVERAL, REQUESTS]
    add_label = _l("Give access to a user")


class PortalUserScreen(Screen):
    entity = PortalUser
    menu = "People"
    list_columns = ["username", "first_name", "last_name", "email", "active", "last_login"]
    show_columns = ["username", "first_name", "last_name", "email", "phone", "ncid", "language", "active", "last_login"]
    add_columns = ["username", "first_name", "last_name", "email", "phone", "ncid", "language"]
    edit_columns = ["first_name", "last_name", "email", "phone", "ncid", "language", "active"]
    search_columns = ["username", "active"]
    optional_columns = ["email"]
    adds_with = people.add_user
    edits_with = people.change_user
    acts = [people.set_password, account_care.reset_second_factor]
    related = [MembershipScreen]


class AccessRequestScreen(Screen):
    entity = AccessRequest
    menu = "People"
    lead = _l(
        "Who asked to work at a place, or was added by it, and who decided when. To bring in one person, choose Add: "
        "somebody who has an account keeps it and gets this place besides."
    )
    list_columns = [
        "first_name", "last_name", "profile", "location", "how", "status", "created_at", "decided_by", "decided_at",
    ]  # fmt: skip
    show_columns = [
        "first_name", "last_name", "email", "username", "profile", "location", "until", "how", "reason", "status",
        "created_at", "decided_by", "decided_at", "refusal",
    ]  # fmt: skip
    add_columns = ["first_name", "last_name", "email", "username", "profile", "location", "until"]
    add_title = _l("Add a person")
    search_columns = ["status", "how", "profile", "location"]
    base_order = ("created_at", "desc")
    adds_with = team.add_person
    acts = [team.let_in, team.turn_down]
    empty_hint = _l("Choose Add to bring in the first person.")


SCREENS = [MembershipScreen, AccessRequestScreen, PortalUserScreen]
