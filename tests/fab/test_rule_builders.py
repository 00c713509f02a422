"""Addresses are built as Werkzeug builds them, by functions that are compiled once, when they are needed."""

import pytest
from werkzeug.routing import Map, Rule

from app.fab.rule_builders import LazyRule

CASES = [
    ("/dose/given/<int:pk>", {}, {"pk": 7, "back": "a b"}),
    ("/dose/person/<public_id>/record", {}, {"public_id": "ÄB/1"}),
    ("/static/<path:filename>", {}, {"filename": "a/b.css"}),
    ("/list/", {"defaults": {"page": 1}}, {"page": 1}),
]


@pytest.mark.parametrize(("path", "more", "values"), CASES)
def test_a_lazy_rule_builds_what_werkzeug_builds(path, more, values, monkeypatch):
    compiled, compile_builder = [], Rule._compile_builder
    ours, theirs = (Map([kind(path, endpoint="page", **more)])._rules[0] for kind in (LazyRule, Rule))
    monkeypatch.setattr(
        Rule, "_compile_builder", lambda rule, unknown: compiled.append(unknown) or compile_builder(rule, unknown)
    )
    for unknown in (True, False, True, False):
        assert ours.build(values, unknown) == theirs.build(values, unknown)
    assert compiled == [True, False]


def test_the_console_compiles_no_builder_before_an_address_is_built(app):
    rules = list(app.url_map.iter_rules())
    assert len(rules) > 500 and {type(rule) for rule in rules if rule.endpoint != "static"} == {LazyRule}
