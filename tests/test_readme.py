"""README stays true: the commands, settings, targets and accounts that it names are there."""

import re
from pathlib import Path

from app import demo

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_command_is_there(app):
    named = set(re.findall(r"`flask ([a-z][a-z-]+)", README))
    assert named and named <= set(app.cli.commands)


def test_every_setting_is_read():
    config = (ROOT / "config.py").read_text(encoding="utf-8") + (ROOT / "run.py").read_text(encoding="utf-8")
    settings = README.split("## Settings")[1].split("## ")[0]
    rows = [line.split("|")[1] for line in settings.splitlines() if line.startswith("| `")]
    named = {name for cell in rows for name in re.findall(r"`([A-Z_]+)`", cell)}
    portals = {
        name
        for name in named
        if name.endswith("_URL") and name not in ("DATABASE_URL", "DATABASE_OWNER_URL", "PUBLIC_URL")
    }
    missing = {name for name in named - portals if f'"{name}"' not in config}
    assert len(named) > 15 and missing == set()
    assert {name.removesuffix("_URL").lower().replace("_", "-") for name in portals} == set(
        __import__("config").DEMO_PORTALS
    )


def test_every_target_is_there():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"`make ([a-z-]+)`", README)) | set(re.findall(r"^make ([a-z-]+) ", README, re.M))
    assert named and {name for name in named if f"\n{name}:" not in makefile} == set()


def test_every_demo_account_is_named():
    assert {username for _profile, username in demo.SIGN_INS} == set(re.findall(r"`([a-z]+\.demo)`", README))


def test_every_part_of_the_tree_is_there():
    tree = README.split("## Where things are")[1].split("```")[1]
    named = [line.split()[0] for line in tree.splitlines() if line.strip()]
    assert named and [name for name in named if not (ROOT / name).exists()] == []
