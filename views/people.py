"""Screens of users and what they may be where."""

from app.rules import people
from models.people import Membership, PortalUser
from views.screen import Screen


class MembershipScreen(Screen):
    entity = Membership
    menu = "People"
    list_columns = ["user", "profile", "location", "organization", "starts_on", "ends_on"]
    add_columns = ["user", "profile", "location", "organization", "starts_on", "ends_on"]
    search_columns = ["user", "profile", "location", "organization"]
    adds_with = people.grant
    acts = [people.end]


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
    acts = [people.set_password]
    related = [MembershipScreen]


SCREENS = [PortalUserScreen, MembershipScreen]
