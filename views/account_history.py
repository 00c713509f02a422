"""Everything that happened to a location's stock, and everyone vaccinated from it."""

from flask_babel import lazy_gettext as _l

from models.account_history import AccountHistory
from views.screen import Screen


class AccountHistoryScreen(Screen):
    entity = AccountHistory
    menu = "Stock"
    list_columns = ["at", "kind", "lot.vaccine", "lot", "doses", "dose.recipient", "by", "location"]
    show_columns = [*list_columns, "dose.dose_number", "dose.given_at", "cause"]
    export_columns = ["at", "location", "kind", "lot.vaccine", "lot", "doses", "dose.recipient", "dose.dose_number",
                      "cause", "by"]  # fmt: skip
    search_columns = ["kind", "lot", "at", "by", "location"]
    base_order = ("at", "desc")
    lead = _l("Everything that happened to the stock, and everyone vaccinated from it. Filter it, or export it.")


SCREENS = [AccountHistoryScreen]
