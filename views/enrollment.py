"""Screens of organizations, their locations and storage units."""

from app.rules import locations
from models.enrollment import Location, Organization, StorageUnit
from views.reviews import LocationEventScreen
from views.screen import Screen


class StorageUnitScreen(Screen):
    entity = StorageUnit
    menu = "Program"
    list_columns = ["name", "unit_kind", "brand", "model", "is_in_use", "location"]
    add_columns = ["location", "name", "unit_kind", "brand", "model"]
    edit_columns = ["name", "unit_kind", "brand", "model", "is_in_use"]
    search_columns = ["name", "unit_kind", "is_in_use", "location"]


class LocationScreen(Screen):
    entity = Location
    menu = "Program"
    list_columns = ["name", "number", "organization", "city", "county", "status"]
    show_columns = [
        "name", "number", "organization", "provider_pin", "provider_type", "status", "status_on", "status_reason",
        "records_until", "paper_pack_on", "phone", "email",
        "street", "street2", "city", "state", "zip_code", "county", "time_zone",
    ]  # fmt: skip
    add_columns = [
        "organization", "number", "name", "provider_pin", "provider_type", "phone", "email",
        "street", "street2", "city", "state", "zip_code", "county", "time_zone",
    ]  # fmt: skip
    edit_columns = [
        "name", "provider_type", "phone", "email", "street", "street2", "city", "state", "zip_code", "county",
    ]  # fmt: skip
    search_columns = ["name", "number", "provider_pin", "city", "county", "status", "organization"]
    acts = [locations.suspend, locations.reinstate, locations.withdraw, locations.close, locations.enter_pin]
    related = [StorageUnitScreen, LocationEventScreen]


class OrganizationScreen(Screen):
    entity = Organization
    menu = "Program"
    list_columns = ["name", "number", "kind", "city", "county", "status", "is_active"]
    show_columns = [
        "name", "number", "kind", "status", "is_active", "phone", "email",
        "street", "street2", "city", "state", "zip_code", "county",
    ]  # fmt: skip
    add_columns = [
        "number", "name", "kind", "phone", "email", "street", "street2", "city", "state", "zip_code", "county",
    ]  # fmt: skip
    edit_columns = [
        "name", "phone", "email", "street", "street2", "city", "state", "zip_code", "county",
    ]  # fmt: skip
    search_columns = ["name", "number", "kind", "city", "county", "status", "is_active"]
    related = [LocationScreen]


SCREENS = [OrganizationScreen, LocationScreen, StorageUnitScreen]
