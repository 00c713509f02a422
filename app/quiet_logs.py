"""What access logs do not keep: a secret or a person's number that stands in an address."""

from __future__ import annotations

import logging
import re

SECRETS = re.compile(
    r"(?<=/link/)[^\s\"'?/]+"  # the token of a mail's link
    r"|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",  # the number of a paper or of a person's page
    re.IGNORECASE,
)
LOGGERS = ("gunicorn.access", "werkzeug")


class LeaveOutSecrets(logging.Filter):
    """Puts three dots where an address held a secret, in the request's line and in the page it came from."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = SECRETS.sub("...", record.getMessage()), ()
        return True


def install() -> None:
    """Sets the filter on the loggers of the web servers, once."""
    for name in LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(one, LeaveOutSecrets) for one in logger.filters):
            logger.addFilter(LeaveOutSecrets())
