"""What keeps the house in order and needs no app: short files, one direction of imports, clean templates."""

import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LONGEST_FILE = 300
SOURCES = ("app", "models", "views", "tests", "benchmarks")
TEMPLATES = sorted((ROOT / "app" / "templates").rglob("*.html"))
# Inside mails and the paper to print, style attributes are all there is; no browser of ours shows them.
PRINTED = ("email",)


def tracked() -> list[Path]:
    """What belongs to the repository: committed, or new and not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def texts() -> list[tuple[Path, str]]:
    """Every text file that people wrote, with its text."""
    found = []
    for path in tracked():
        try:
            found.append((path.relative_to(ROOT), path.read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue
    return found


def test_no_source_file_is_long():
    migrations = ROOT / "models" / "migrations"
    long = {
        str(path.relative_to(ROOT)): count
        for path in tracked()
        if path.suffix in (".py", ".js", ".html") and path.is_relative_to(ROOT) and migrations not in path.parents
        if (count := len(path.read_text(encoding="utf-8").splitlines())) >= LONGEST_FILE
    }
    assert long == {}, "each of these holds more than one thing"


# Spelled in two halves so that this file does not find itself.
FORBIDDEN = {
    "a path of somebody's machine": re.compile(r"(?<![\w.])/(?:wor" r"k|hom" r"e/\w+|roo" r"t|Use" r"rs/\w+)/"),
    "a word for work that is not done": re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|HAC" r"K)\b"),
    "a conflict of merging": re.compile(r"^(?:<<<<<<" r"< |>>>>>>" r"> )", re.MULTILINE),
    "a debugger": re.compile(r"\b(?:breakpoint" r"\(\)|pdb\.set_" r"trace|debugger" r";)"),
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_nothing_forbidden_stands_in_the_repository(what):
    found = [
        f"{path}:{text.count(chr(10), 0, hit.start()) + 1}: {hit.group()}"
        for path, text in texts()
        for hit in FORBIDDEN[what].finditer(text)
    ]
    assert found == [], what


@pytest.mark.parametrize("folder", SOURCES)
def test_every_module_says_what_it_is_for(folder):
    modules = [path for path in (ROOT / folder).rglob("*.py") if path.stat().st_size]
    silent = [str(path.relative_to(ROOT)) for path in modules if not path.read_text(encoding="utf-8").startswith('"""')]
    assert silent == []


def test_the_package_of_the_app_is_only_a_docstring():
    text = (ROOT / "app" / "__init__.py").read_text(encoding="utf-8").strip()
    assert text.startswith('"""') and text.endswith('"""') and text.count('"""') == 2


def test_no_module_has_a_name_that_says_nothing():
    nameless = {"util.py", "utils.py", "helpers.py", "services.py", "manager.py", "common.py", "misc.py"}
    assert [str(path) for path in tracked() if path.name in nameless] == []


class Unsafe(HTMLParser):
    """Finds in a template what a strict content security policy refuses, and assets of other hosts."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.in_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.found += [f"<{tag} {name}=...>" for name in given if name == "style" or name.startswith("on")]
        if tag == "style":
            self.found.append("<style>")
        self.in_script = tag == "script" and "src" not in given and given.get("type") != "application/json"
        for name in ("src", "href", "action", "formaction", "data", "poster", "xlink:href"):
            value = (given.get(name) or "").strip().lower()
            if value.startswith("javascript:"):
                self.found.append(f"<{tag} {name}={value}>")
            if tag in ("script", "link", "img", "iframe", "source") and re.match(r"(https?:)?//", value):
                self.found.append(f"<{tag} {name}={value}> is on another host")

    def handle_data(self, data: str) -> None:
        if self.in_script and data.strip():
            self.found.append(f"inline script: {data.strip()[:60]}")

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self.in_script = False


def unsafe_in(template: str) -> list[str]:
    """What is unsafe in the text of a template; Jinja's own marks are taken out first, their quotes included."""
    plain = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", " ", template, flags=re.DOTALL)
    parser = Unsafe()
    parser.feed(plain)
    parser.close()
    return parser.found


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "app" / "templates")))
def test_no_template_has_inline_script_or_style(path):
    if path.relative_to(ROOT / "app" / "templates").parts[0] not in PRINTED:
        assert unsafe_in(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "template",
    [
        '<p style="color: red">',
        "<a onclick='go()'>",
        "<script>alert(1)</script>",
        "<style>p {}</style>",
        '<a href="javascript:go()">',
        '<script src="https://cdn.example/x.js"></script>',
        '<p {% if wrong %}style="color: {{ colour }}"{% endif %}>',
    ],
)
def test_the_search_for_inline_script_finds_it(template):
    assert unsafe_in(template) != []


def test_templates_were_found():
    assert len(TEMPLATES) > 5


def test_style_sheets_and_scripts_are_local():
    other = re.compile(r"""(?:@import|url\(|from|import)\s*\(?['"]?\s*(?:https?:)?//""")
    files = [path for path in (ROOT / "app" / "static").rglob("*") if path.suffix in (".css", ".js")]
    assert files
    assert [str(path) for path in files if other.search(path.read_text(encoding="utf-8"))] == []


def test_no_test_is_passed_over():
    """A test that cannot run fails: a skip would hide a missing PostgreSQL or browser."""
    skips = re.compile(r"pytest\.(?:ski" r"p|importorski" r"p|xfai" r"l)\b|mark\.(?:ski" r"p|skipi" r"f|xfai" r"l)\b")
    tests = [path for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__)]
    assert [str(path.relative_to(ROOT)) for path in tests if skips.search(path.read_text(encoding="utf-8"))] == []


def test_every_pin_has_its_hashes():
    """`make setup` installs requirements.lock and nothing else: after a change of requirements.txt run `make pins`."""
    pin = re.compile(r"^([\w.-]+)(?:\[[\w,]+\])?==(\S+)", re.MULTILINE)

    def pins(name):
        text = (ROOT / name).read_text(encoding="utf-8")
        return text, {(re.sub(r"[._-]+", "-", one).lower(), version) for one, version in pin.findall(text)}

    (_words, wanted), (locked, found) = pins("requirements.txt"), pins("requirements.lock")
    assert found == wanted, "run `make pins`, and commit requirements.lock"
    assert len(re.findall(r"==\S+ \\\n    --hash=sha256:[0-9a-f]{64}", locked)) == len(found)


def test_every_test_that_the_page_on_security_names_is_there():
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", (ROOT / "SECURITY.md").read_text(encoding="utf-8"))
    assert len(named) > 20
    assert [
        f"{path}::{name}"
        for path, name in named
        if not (ROOT / path).is_file() or f"def {name}(" not in (ROOT / path).read_text(encoding="utf-8")
    ] == []
