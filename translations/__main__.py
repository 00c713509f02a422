"""`make translations`: brings the catalogues up to date and compiles them; names what waits for a translator."""

import sys

from translations import catalogue


def main() -> int:
    """0 when every message of every language has its words, 1 when some wait."""
    waiting = 0
    for locale in catalogue.LOCALES:
        catalogue.path_of(locale).write_bytes(catalogue.as_po(locale, catalogue.updated(locale)))
        catalog = catalogue.read(locale)
        catalogue.path_of(locale, "mo").write_bytes(catalogue.as_mo(catalog))
        empty = catalogue.untranslated(catalog)
        waiting += len(empty)
        lines = [f"{locale}: {len(catalog)} messages, {len(empty)} without words"]
        sys.stdout.write("\n".join(lines + [f"  {message}" for message in empty]) + "\n")
    return 1 if waiting else 0


if __name__ == "__main__":
    sys.exit(main())
