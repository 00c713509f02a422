"""What the tests of agreements from REDCap share: rows as REDCap exports them, and files made of such rows."""

import csv
import io

from app.uploads import redcap

HEADERS = [column.header for column in redcap.REDCAP.columns]
CLINIC = {
    "redcap_repeat_instrument": "section_b", "loc_street": "12 Mill Street", "loc_city": "Haw River",
    "loc_state": "NC", "loc_zip_code": "27258", "loc_county": "Alamance", "loc_phone": "(336) 555-0123",
    "loc_provider_type": "Urgent care", "coord_first_name": "Cora", "coord_last_name": "Webb",
    "coord_email": "cora@haw.example",
}  # fmt: skip


def organization(record, **more):
    return {
        "record_id": record, "org_legal_name": f"Provider {record}", "org_email": "office@haw.example",
        "org_county": "Alamance County", "cmo_first_name": "Rosa", "cmo_last_name": "Díaz", "cmo_license_state": "NC",
        "cmo_license_number": "2004-1", "ceo_first_name": "Paul", "ceo_last_name": "Lee", "cmo_signed_on": "12/10/2020",
        "ceo_signed_on": "2020-12-11", **more,
    }  # fmt: skip


def clinic(record, instance=1, **more):
    named = {"record_id": record, "redcap_repeat_instance": str(instance), "loc_name": f"Clinic {record}-{instance}"}
    return {**CLINIC, **named, **more}


def exported(*rows):
    out = io.StringIO()
    writer = csv.DictWriter(out, HEADERS)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def agreements(many):
    """So many organizations, each with a clinic below it."""
    return [row for number in map(str, range(1, many + 1)) for row in (organization(number), clinic(number))]
