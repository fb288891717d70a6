"""What could go wrong with an installation, found before people do. Each issue has a code and a hint."""

from __future__ import annotations

import ipaddress
import os
import shutil
import stat
from collections.abc import Iterator

from troth.core.decision import Issue, Severity
from troth.core.errors import TrothError
from troth.web.project.embedded import ServerState
from troth.web.project.site import Installation

#: Less room than this on the disk is a warning.
ROOM = 2 * 2**30
#: Facts older than this that are not in the lake mean that no worker runs.
BEHIND_S = 300


def examine(site: Installation) -> list[Issue]:
    """Return everything doubtful about an installation; a database that is ours is started for it."""
    found = list(_folder(site))
    if any(issue.code == "not-set-up" for issue in found):
        return found
    was_running = site.embedded is not None and site.embedded.status() is ServerState.RUNNING
    try:
        if site.embedded is not None:
            site.embedded.start()
        site.open()
        found.extend(_database())
    except TrothError as error:
        found.extend(getattr(error, "issues", [_issue("database-unusable", "database", error, "Maybe see its log.")]))
    finally:
        if site.embedded is not None and not was_running:
            site.embedded.stop()
    found.extend(_reach())
    return found


def _folder(site: Installation) -> Iterator[Issue]:
    if not site.exists:
        yield _issue("not-set-up", str(site.data), "", "Maybe run troth init, or name the folder with --data.")
        return
    mode = stat.S_IMODE((site.data / "secret.key").stat().st_mode)
    if mode & 0o077:
        yield _issue("secret-open", "secret.key", oct(mode), "Maybe chmod 600: others on this machine can read it.")
    for name in ("lake", "log", "mail", "static"):
        if not os.access(site.data / name, os.W_OK):
            yield _issue("folder-closed", name, site.data / name, "Maybe it belongs to another user.")
    free = shutil.disk_usage(site.data).free
    if free < ROOM:
        advice = "Maybe remove old backups: the database stops when the disk is full."
        yield _issue("disk-nearly-full", str(site.data), f"{free / 2**30:.1f} GB free", advice)


def _database() -> Iterator[Issue]:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor
    from django.db.utils import Error
    from django.utils import timezone

    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if waiting:
            advice = "Maybe Troth was updated: troth serve brings the tables up to date."
            yield _issue("tables-behind", "database", f"{len(waiting)} migrations", advice)
            return
        from troth.web.outbox.models import Fact
        from troth.web.people.models import Membership

        oldest = Fact.objects.filter(batch=None).order_by("id").values_list("recorded_at", flat=True).first()
        if oldest and (timezone.now() - oldest).total_seconds() > BEHIND_S:
            advice = "Maybe no worker runs: troth serve has one, troth work is one."
            yield _issue("lake-behind", "outbox", oldest.isoformat(timespec="seconds"), advice)
        if not Membership.objects.on(timezone.now().date()).filter(role="administrator", unit__parent=None).exists():
            yield _issue("no-administrator", "people", "", "Maybe run troth init: nobody can give rights.")
    except Error as error:
        yield _issue("database-unusable", "database", error, "Maybe the server is down, or DATABASE_URL is wrong.")


def _reach() -> Iterator[Issue]:
    from django.conf import settings

    beyond = [host for host in settings.ALLOWED_HOSTS if host not in {"127.0.0.1", "localhost", "[::1]"}]
    if beyond and not settings.HTTPS:
        advice = "Maybe put a proxy with TLS before it and set TROTH_HTTPS=1: sign-ins can be overheard."
        yield _issue("no-tls", "TROTH_HOSTS", ", ".join(beyond), advice)
    if "*" in settings.ALLOWED_HOSTS:
        yield _issue("any-host", "TROTH_HOSTS", "*", "Maybe name the addresses people use.")
    yield from _proxy()
    if "filebased" in settings.EMAIL_BACKEND:
        advice = "Maybe set TROTH_EMAIL_BACKEND and TROTH_SMTP_HOST: letters lie in the folder mail."
        yield Issue("no-mail", Severity.WARNING, "TROTH_EMAIL_BACKEND", "", advice)


def _proxy() -> Iterator[Issue]:
    """Look at who is believed to say where a request comes from: the limits on strangers hang on it."""
    from django.conf import settings

    named = [one.strip() for one in os.environ.get("FORWARDED_ALLOW_IPS", "").split(",") if one.strip()]
    behind = settings.SECURE_PROXY_SSL_HEADER is not None
    if any(_everyone(one) for one in named):
        advice = "Maybe name the proxy's address alone: now any visitor can say to be another, and no limit holds."
        yield _issue("any-proxy", "FORWARDED_ALLOW_IPS", ", ".join(named), advice)
    elif behind and not named:
        advice = "Maybe say 127.0.0.1 for a proxy on this machine, else its address, or all visitors count as one."
        yield Issue("proxy-not-named", Severity.WARNING, "FORWARDED_ALLOW_IPS", "", advice)
    if settings.HTTPS and not behind:
        advice = "Maybe set it to 1: without, every page sends the browser on to itself for ever."
        yield _issue("no-proxy", "TROTH_BEHIND_PROXY", "", advice)
    safe = [one for one in settings.CSRF_TRUSTED_ORIGINS if one.startswith("https:")]
    if safe and not settings.HTTPS:
        advice = "Maybe set TROTH_HTTPS=1: cookies also travel where they can be overheard."
        yield _issue("cookies-open", "TROTH_HTTPS", ", ".join(safe), advice)


def _everyone(named: str) -> bool:
    try:
        return named == "*" or ipaddress.ip_network(named, strict=False).prefixlen == 0
    except ValueError:
        return False


def _issue(code: str, where: str, value: object, advice: str) -> Issue:
    return Issue(code, Severity.ERROR, where, str(value), advice)
