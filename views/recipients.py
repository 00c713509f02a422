"""Screens of people, why a place sees them, and the state's priority groups."""

from app.rules import recipients, welcomes
from models.recipients import PriorityGroup, Recipient, RecipientLink
from views.screen import Screen

WHO = ["first_name", "middle_name", "last_name", "suffix", "birth_date", "sex", "races", "ethnicity"]
WHERE = ["street", "street2", "city", "state", "zip_code", "county", "phone", "email"]
MORE = [
    "employer", "industry", "lives_in_nc", "works_in_nc", "priority_group", "language", "external_id",
]  # fmt: skip


class RecipientLinkScreen(Screen):
    entity = RecipientLink
    menu = "Recipients"
    list_columns = ["recipient", "location", "organization", "how", "created_at"]
    search_columns = ["location", "organization", "how"]


class RecipientScreen(Screen):
    entity = Recipient
    menu = "Recipients"
    list_columns = ["last_name", "first_name", "birth_date", "city", "county", "registration"]
    show_columns = ["public_id", *WHO, *WHERE, *MORE, "registration", "registered_at"]
    edit_columns = [*WHO, *WHERE, *MORE]
    edits_with = recipients.change
    search_columns = ["last_name", "first_name", "birth_date", "phone", "county", "registration", "priority_group"]
    acts = [welcomes.welcome_again]


class PriorityGroupScreen(Screen):
    entity = PriorityGroup
    menu = "Recipients"
    list_columns = ["code", "name", "opens_on"]
    add_columns = edit_columns = ["code", "name", "opens_on"]
    search_columns = ["code", "opens_on"]


SCREENS = [RecipientScreen, RecipientLinkScreen, PriorityGroupScreen]
