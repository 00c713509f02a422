"""An OpenID Connect provider on loopback: discovery, keys, authorization with PKCE, tokens; it can be told to lie."""

import base64
import contextlib
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

CLIENT, SECRET = "console", "a-secret-of-the-client"


class Provider:
    """What the provider knows, and how it lies: `lies` replace claims of the next ID tokens (None takes one out)."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, parameters={"kid": "one"})
        self.lies: dict[str, Any] = {}
        self.signs_with: Any = None  # another key, or "none" for a token without a signature
        self.says_issuer: str | None = None
        self.codes: dict[str, dict[str, str]] = {}
        self.address = ""

    def sign_in(self, url: str, username: str, subject: str = "") -> str:
        """What a person does there: follows the address, gives a password; answers where the browser is sent."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert url.startswith(f"{self.address}/authorize?") and asked["client_id"] == CLIENT
        assert asked["response_type"] == "code" and asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked | {"username": username, "subject": subject or f"sub-{username}"}
        return asked["redirect_uri"] + "?" + urlencode({"code": code, "state": asked["state"]})

    def metadata(self) -> dict[str, Any]:
        here = self.address
        return {
            "issuer": self.says_issuer or here, "authorization_endpoint": f"{here}/authorize",
            "token_endpoint": f"{here}/token", "jwks_uri": f"{here}/keys", "response_types_supported": ["code"],
            "subject_types_supported": ["public"], "code_challenge_methods_supported": ["S256"],
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
        }  # fmt: skip

    def token(self, asked: dict[str, str], credentials: str) -> dict[str, Any] | None:
        """The tokens for a code; a code is good once, for its client, with the verifier of its challenge."""
        known = self.codes.pop(asked.get("code", ""), None)
        right = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if known is None or credentials != right or asked.get("redirect_uri") != known["redirect_uri"]:
            return None
        digest = hashlib.sha256(asked.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != known["code_challenge"]:
            return None
        return {"access_token": secrets.token_urlsafe(16), "token_type": "Bearer", "id_token": self._id_token(known)}

    def _id_token(self, known: dict[str, str]) -> str:
        now = int(time.time())
        claims = {
            "iss": self.address, "sub": known["subject"], "aud": CLIENT, "iat": now, "exp": now + 300,
            "nonce": known["nonce"], "preferred_username": known["username"],
        } | self.lies  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.signs_with == "none":
            parts = ({"alg": "none"}, claims)
            words = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
            return ".".join([*words, ""])
        key = self.signs_with or self.key
        algorithm = "HS256" if isinstance(key, OctKey) else "RS256"
        return jwt.encode({"alg": algorithm, "kid": "one"}, claims, key, algorithms=[algorithm])


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            return

        def _say(self, body: Any, code: int = 200) -> None:
            data = json.dumps(body).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_GET(self) -> None:
            if self.path == "/.well-known/openid-configuration":
                self._say(provider.metadata())
            elif self.path == "/keys":
                self._say({"keys": [provider.key.as_dict(private=False)]})
            else:
                self._say({}, 404)

        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            asked = {name: values[0] for name, values in parse_qs(text).items()}
            given = provider.token(asked, self.headers.get("Authorization", ""))
            self._say(given or {"error": "invalid_grant"}, 200 if given else 400)

    return Handler


@contextlib.contextmanager
def opened() -> Iterator[Provider]:
    """The provider, at work for as long as the block runs."""
    provider = Provider()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(provider))
    provider.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
