"""The settings of the site: what a deployment may set comes from the environment, everything else stands here.

`TROTH_DATA` is the one folder of everything kept; `DATABASE_URL` names PostgreSQL (`troth serve` sets it for the
database it starts itself). A secret may also be given as a file: `TROTH_SECRET_KEY_FILE`.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from troth.web.project.embedded import default_home


def _text(name: str, default: str = "") -> str:
    return os.environ.get(name, default).strip()


def _truth(name: str) -> bool:
    return _text(name).lower() in {"1", "true", "yes", "on"}


def _words(name: str, default: str) -> list[str]:
    return [word.strip() for word in _text(name, default).split(",") if word.strip()]


def _secret(name: str) -> str:
    path = _text(f"{name}_FILE")
    return Path(path).read_text(encoding="utf-8").strip() if path else _text(name)


def _database(url: str) -> dict[str, Any]:
    """Return Django's database entry of a PostgreSQL URL."""
    told = conninfo_to_dict(url) if url else {}
    named = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    found = {named[k]: str(v) for k, v in told.items() if k in named and v is not None}
    rest: dict[str, Any] = {k: v for k, v in told.items() if k not in named}
    if size := _text("TROTH_CONNECTIONS"):  # a pool is for processes that serve; a command opens one and ends
        rest["prepare_threshold"] = 5  # for queries that are asked often, see `common.ready`
        rest["pool"] = {"min_size": 1, "max_size": int(size), "timeout": float(_text("TROTH_POOL_WAIT", "10"))}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "troth",
        **found,
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": False,
        "OPTIONS": rest,
        "TEST": {"TEMPLATE": "template0"},
    }


HERE = Path(__file__).resolve().parent
DATA = default_home()
#: A made-up company: the tour is there, and who signs in may break nothing.
DEMO = _truth("TROTH_DEMO")
LAKE = Path(_text("TROTH_LAKE") or DATA / "lake")

# Who may reach it -----------------------------------------------------------------------------------------------------

#: Without one, what this process signs is worth nothing elsewhere, and nobody else can sign it.
SECRET_KEY = _secret("TROTH_SECRET_KEY") or secrets.token_urlsafe(48)
DEBUG = False
ALLOWED_HOSTS = _words("TROTH_HOSTS", "127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = _words("TROTH_ORIGINS", "")
HTTPS = _truth("TROTH_HTTPS")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _truth("TROTH_BEHIND_PROXY") else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_AGE = 14 * 3600
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "troth.web.project.errors.stale"

# What it is made of ---------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "django_htmx",
    "procrastinate.contrib.django",
    "troth.web.outbox",
    "troth.web.live",
    "troth.web.runs",
    "troth.web.people",
    "troth.web.services",
    "troth.web.customers",
    "troth.web.promises",
    "troth.web.planning",
    "troth.web.flow",
    "troth.web.insight",
    "troth.web.api",
    "troth.web.project",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "troth.web.project.middleware.SecurityHeaders",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "troth.web.project.middleware.Person",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
ROOT_URLCONF = "troth.web.project.urls"
ASGI_APPLICATION = "troth.web.project.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [HERE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "troth.web.project.frame.frame",
            ],
            "builtins": ["troth.web.project.templatetags.words"],
        },
    }
]
DATABASES = {"default": _database(_text("DATABASE_URL"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
#: What is counted here, such as failed sign-ins, is counted by all processes together.
CACHES = {"default": {"BACKEND": "troth.web.common.shared.SharedCache"}}
#: Numbers and appointments taken from one address in ten minutes, by whoever has no account; 0 for no bound.
PUBLIC_LIMIT = int(_text("TROTH_PUBLIC_LIMIT", "60"))
STATIC_URL = "/static/"
STATIC_ROOT = DATA / "static"
STATICFILES_DIRS = [HERE / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_MAX_AGE = 0

# Who somebody is ------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*", "password2*"]
ACCOUNT_ADAPTER = "troth.web.people.adapter.ClosedAdapter"
SOCIALACCOUNT_ADAPTER = "troth.web.people.adapter.ClosedSocialAdapter"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "10/5m/key,20/5m/ip", "reset_password": "10/m/ip"}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
EMAIL_BACKEND = _text("TROTH_EMAIL_BACKEND", "django.core.mail.backends.filebased.EmailBackend")
EMAIL_FILE_PATH = DATA / "mail"
EMAIL_HOST = _text("TROTH_SMTP_HOST", "localhost")
EMAIL_PORT = int(_text("TROTH_SMTP_PORT", "25"))
EMAIL_HOST_USER = _text("TROTH_SMTP_USER")
EMAIL_HOST_PASSWORD = _secret("TROTH_SMTP_PASSWORD")
#: A mail server that does not answer must not hold up whoever books.
EMAIL_TIMEOUT = 10
EMAIL_USE_TLS = _truth("TROTH_SMTP_TLS")
DEFAULT_FROM_EMAIL = _text("TROTH_MAIL_FROM", "troth@localhost")

# Words and time -------------------------------------------------------------------------------------------------------

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", "English"),
    ("lt", "Lietuvių"),
    ("lv", "Latviešu"),
    ("pl", "Polski"),
    ("hr", "Hrvatski"),
    ("id", "Bahasa Indonesia"),
]
LOCALE_PATHS = [HERE / "locale"]

# What it says of itself -----------------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "filters": {"masked": {"()": "troth.web.project.masked.Masked"}},
    "handlers": {"stream": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["masked"]}},
    "root": {"handlers": ["stream"], "level": _text("TROTH_LOG_LEVEL", "WARNING")},
    "loggers": {"troth": {"level": _text("TROTH_LOG_LEVEL", "INFO")}},
}
