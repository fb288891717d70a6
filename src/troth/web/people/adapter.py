"""Who may make an account: nobody by themselves. People are added by an administrator, or come by a linked sign-in."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.http import HttpRequest


class ClosedAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are made by administrators."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Tell that nobody can sign up."""
        return False


class ClosedSocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """A sign-in from elsewhere only opens an account that is there."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: object) -> bool:
        """Tell that nobody can sign up."""
        return False
