"""The field's tables: complete, consistent, and found by whatever people call a thing."""

import datetime as dt
import re
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from flask import Flask
from flask_babel import Babel, force_locale

from app import reference
from app.reference import words
from app.reference.__main__ import as_module

NOT_CODES = ("vaccines", "priority_groups", "storage_times")
CODED = [name for name in reference.tables() if name not in NOT_CODES]
CATALOGS = Path(__file__).parents[1] / "translations"


@pytest.mark.parametrize(
    ("table", "size"),
    [("counties", 101), ("us_states", 59), ("races", 7), ("ethnicities", 3), ("sexes", 3), ("body_sites", 12),
     ("routes", 8), ("dose_numbers", 8), ("provider_suffixes", 7), ("provider_types", 29), ("waste_reasons", 15)],
)  # fmt: skip
def test_a_table_has_all_its_codes_once(table: str, size: int) -> None:
    assert len(reference.rows(table)) == len(reference.codes(table)) == size


@pytest.mark.parametrize("table", CODED)
def test_no_word_of_a_table_means_two_codes(table: str) -> None:
    said = Counter()
    for row in reference.rows(table):
        names = {row["code"], row["label"], row["spanish"], *row["aliases"].split("|")}
        said.update({reference._key(name) for name in names if name})
    assert [word for word, times in said.items() if times > 1] == []


@pytest.mark.parametrize("table", CODED)
def test_each_code_is_found_by_code_label_spanish_and_alias(table: str) -> None:
    for row in reference.rows(table):
        for name in filter(None, (row["code"], row["label"], row["spanish"], *row["aliases"].split("|"))):
            assert reference.code_of(table, name) == row["code"]
            assert reference.code_of(table, f"  {name.upper()} ") == row["code"]


@pytest.mark.parametrize(
    ("table", "typed", "code"),
    [("races", "hispanic", None), ("races", "BLACK", "2054-5"), ("races", "prefer not to say", "UNK"),
     ("ethnicities", "Non-Hispanic", "2186-5"), ("sexes", "mujer", "F"), ("sexes", "", None), ("sexes", None, None),
     ("suffixes", "Jr.", "Jr"), ("suffixes", "iii", "III"), ("languages", "espanol", "es"), ("sexes", "–", None),
     ("us_states", "carolina del norte", "NC"), ("industries", "Retired", "other"), ("routes", "IM", "C28161"),
     ("sexes", "F" * 100_000, None)],
)  # fmt: skip
def test_people_write_a_word_in_many_ways(table: str, typed: str | None, code: str | None) -> None:
    assert reference.code_of(table, typed) == code


@pytest.mark.parametrize(
    ("name", "fips"),
    [("Wake", "37183"), ("wake county", "37183"), ("WAKE CO.", "37183"), ("New  Hanover", "37129"), ("37001", "37001"),
     ("Condado de Mecklenburg", "37119"), ("Mc Dowell", "37111"), ("Out of state", "OOS"), ("Kings", None), ("", None)],
)  # fmt: skip
def test_a_county_is_found_by_name(name: str, fips: str | None) -> None:
    assert reference.county_fips(name) == fips


def test_counties_are_those_of_north_carolina() -> None:
    fips = [code for code in reference.codes("counties") if code != "OOS"]
    assert sorted(fips) == [f"37{odd:03}" for odd in range(1, 200, 2)]
    assert reference.county_name("37183") == "Wake" and reference.county_name("36061") is None


def test_an_unknown_table_is_an_error() -> None:
    with pytest.raises(KeyError):
        reference.rows("../config")


def test_the_words_for_translators_are_the_labels_of_the_tables() -> None:
    assert Path(words.__file__).read_text(encoding="utf-8") == as_module()


def test_one_english_word_has_one_spanish_word() -> None:
    pairs = {(row["label"], row["spanish"]) for name in reference.tables() for row in reference.rows(name)
             if row.get("spanish")}  # fmt: skip
    assert [label for label, times in Counter(label for label, _ in pairs).items() if times > 1] == []


def test_a_spanish_catalog_says_what_the_tables_say() -> None:
    wrong = {}
    for path in CATALOGS.glob("es/LC_MESSAGES/messages.po"):
        with path.open("rb") as file:
            catalog = read_po(file)
        said = {label: catalog[label].string if label in catalog else None for label in reference.spanish()}
        wrong = {label: words for label, words in said.items() if words != reference.spanish()[label]}
    assert wrong == {}


def test_a_label_is_put_in_words_when_it_is_read() -> None:
    app = Flask(__name__)
    Babel(app)
    with app.test_request_context(), force_locale("en"):
        assert str(reference.codes("races")["2106-3"]) == "White"
    assert type(reference.codes("races")["2106-3"]).__name__ == "LazyString"
    assert reference.codes("counties")["37183"] == "Wake"


def test_each_vaccine_has_what_its_entity_needs() -> None:
    names = [row["short_name"] for row in reference.rows("vaccines")]
    assert len(set(names)) == len(names) and max(map(len, names)) <= 40
    for row in reference.rows("vaccines"):
        assert re.fullmatch(r"\d{3}", row["cvx"]) and row["name"] and row["manufacturer"]
        assert re.fullmatch(r"[A-Z]{3}|", row["mvx"])
        for ndc in (row["ndc_unit_of_use"], row["ndc_unit_of_sale"]):
            assert re.fullmatch(r"\d{5}-\d{4}-\d{2}|", ndc), row["short_name"]
        assert row["route"] in ("", *reference.codes("routes"))
        assert row["is_active"] in ("0", "1")
        for column in ("doses_per_vial", "dose_volume_ml", "min_age_years", "below_age_years", "doses_in_series"):
            assert not row[column] or Decimal(row[column]) > 0
        assert not row["min_interval_days"] or int(row["min_interval_days"]) > 0
        assert ("through" in row["name"]) == bool(row["below_age_years"]) or row["cvx"] == "221", (
            "a dose for adults too"
        )
        for column in ("authorized_on", "fact_sheet_on"):
            assert not row[column] or dt.date.fromisoformat(row[column]) >= dt.date(2020, 12, 11)


def test_no_two_vaccines_share_a_unit_of_use() -> None:
    used = [row["ndc_unit_of_use"] for row in reference.rows("vaccines") if row["ndc_unit_of_use"]]
    assert len(set(used)) == len(used)


def test_earlier_products_are_kept_and_marked() -> None:
    active = {row["cvx"] for row in reference.rows("vaccines") if row["is_active"] == "1"}
    assert active == {"309", "310", "311", "312", "313", "334"}  # CDC, November 2025
    every = {row["cvx"] for row in reference.rows("vaccines")}
    assert {"207", "208", "210", "211", "212", "213", "217", "218", "219", "300", "500", "521"} <= every


def test_both_plans_of_the_state_are_there() -> None:
    plans = {preset: [row["code"] for row in reference.rows("priority_groups") if row["preset"] == preset]
             for preset in ("phases", "groups")}  # fmt: skip
    assert plans == {"phases": ["1a", "1b", "2", "3", "4"], "groups": ["1", "2", "3", "4", "5"]}
    opened = [row["opens_on"] for row in reference.rows("priority_groups") if row["preset"] == "groups"]
    assert opened == sorted(opened) and opened[-1] == "2021-04-07"
