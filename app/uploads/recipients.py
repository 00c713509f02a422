"""The Recipient Bulk Upload template: its columns in their order, and its rules about several cells."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _l

from app.uploads.columns import Column, Template
from models.recipients import search_key

HOME_STATE = "NC"
HOME_ZIPS = ("27", "28")
OUT_OF_STATE = "OOS"
_ACTUAL = _l("The actual name, as on an official paper; no nickname or alias. No digits.")

COLUMNS = (
    Column("First Name", "first_name", "name", True, example="Maria", help=_ACTUAL,
           aliases=("First", "Given Name", "Nombre", "Primer nombre")),
    Column("Middle Name", "middle_name", "name", example="Elena", aliases=("Middle", "Segundo nombre")),
    Column("Last Name", "last_name", "name", True, example="Lopez", help=_ACTUAL,
           aliases=("Last", "Surname", "Family Name", "Apellido", "Apellidos")),
    Column("Suffix", "suffix", "code", table="suffixes", example="Jr", help=_l("Jr, Sr, II, III or IV."),
           aliases=("Sufijo",)),
    Column("Date of Birth", "birth_date", "date", True, example="03/25/1984",
           help=_l("Month/day/year with four digits for the year, or year-month-day: 03/25/1984 or 1984-03-25."),
           aliases=("DOB", "Birth Date", "Birthdate", "Fecha de nacimiento")),
    Column("Gender", "sex", "code", True, "sexes", "Female", _l("Female, Male, or Unknown/undifferentiated."),
           aliases=("Sex", "Sexo", "Género")),
    Column("Race", "races", "codes", True, "races", "Asian; White",
           _l("One or up to six of the allowed values, with a semicolon between them."), aliases=("Races", "Raza")),
    Column("Ethnicity", "ethnicity", "code", True, "ethnicities", "Not Hispanic or Latino",
           aliases=("Etnicidad", "Origen étnico")),
    Column("Street", "street", "text", True, example="12 Oak Street",
           aliases=("Street 1", "Street Address", "Address", "Address 1", "Calle", "Dirección")),
    Column("Street 2", "street2", "text", example="Apt 4", aliases=("Address 2", "Street Address 2", "Calle 2")),
    Column("City", "city", "text", True, example="Raleigh", aliases=("Town", "Ciudad")),
    Column("State", "state", "state", True, "us_states", "NC", _l("Two letters: NC for North Carolina."),
           aliases=("Estado",)),
    Column("ZIP", "zip_code", "zip", True, example="27601",
           help=_l("Five digits, or five and four. In North Carolina it begins with 27 or 28."),
           aliases=("ZIP Code", "Zipcode", "Postal Code", "Código postal")),
    Column("County", "county", "county", True, "counties", "Wake",
           _l("The North Carolina county, or “Out of state”."), aliases=("Condado",)),
    Column("Phone", "phone", "phone", example="9195555555",
           help=_l("Ten digits, however written. A phone number or an e-mail address is needed, one of the two."),
           aliases=("Phone Number", "Mobile", "Mobile Phone", "Home Phone", "Mobile/Home Phone", "Teléfono")),
    Column("Email", "email", "email", example="maria@example.com",
           help=_l("A phone number or an e-mail address is needed, one of the two."),
           aliases=("E-mail", "Email Address", "E-mail Address", "Correo electrónico", "Correo")),
    Column("Employer", "employer_id", "employer", example="",
           help=_l("The name of an organization known here, or empty."), aliases=("Empleador",)),
    Column("Industry", "industry", "code", True, "industries", "Health care",
           _l("“Other” for people who are retired or not employed."), aliases=("Industria", "Sector")),
    Column("Lives in NC", "lives_in_nc", "yes_no", True, example="Y",
           help=_l("Y or N. One of “lives” and “works” must be Y."), aliases=("Vive en NC", "Lives in North Carolina")),
    Column("Works in NC", "works_in_nc", "yes_no", True, example="Y",
           help=_l("Y or N. One of “lives” and “works” must be Y."),
           aliases=("Trabaja en NC", "Works in North Carolina")),
    Column("Priority Group", "priority_group", "group", "phased", example="1a",
           help=_l("The group of the state's plan that you attest, while the plan opens in phases."),
           aliases=("Group", "Priority", "Phase", "Grupo de prioridad", "Grupo")),
    Column("Preferred Language", "language", "code", table="languages", example="English",
           help=_l("English, Spanish or other."), aliases=("Language", "Idioma", "Idioma preferido")),
    Column("External ID", "external_id", "text", example="E-1047",
           help=_l("Your own employee or medical record number; it helps to know the person again."),
           aliases=("Employee ID", "MRN", "ID externo")),
    Column("Location PIN", "location_id", "location", example="",
           help=_l("Only in a file for several locations: the Provider PIN of the one that this person belongs to."),
           aliases=("Provider PIN", "PIN", "PIN del centro", "PIN de proveedor")),
)  # fmt: skip

Found = tuple[str, str, Any]  # field, code, message


def reachable(values: dict[str, Any], bad: set[str], _known: Any) -> Iterable[Found]:
    """A phone number or an e-mail address, one of the two."""
    if values.get("phone") or values.get("email") or bad & {"phone", "email"}:
        return ()
    return [("phone", "REQD", _l("Please give a phone number or an e-mail address."))]


def placed(values: dict[str, Any], bad: set[str], known: Any) -> Iterable[Found]:
    """In a file for several locations each row says which."""
    if not known.more.get("must_say") or values.get("location_id") or "location_id" in bad:
        return ()
    return [("location_id", "REQD", _l("Please give the Provider PIN of the location."))]


def of_this_state(values: dict[str, Any], bad: set[str], _known: Any) -> Iterable[Found]:
    """Only people who live or work in North Carolina. Source: FAQ 18."""
    if values.get("lives_in_nc") is not False or values.get("works_in_nc") is not False:
        return ()
    return [("lives_in_nc", "BUSR", _l("Only people who live or work in North Carolina can be uploaded."))]


def zip_fits_state(values: dict[str, Any], bad: set[str], _known: Any) -> Iterable[Found]:
    """ZIP codes of North Carolina begin with 27 or 28. Source: CDC reporting specification."""
    zip_code = values.get("zip_code")
    if values.get("state") != HOME_STATE or not zip_code or zip_code.startswith(HOME_ZIPS):
        return ()
    return [("zip_code", "BUSR", _l("A ZIP code in North Carolina begins with 27 or 28."))]


def county_fits_state(values: dict[str, Any], bad: set[str], _known: Any) -> Iterable[Found]:
    """A county of the state for an address in it, “Out of state” for any other."""
    state, county = values.get("state"), values.get("county")
    if not state or not county or (state == HOME_STATE) != (county == OUT_OF_STATE):
        return ()
    if state == HOME_STATE:
        return [("county", "BUSR", _l("The address is in North Carolina: please give its county."))]
    return [("county", "BUSR", _l("The address is not in North Carolina: the county is “Out of state”."))]


def identity(values: dict[str, Any]) -> tuple[str, str, Any]:
    """What two rows of the same person share: the look-up keys of the names and the date of birth."""
    return search_key(values["first_name"])[:80], search_key(values["last_name"])[:80], values["birth_date"]


RECIPIENTS = Template(
    kind="recipients",
    title=_l("Recipient Bulk Upload"),
    columns=COLUMNS,
    rules=(reachable, placed, of_this_state, zip_fits_state, county_fits_state),
    identity=identity,
    notes=(
        _l("One row for each person. Give actual first and last names: the upload is an official medical record."),
        _l("Upload only people who live or work in North Carolina."),
        _l("Keep the columns marked with an asterisk (*) and their names. The order of the columns does not matter."),
        _l("Up to six races are written with a semicolon between them."),
        _l("Nothing is entered before you have reviewed it; rows with errors come back to you as a file."),
    ),
)
