"""Declared forms: what is missing, what is wrong, what differs; and organizations known by another spelling."""

import pytest

from app.rules import twins
from app.rules.declared import changes, gaps, is_empty, problem, standing, words
from app.rules.enrollment_fields import FORMS, SECTION_A, SECTION_B
from models.base import choices_of
from tests import enrollment_kit as kit


def paths(form, content):
    return {gap.path for gap in gaps(form, content)}


def test_a_full_content_lacks_nothing_and_an_empty_one_all_that_is_required():
    assert gaps(SECTION_A, kit.section_a()) == gaps(SECTION_B, kit.section_b()) == []
    for form in FORMS.values():
        needed = {
            f"{group.name}.{field.name}"
            for group in form.groups()
            for field in group.fields
            if not group.repeated and (field.kind == "must_be_yes" or field.is_needed({}))
        }
        rows = {group.name for group in form.groups() if group.repeated}
        assert paths(form, {}) == needed | rows
        assert {standing(step, {}) for step in form.steps} == {"not_started"}


def test_what_is_needed_depends_on_what_else_is_said():
    full = kit.section_b()
    elsewhere = {**full, "administration": {"is_different": True}}
    assert paths(SECTION_B, elsewhere) == {
        f"administration.{name}" for name in ("street", "city", "state", "zip_code", "county")
    }
    unknown = {**full, "patients": {"populations": ["adult"], "to_18": 0, "from_19_to_64_unknown": True}}
    assert paths(SECTION_B, unknown) == {f"patients.{name}" for name in ("from_65", "weekly", "influenza_peak")}
    assert "storage_units.a1.holds_range" in paths(SECTION_B, {**full, "storage_units": [{"key": "a1", "brand": "X"}]})


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("organization.phone", "123"), ("organization.email", "nobody"), ("organization.zip_code", "2760"),
        ("organization.location_count", 0), ("organization.location_count", "many"),
        ("organization.state", "ZZ"), ("organization.legal_name", "x" * 161), ("organization.city", "a\x00b"),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_is_named(path, value):
    group, name = path.split(".")
    content = kit.section_a()
    content[group] = {**content[group], name: value}
    assert paths(SECTION_A, content) == {path}


def test_every_field_knows_its_choices_and_prints_its_values():
    for form in FORMS.values():
        for group in form.groups():
            for field in group.fields:
                value = kit.value_of(group, field)
                if field.kind in ("choice", "codes"):
                    assert choices_of({"choices": field.choices}), field.name
                assert problem(field, value) is None, (group.name, field.name, value)
                assert bool(str(words(field, value))) is not is_empty(value)


def test_differences_are_by_row_whatever_their_order():
    before = kit.section_b()
    second = {**before["licensed_providers"][0], "key": "b2", "last_name": "Other"}
    after = {**before, "licensed_providers": [second, {**before["licensed_providers"][0], "title": "NP"}]}
    assert changes(SECTION_B, before, before) == []
    found = {change.path: (change.before, change.after) for change in changes(SECTION_B, before, after)}
    assert found.pop("licensed_providers.a1.title") == ("Title", "NP")
    assert set(found) == {f"licensed_providers.b2.{name}" for name in second if name != "key"}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("The Haw River Health, Inc.", "haw river HEALTH", True),
        ("Clínica San José, P.A.", "Clinica San Jose", True),
        ("Smith & Jones LLC", "Smith and Jones", True),
        ("Haw River Health", "Haw River Pharmacy", False),
    ],
)
def test_a_name_is_compared_without_what_people_write_differently(one, other, same):
    assert (twins.name_key(one) == twins.name_key(other)) is same


def test_a_street_too():
    assert twins.street_key("12 North Mill Street") == twins.street_key("12 N. Mill St.")
