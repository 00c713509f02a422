"""A file that cannot be taken at all; light enough for the child process that parses workbooks."""

from typing import Any


class FileRefused(Exception):
    """The whole file is refused; `code` names the reason, `facts` fill its words, `reason` is for the person."""

    def __init__(self, code: str, **facts: Any):
        super().__init__(code)
        self.code = code
        self.facts = facts

    @property
    def reason(self) -> str:
        """The reason in the reader's language."""
        from app.uploads.reasons import reason_for

        return reason_for(self.code, self.facts)

    def __str__(self) -> str:
        return self.reason
