"""The settings of the product: each from the environment, with a default fit for a trial on one machine."""

import os
from datetime import timedelta
from pathlib import Path

HERE = Path(__file__).resolve().parent
INSTANCE = Path(os.environ.get("INSTANCE_FOLDER", HERE / "instance"))
DEVELOPMENT_KEY = "development-key-for-a-trial-on-one-machine"
DEMO_PORTALS = ("enrollment", "provider", "recipient", "organization", "help-desk")


def database_url(given: str | None) -> str:
    """The database's address for SQLAlchemy; `postgresql://` is accepted as people write it."""
    url = given or f"sqlite:///{INSTANCE / 'console.db'}"
    for short in ("postgres://", "postgresql://"):
        if url.startswith(short):
            return "postgresql+psycopg://" + url[len(short) :]
    return url


def flag(name: str, default: bool = False) -> bool:
    """A yes or no from the environment."""
    return os.environ.get(name, "1" if default else "0").strip().lower() in ("1", "true", "yes", "on")


PRODUCTION = flag("PRODUCTION")
SECRET_KEY = os.environ.get("SECRET_KEY", DEVELOPMENT_KEY)
ENCRYPTION_KEY = os.environ.get("ENCRYPTION_KEY", "")  # of links and second factors; without it SECRET_KEY serves
SQLALCHEMY_DATABASE_URI = database_url(os.environ.get("DATABASE_URL"))
# Who owns the tables and migrates them; without it, the account of DATABASE_URL does that too
DATABASE_OWNER_URL = database_url(os.environ["DATABASE_OWNER_URL"]) if os.environ.get("DATABASE_OWNER_URL") else ""
ROW_SECURITY = flag("ROW_SECURITY", True)  # PostgreSQL itself keeps each place's rows apart (`app/wall.py`)
DATABASE_POOL_SIZE = int(os.environ.get("DATABASE_POOL_SIZE", "8"))

HOST = os.environ.get("HOST", "127.0.0.1")
PORT = int(os.environ.get("PORT", "8080"))
TRUSTED_HOSTS = [name.strip() for name in os.environ.get("TRUSTED_HOSTS", "").split(",") if name.strip()]
TRUSTED_PROXIES = int(os.environ.get("TRUSTED_PROXIES", "0"))  # whose X-Forwarded-For is believed
PUBLIC_URL = os.environ.get("PUBLIC_URL", f"http://{HOST}:{PORT}").rstrip("/")
PORTAL_URLS = {
    name: os.environ.get(f"{name.upper().replace('-', '_')}_URL", f"{PUBLIC_URL}/{name}") for name in DEMO_PORTALS
}
STATE_NAME = os.environ.get("STATE_NAME", "North Carolina")
STATE_CODE = os.environ.get("STATE_CODE", "NC")
TIME_ZONE = os.environ.get("TIME_ZONE", "America/New_York")
HELP_DESK_EMAIL = os.environ.get("HELP_DESK_EMAIL", "help@vaccines.example")

# Sign-in and sessions
AUTH_TYPE = 1
SESSION_COOKIE_SECURE = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_NAME = "__Host-console" if SESSION_COOKIE_SECURE else "console"  # no other host of the domain sets it
DEVICE_COOKIE_NAME = f"{SESSION_COOKIE_NAME}-device"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_IDLE = timedelta(minutes=int(os.environ.get("SESSION_IDLE_MINUTES", "15")))
SESSION_WARNING = timedelta(minutes=2)  # before it lapses, a dialog lets one stay
PERMANENT_SESSION_LIFETIME = timedelta(hours=12)
SECOND_FACTOR_REQUIRED = flag("SECOND_FACTOR_REQUIRED", PRODUCTION)  # of the profiles that app/access.md names
WTF_CSRF_TIME_LIMIT = None
WTF_CSRF_SSL_STRICT = False  # pages with a secret in their address send no Referer; the token is tied to the session
JWT_SECRET_KEY = SECRET_KEY
JWT_ACCESS_TOKEN_EXPIRES = timedelta(minutes=15)
JWT_REFRESH_TOKEN_EXPIRES = PERMANENT_SESSION_LIFETIME

