"""Sign-in through NCID, the state's identity provider, by OpenID Connect; and which NCIDs open which account."""

from __future__ import annotations

from typing import Any

from flask import abort, current_app, request, session, url_for
from flask_appbuilder import expose
from flask_appbuilder.utils.base import get_safe_redirect
from flask_babel import lazy_gettext as _l

from app import again, entering, history
from app.rules import identities
from models.base import db
from models.identities import OutsideIdentity
from views.page import Page, open_to_everyone
from views.screen import Screen

WHERE_TO = "ncid_next"  # name in the session
PATIENCE = 10  # seconds for each answer of the provider
# A signature by a key that both know, or none at all, proves nothing of the provider.
SIGNATURES = {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}


def not_understood() -> tuple[type[Exception], ...]:
    """What may go wrong with an answer of the provider; its library is imported by whoever signs in that way."""
    from authlib.common.errors import AuthlibBaseError
    from joserfc.errors import JoseError
    from requests import RequestException

    return AuthlibBaseError, JoseError, RequestException, RuntimeError, ValueError, KeyError, TypeError


class NotOurs(ValueError):
    """The provider is not the one that is configured, or its answer says too little."""


def provider() -> Any:
    """The client of the provider that is configured, kept with what the provider says of itself."""
    from authlib.integrations.flask_client import OAuth

    settings = current_app.config
    if not settings["OIDC_ISSUER"]:
        abort(404)
    named = tuple(settings[name] for name in ("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OIDC_SCOPE"))
    issuer, client_id, secret, scope = named
    kept = current_app.extensions.setdefault("ncid", {})
    if named not in kept:
        kept[named] = OAuth(current_app).register(
            "ncid", client_id=client_id, client_secret=secret,
            server_metadata_url=f"{issuer}/.well-known/openid-configuration",
            client_kwargs={"scope": scope, "code_challenge_method": "S256", "default_timeout": PATIENCE},
        )  # fmt: skip
    client = kept[named]
    if client.load_server_metadata().get("issuer", "").rstrip("/") != issuer:
        client.server_metadata.clear()
        raise NotOurs("issuer")
    told = client.server_metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
    client.server_metadata["id_token_signing_alg_values_supported"] = [one for one in told if one in SIGNATURES]
    return client


def callback() -> str:
    """Where the provider sends people back to; it has to be registered there."""
    return str(current_app.config["PUBLIC_URL"]) + url_for("NcidPage.back")


class NcidPage(Page):
    """To NCID and back."""

    route_base = "/sign-in/ncid"

    @expose("/")
    @open_to_everyone
    def start(self) -> Any:
        """Leads to NCID; state, nonce and the verifier of PKCE wait in the session."""
        try:
            answer = provider().authorize_redirect(callback())
        except not_understood() as error:
            return self._refused(error)
        session[WHERE_TO] = get_safe_redirect(request.args.get("next", ""))
        return answer

    @expose("/back")
    @open_to_everyone
    def back(self) -> Any:
        """Comes back from NCID with a code, which is exchanged for who it is."""
        try:
            again.goes_out()  # the code is good for one exchange
            username, subject = self._told()
        except not_understood() as error:
            return self._refused(error)
        with entering.writing():
            user = identities.opened_by(username, subject)
            history.entry().outcome = history.entry().outcome or ("signed in" if user else "NCID unknown")
            db.session.commit()
        if user is None:
            return self.page("door/ncid_unknown.html", _l("This NCID opens no account here yet"), 403, ncid=username)
        return entering.let_in(user, session.pop(WHERE_TO, "/"), is_vouched_for=True)

    def _told(self) -> tuple[str, str]:
        """Username and key of whoever signed in there; raises what is `not_understood`."""
        client, settings = provider(), current_app.config
        expected = {
            "iss": {"essential": True, "value": client.server_metadata["issuer"]},
            "aud": {"essential": True, "value": client.client_id},
        }
        claims = client.authorize_access_token(claims_options=expected, leeway=60).get("userinfo")
        if claims is None:
            raise NotOurs("no ID token")
        username, subject = claims.get(settings["OIDC_USERNAME_CLAIM"]), claims.get("sub")
        if not isinstance(username, str) or not isinstance(subject, str) or not 0 < len(username.strip()) <= 60:
            raise NotOurs("no username")
        if not 0 < len(subject) <= 255:
            raise NotOurs("no subject")
        return username, subject

    def _refused(self, error: Exception) -> Any:
        current_app.logger.warning("NCID: %s", type(error).__name__)  # its words may hold what a person typed
        history.refused("NCID")
        return self.page("door/said.html", _l("NCID did not let you in"), 400, sentence=_l(
            "The sign-in at NCID was not finished, took too long, or was broken off. Please try again."
        ))  # fmt: skip


class OutsideIdentityScreen(Screen):
    entity = OutsideIdentity
    route_base = "/ncid"
    menu = "People"
    list_columns = ["username", "user", "first_used_at", "ended_at"]
    add_columns = ["user", "username"]
    search_columns = ["username", "user"]
    lead = _l("NCIDs that open an account here. A person may hold several; each opens the same account.")
    adds_with = identities.attach
    acts = [identities.detach]


SCREENS = [OutsideIdentityScreen]
PAGES = [NcidPage]
