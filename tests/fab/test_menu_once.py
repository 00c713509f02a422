"""The menu is made once for a profile, a kind of reach and a language, and never shown to another."""

from flask_appbuilder.menu import MenuItem
from lxml import html


def entries(client):
    tree = html.document_fromstring(client.get("/start/").text)
    return [link.get("href") for link in tree.findall(".//ul[@class='c-nav-list']//a")], [
        one.text_content().strip() for one in tree.findall(".//ul[@class='c-nav-list']//summary")
    ]


def test_a_menu_is_made_once_and_each_profile_and_language_has_its_own(as_profile, monkeypatch):
    made, address = [], MenuItem.get_url
    monkeypatch.setattr(MenuItem, "get_url", lambda item: made.append(item.name) or address(item))
    manager, auditor = as_profile("Healthcare Location Manager"), as_profile("Auditor")
    (here, words), (theirs, _words) = entries(manager), entries(auditor)
    assert here != theirs and "/history/list/" in theirs and "/history/list/" not in here
    del made[:]
    assert entries(manager) == (here, words) and entries(as_profile("Healthcare Location Manager")) == (here, words)
    assert made == []
    manager.post("/lang/es")
    manager.get("/lang/es")
    spanish = entries(manager)
    assert spanish[0] == here and spanish[1] != words
