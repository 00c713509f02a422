"""The access table: what it says is what the program does, and it refuses words it does not know."""

import pytest

from app import access

TEXT = access.TABLE.read_text(encoding="utf-8")


def test_every_entity_has_a_row_for_every_profile():
    compiled = access.compile_table(TEXT)
    assert len(compiled.reach) == 12
    assert set(compiled.reach.values()) == {"state", "organization", "location", "self"}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("| Shipment | see |", "| Shipmint | see |", "Shipmint"),
        ("see receive report_lost", "see recieve report_lost", "recieve"),
        ("| location | location | location |", "| location | county | location |", "county"),
        ("| Front Desk | Inventory Manager |\n|---", "| Front Dask | Inventory Manager |\n|---", "Front Dask"),
        ("| Auditor |  |", "| Auditor | Emperor |", "Auditor"),
    ],
)
def test_an_unknown_word_stops_the_start(old, new, words):
    assert old in TEXT
    with pytest.raises(access.AccessTableError, match=words):
        access.compile_table(TEXT.replace(old, new, 1))


def test_a_missing_row_stops_the_start():
    lines = [line for line in TEXT.splitlines() if not line.startswith("| Proof |")]
    with pytest.raises(access.AccessTableError, match="Proof"):
        access.compile_table("\n".join(lines))


def test_in_doubt_the_answer_is_no():
    assert not access.may("Front Desk", "Dose", "administer")
    assert not access.may("Nobody", "Dose", "see")
    assert not access.may("Healthcare Provider", "Spaceship", "see")
    assert access.may("Healthcare Provider", "Dose", "administer")


def test_role_patterns_are_anchored_because_the_framework_matches_prefixes():
    for patterns in access.fab_roles().values():
        assert all(part.startswith("^") and part.endswith("$") for pattern in patterns for part in pattern)


def test_the_state_administrator_sees_no_medical_record():
    for entity in ("Recipient", "Dose", "Visit", "Proof", "UploadRow"):
        assert access.verbs_of("State Administrator", entity) == frozenset()


def test_employers_see_nothing_clinical():
    for entity in ("Dose", "Visit", "Proof", "InventoryItem"):
        assert access.verbs_of("Organization Portal", entity) == frozenset()


def test_below_a_profile_is_whom_it_lets_in_and_whom_those_let_in():
    assert access.below("Healthcare Location Manager") == {
        "Healthcare Location Manager", "Healthcare Provider", "Front Desk", "Inventory Manager",
    }  # fmt: skip
    assert {"Healthcare Provider", "State Administrator"} <= access.below("State Administrator")
    assert access.below("Healthcare Provider") == frozenset()
