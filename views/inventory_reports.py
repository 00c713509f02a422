"""The daily inventory report as a list, and as the file for Vaccines.gov."""

from flask_babel import lazy_gettext as _l

from models.inventory_reports import InventoryReportLine
from views.screen import Screen


class InventoryReportLineScreen(Screen):
    entity = InventoryReportLine
    menu = "Stock"
    list_columns = ["report_on", "location", "vaccine", "quantity", "in_stock", "supply_level"]
    search_columns = ["report_on", "location", "vaccine", "in_stock", "supply_level"]
    export_columns = [
        "location.number", "location.organization", "location.name", "location.provider_pin", "location.street",
        "location.street2", "location.city", "location.state", "location.zip_code", "location.phone",
        "vaccine.ndc_unit_of_use", "vaccine.name", "quantity", "in_stock", "supply_level", "report_on",
        "quantity_last_updated",
    ]  # fmt: skip
    base_order = ("report_on", "desc")
    lead = _l("What each location has of each vaccine, from the ledger, for Vaccines.gov. Nobody has to report it.")
    empty_hint = _l("It is written once a day.")


SCREENS = [InventoryReportLineScreen]
