"""Who did what and looked at whom, for state staff and auditors."""

from models.history import History
from views.screen import Screen


class HistoryScreen(Screen):
    entity = History
    menu = "Oversight"
    list_columns = ["at", "username", "profile", "act", "method", "outcome", "address"]
    show_columns = [
        "at", "username", "profile", "user_id", "membership_id", "location_id", "organization_id", "address",
        "act", "method", "path", "outcome", "request_id", "shown", "changed", "chain", "seq", "hash",
    ]  # fmt: skip
    search_columns = ["at", "username", "profile", "outcome", "location_id"]
    base_order = ("at", "desc")


SCREENS = [HistoryScreen]
