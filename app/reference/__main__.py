"""`python -m app.reference` writes words.py anew: the labels of the tables, for the translators' tool to find."""

from app.reference import HERE, spanish

HEAD = '''"""The labels of the tables, listed to be found for translation. Made by `python -m app.reference`."""

from flask_babel import lazy_gettext as _l

WORDS = (
'''


def as_module() -> str:
    """The text of words.py."""
    return HEAD + "".join(f"    _l({quoted(words)}),\n" for words in sorted(spanish())) + ")\n"


def quoted(words: str) -> str:
    """The words as a Python string in double quotes."""
    return '"' + words.replace("\\", "\\\\").replace('"', '\\"') + '"'


if __name__ == "__main__":
    (HERE / "words.py").write_text(as_module(), encoding="utf-8")