# NCID, the state's sign-in, by OpenID Connect; without an issuer there is only the built-in sign-in
OIDC_ISSUER = os.environ.get("OIDC_ISSUER", "").rstrip("/")
OIDC_CLIENT_ID = os.environ.get("OIDC_CLIENT_ID", "")
OIDC_CLIENT_SECRET = os.environ.get("OIDC_CLIENT_SECRET", "")
OIDC_USERNAME_CLAIM = os.environ.get("OIDC_USERNAME_CLAIM", "preferred_username")
OIDC_SCOPE = os.environ.get("OIDC_SCOPE", "openid profile")
NCID_SITE = os.environ.get("NCID_SITE", "https://ncid.nc.gov/")

# Limits
MAX_CONTENT_LENGTH = 20 * 1024 * 1024  # of a form with a file
MAX_LONG_FILE = 501 * 1024 * 1024  # of a form with a file whose rows may be many; it goes to disk, never held whole
MAX_BODY_WITHOUT_FILE = 2 * 1024 * 1024
MAX_FORM_MEMORY_SIZE = 2 * 1024 * 1024
MAX_FORM_PARTS = 2_000
UPLOAD_ROWS_AT_ONCE = 100  # a longer file is worked off by the worker
UPLOAD_FILES_KEPT_DAYS = int(os.environ.get("UPLOAD_FILES_KEPT_DAYS", "30"))  # encrypted, then purged
UPLOAD_LEASE_SECONDS = int(os.environ.get("UPLOAD_LEASE_SECONDS", "60"))  # without a sign of life, others go on

# Flask-AppBuilder: its tables belong to Alembic, its permissions are written by `flask init`
APP_NAME = "Vaccine Management"
FAB_CREATE_DB = False
FAB_UPDATE_PERMS = False
FAB_ADD_SECURITY_VIEWS = True
FAB_ADD_SECURITY_PERMISSION_VIEW = False
FAB_ADD_SECURITY_VIEW_MENU_VIEW = False
FAB_ADD_SECURITY_PERMISSION_VIEWS_VIEW = False
FAB_ADD_OPENAPI_VIEWS = True
FAB_API_SWAGGER_UI = True
FAB_API_MAX_PAGE_SIZE = 100
AUTH_ROLE_ADMIN = "State Administrator"  # no role of its own in the database: profiles are in app/access.md
FAB_ROLES: dict[str, list[list[str]]] = {}
AUTH_USER_REGISTRATION = False

# Languages
LANGUAGES = {"en": {"flag": "us", "name": "English"}, "es": {"flag": "mx", "name": "Español"}}
BABEL_DEFAULT_LOCALE = "en"
BABEL_TRANSLATION_DIRECTORIES = str(HERE / "translations")

# Mail: without a server the outbox shows what waits
MAIL_SERVER = os.environ.get("MAIL_SERVER", "")
MAIL_PORT = int(os.environ.get("MAIL_PORT", "25"))
MAIL_USE_TLS = flag("MAIL_USE_TLS")
MAIL_USE_SSL = flag("MAIL_USE_SSL")
MAIL_USERNAME = os.environ.get("MAIL_USERNAME") or None
MAIL_PASSWORD = os.environ.get("MAIL_PASSWORD") or None
MAIL_DEFAULT_SENDER = os.environ.get("MAIL_SENDER", "vaccineinfo@vaccines.example")

# Worker
WORKER_STORE = os.environ.get("WORKER_STORE", f"sqlite:///{INSTANCE / 'worker.db'}")

# What is published of the history each night: the file should lie where this machine can add to it and not change it
HISTORY_HEADS_FILE = os.environ.get("HISTORY_HEADS_FILE", str(INSTANCE / "history-heads.jsonl"))
HISTORY_DIGEST_EMAIL = os.environ.get("HISTORY_DIGEST_EMAIL", "")
