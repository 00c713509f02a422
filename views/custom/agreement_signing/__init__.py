"""Agreement signing: the exact document, consent, the name beneath the statement, the confirmation; and the papers."""

from views.custom.agreement_signing import papers
from views.custom.agreement_signing.signing import AgreementSigning

PAGES = [AgreementSigning, *papers.PAGES]
