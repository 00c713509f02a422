"""Who takes part in the demo: the state office, three providers with six locations, one employer."""

from __future__ import annotations

from typing import Any

from models.base import db
from models.enrollment import Location, Organization, StorageUnit

ORGANIZATIONS = (
    # number, name, kind, street, city, zip, county, phone
    ("ORG-0001", "Immunization Branch", "state",
     "5605 Six Forks Rd", "Raleigh", "27609", "37183", "9195550100"),
    ("ORG-0002", "Piedmont Family Health", "provider",
     "1240 Huffman Mill Rd", "Burlington", "27215", "37001", "3365550110"),
    ("ORG-0003", "Cape Fear Community Pharmacies", "provider",
     "2210 S 17th St", "Wilmington", "28401", "37129", "9105550120"),
    ("ORG-0004", "Blue Ridge Health District", "provider",
     "40 Coxe Ave", "Asheville", "28801", "37021", "8285550130"),
    ("ORG-0005", "Chatham Poultry Cooperative", "employer",
     "1600 E 11th St", "Siler City", "27344", "37037", "9195550140"),
)  # fmt: skip
LOCATIONS = (
    # organization, number, name, PIN, provider type, street, city, zip, county, phone
    ("ORG-0002", "LOC-0001", "Alamance Family Medicine", "NCA650001", "12",
     "1240 Huffman Mill Rd", "Burlington", "27215", "37001", "3365550111"),
    ("ORG-0002", "LOC-0002", "Durham Family Medicine", "NCA650002", "12",
     "711 Broad St", "Durham", "27705", "37063", "9195550112"),
    ("ORG-0003", "LOC-0003", "Cape Fear Pharmacy, 17th Street", "NCA650003", "18",
     "2210 S 17th St", "Wilmington", "28401", "37129", "9105550121"),
    ("ORG-0003", "LOC-0004", "Lumber River Pharmacy", "NCA650004", "18",
     "415 N Elm St", "Lumberton", "28358", "37155", "9105550122"),
    ("ORG-0004", "LOC-0005", "Buncombe County Health Clinic", "NCA650005", "19",
     "40 Coxe Ave", "Asheville", "28801", "37021", "8285550131"),
    ("ORG-0004", "LOC-0006", "Watauga County Health Clinic", "NCA650006", "19",
     "126 Poplar Grove Connector", "Boone", "28607", "37189", "8285550132"),
)  # fmt: skip
UNITS = (
    ("Refrigerator 1", "Helmer Scientific", "iPR245", "refrigerator"),
    ("Refrigerator 2", "Accucold", "ARS12PV", "refrigerator"),
    ("Freezer 1", "Thermo Scientific", "TSX2305", "freezer"),
    ("Ultra-cold 1", "Stirling Ultracold", "SU780XLE", "ultra_cold"),
)


def address_of(street: str, city: str, zip_code: str, county: str, phone: str, mailbox: str) -> dict[str, Any]:
    """The columns of an address."""
    email = f"{mailbox.lower()}@providers.example"
    return {"street": street, "city": city, "state": "NC", "zip_code": zip_code, "county": county, "phone": phone,
            "email": email}  # fmt: skip


def organizations() -> dict[str, Organization]:
    """The organizations by number."""
    found = {
        number: Organization(number=number, name=name, kind=kind, **address_of(*address, mailbox=number))
        for number, name, kind, *address in ORGANIZATIONS
    }
    db.session.add_all(found.values())
    db.session.flush()
    return found


def locations(known: dict[str, Organization]) -> list[Location]:
    """The locations in their order, each with its storage units: a refrigerator at least."""
    found = [
        Location(
            organization=known[organization],
            number=number,
            name=name,
            provider_pin=pin,
            provider_type=kind,
            **address_of(*address, mailbox=number),
        )  # fmt: skip
        for organization, number, name, pin, kind, *address in LOCATIONS
    ]
    db.session.add_all(found)
    db.session.flush()
    for place, location in enumerate(found):
        for name, brand, model, kind in UNITS[: 2 + (place % 3)]:
            db.session.add(StorageUnit(location=location, name=name, brand=brand, model=model, unit_kind=kind))
    db.session.flush()
    return found
