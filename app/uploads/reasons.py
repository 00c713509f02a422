"""The words for each reason why a whole file is refused."""

from typing import Any

from flask_babel import lazy_gettext as _l

REASONS = {
    "empty": _l("The file is empty."),
    "cut_off": _l("The file did not arrive as a whole. Please send it again."),
    "too_big": _l("The file is too large: at most %(most)s MB can be sent at once."),
    "unknown_format": _l("Please send an Excel workbook (.xlsx) or a CSV file (.csv). This file is neither."),
    "old_excel": _l(
        "This is an Excel file of the old kind (.xls), or one with a password. Save it as “Excel Workbook (.xlsx)” "
        "without a password and send that."
    ),
    "false_name": _l(
        "The file is named %(ending)s, but what is inside is something else. Save it again as .xlsx or CSV."
    ),
    "broken_workbook": _l("This workbook is damaged and cannot be opened. Save it again as .xlsx and send that."),
    "macros": _l("This workbook contains macros. Save it as “Excel Workbook (.xlsx)”, which has none, and send that."),
    "bomb": _l("This workbook unpacks to far more than a list of people needs, so it was not opened."),
    "nested": _l(
        "This workbook has another file inside it, so it was not opened. Copy the rows to the blank template."
    ),
    "entities": _l("This workbook contains declarations that a spreadsheet never has, so it was not opened."),
    "too_heavy": _l(
        "This workbook takes too much memory or time to read. Split it into smaller files, or send it as CSV."
    ),
    "no_sheet": _l("The workbook has no visible sheet with rows."),
    "merged": _l("The sheet has merged cells (%(where)s). Unmerge them, so that every row has its own cells."),
    "nul": _l("The file contains characters that no text has (row %(row)s). Save it again as CSV UTF-8 or .xlsx."),
    "undecodable": _l("The letters of this file cannot be read. Save it as “CSV UTF-8” or .xlsx and send that."),
    "open_quote": _l(
        "A quotation mark that begins in row %(row)s is never closed, so the columns cannot be told apart."
    ),
    "bad_quote": _l(
        'A quotation mark in row %(row)s stands in the middle of a value. Write it twice ("") or remove it.'
    ),
    "too_many_columns": _l("Row %(row)s has more than %(most)s columns."),
    "long_cell": _l("A cell in row %(row)s has more than %(most)s characters."),
    "wide_row": _l(
        "Row %(row)s has more cells than there are column headings. A value with a comma needs quotation marks."
    ),
    "too_many_rows": _l(
        "The file has %(found)s rows. At most %(most)s rows can be sent at once; please split it into smaller files."
    ),
    "no_header": _l(
        "The first row must hold the column headings of the template, such as “First Name”. None was found."
    ),
    "unknown_columns": _l("These columns are not in the template: %(names)s. Remove or rename them."),
    "doubled_columns": _l("These columns are there more than once: %(names)s. Keep one of each."),
    "unnamed_columns": _l("These columns have values but no heading: %(names)s."),
    "missing_columns": _l("These columns are missing: %(names)s."),
    "no_rows": _l("The file has column headings but no rows under them."),
}


def reason_for(code: str, facts: dict[str, Any]) -> str:
    """The sentence for a reason, its blanks filled."""
    return str(REASONS[code]) % facts if facts else str(REASONS[code])
