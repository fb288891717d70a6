"""Settings of a proxy that let strangers in, or lock everybody out, are told."""

from __future__ import annotations

import pytest
from django.test import override_settings

from troth.web.project.checks import _proxy

_PROXY = ("HTTP_X_FORWARDED_PROTO", "https")


@pytest.mark.parametrize(
    ("https", "behind", "named", "origins", "codes"),
    [
        (True, _PROXY, "127.0.0.1", ["https://bank.example"], []),
        (True, _PROXY, "10.0.0.0/24, 192.0.2.1", [], []),
        (False, None, "", ["http://bank.example"], []),
        (True, _PROXY, "*", [], ["any-proxy"]),
        (True, _PROXY, "192.0.2.1, ::/0", [], ["any-proxy"]),
        (False, None, "*", [], ["any-proxy"]),
        (True, _PROXY, " ", [], ["proxy-not-named"]),
        (True, None, "", [], ["no-proxy"]),
        (False, None, "", ["https://bank.example"], ["cookies-open"]),
    ],
)
def test_doubtful_settings_of_a_proxy_are_told(
    https: bool,
    behind: tuple[str, str] | None,
    named: str,
    origins: list[str],
    codes: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each by its code; a proxy that is named and settings that fit are not."""
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", named)
    with override_settings(HTTPS=https, SECURE_PROXY_SSL_HEADER=behind, CSRF_TRUSTED_ORIGINS=origins):
        assert [issue.code for issue in _proxy()] == codes
