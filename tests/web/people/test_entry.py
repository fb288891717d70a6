"""Coming in: by password, by a link that works once, as a device; and what a second step asks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.web import cast
from troth.core.terms import Role
from troth.web.people.holders import DEVICE
from troth.web.people.models import AccessKey, SignInLink


def _signed_in(client: Client) -> str:
    return str(client.session.get("_auth_user_id", ""))


def test_looking_at_a_link_does_not_use_it_up(company: cast.Company) -> None:
    """Previews of mail programs open links; only the button signs in, and only once."""
    address = reverse("enter", args=[SignInLink.make(company.bob, now=timezone.now())])
    for _preview in range(3):
        answer = Client().get(address)
        assert answer.status_code == 200 and "Bob Clerk" in answer.content.decode()
    client, second = Client(), Client()
    assert client.post(address).status_code == 302
    assert _signed_in(client) == str(company.bob.pk)
    assert second.post(address).status_code == 410
    assert not _signed_in(second)
    assert "no longer works" in Client().get(address).content.decode()


@pytest.mark.parametrize("way", ["forged", "old", "inactive"])
def test_a_link_that_does_not_work_says_so(company: cast.Company, way: str) -> None:
    """Forged, too old, or of somebody who may not sign in: the same honest page, which tells them not apart."""
    secret = SignInLink.make(company.bob, now=timezone.now() - timedelta(hours=13 if way == "old" else 0))
    if way == "inactive":
        company.bob.is_active = False
        company.bob.save()
    address = reverse("enter", args=["x" * 32 if way == "forged" else secret])
    client = Client()
    pages = [client.get(address), client.post(address)]
    assert [page.status_code for page in pages] == [410, 410]
    assert "Bob" not in pages[0].content.decode() and not _signed_in(client)


def test_a_link_does_not_step_over_the_second_step(company: cast.Company) -> None:
    """Whoever has set up an app is asked for its code after the link as after a password."""
    from allauth.mfa.models import Authenticator
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    TOTP.activate(company.bob, generate_totp_secret())
    assert Authenticator.objects.filter(user=company.bob).exists()
    client = Client()
    answer = client.post(reverse("enter", args=[SignInLink.make(company.bob, now=timezone.now())]))
    assert answer.status_code == 302 and answer["Location"] == reverse("mfa_authenticate")
    assert not _signed_in(client)
    assert client.get(answer["Location"]).status_code == 200


def test_a_password_signs_in_by_name_or_mail(company: cast.Company) -> None:
    """Both are known to the person; a wrong one says nothing about which part is wrong."""
    for login in ("bob", "bob@bank.example", "BOB@bank.example"):
        client = Client()
        client.post(reverse("account_login"), {"login": login, "password": cast.PASSWORD})
        assert _signed_in(client) == str(company.bob.pk), login
    answers = {
        Client().post(reverse("account_login"), {"login": login, "password": "wrong"}).content.decode().split("csrf")[0]
        for login in ("bob", "nobody")
    }
    assert len(answers) == 1


def test_nobody_signs_up(db: None) -> None:
    """People are added by an administrator."""
    answer = Client().post(
        reverse("account_signup"),
        {"email": "eve@example.com", "username": "eve", "password1": cast.PASSWORD, "password2": cast.PASSWORD},
    )
    from troth.web.people.models import User

    assert answer.status_code == 200 and not User.objects.filter(username="eve").exists()


def test_a_forgotten_password_is_reset_by_mail(company: cast.Company) -> None:
    """The mail goes to the address of the person, the page says the same for an address nobody has."""
    client = Client()
    for address in ("bob@bank.example", "nobody@example.com"):
        answer = client.post(reverse("account_reset_password"), {"email": address})
        assert answer["Location"] == reverse("account_reset_password_done")
    to_bob = [message for message in mail.outbox if message.to == ["bob@bank.example"]]
    link = next(word for word in str(to_bob[0].body).split() if "/password/reset/key/" in word)
    form = client.get(link.split("testserver", 1)[1], follow=True)
    assert form.status_code == 200
    new = "eleven grey herons"
    client.post(form.redirect_chain[-1][0], {"password1": new, "password2": new})
    company.bob.refresh_from_db()
    assert company.bob.check_password(new)


@pytest.mark.parametrize(
    "name",
    ["my_account", "mfa_index", "mfa_activate_totp", "mfa_add_webauthn", "mfa_generate_recovery_codes",
     "account_change_password", "account_email", "account_reauthenticate", "socialaccount_connections"],
)  # fmt: skip
def test_pages_of_ones_own_account_have_our_look(company: cast.Company, name: str) -> None:
    """The library's pages are drawn with our style sheet and without a script or style of their own inside."""
    client = Client()
    client.post(reverse("account_login"), {"login": "bob", "password": cast.PASSWORD})
    answer = client.get(reverse(name), follow=True)
    text = answer.content.decode()
    assert answer.status_code == 200 and "troth/troth.css" in text
    assert " style=" not in text and "<style" not in text and " onclick=" not in text
    inline = [part.split(">", 1)[0] for part in text.split("<script")[1:] if " src=" not in part.split(">", 1)[0]]
    assert all('type="application/json"' in part for part in inline), inline


@pytest.mark.parametrize(
    "name", ["account_login", "account_reset_password", "account_signup", "account_reset_password_done"]
)
def test_pages_before_signing_in_have_our_look(db: None, name: str) -> None:
    """A visitor sees the same house."""
    answer = Client().get(reverse(name))
    assert answer.status_code == 200 and "troth/troth.css" in answer.content.decode()


def test_the_site_speaks_a_persons_language(company: cast.Company) -> None:
    """Beth chose Lithuanian; Bob changes to it on the page of the account."""
    assert '<html lang="lt"' in cast.signed_in(company.beth).get(reverse("my_account")).content.decode()
    client = cast.signed_in(company.bob)
    client.post(reverse("my_account"), {"language": "lt"})
    assert '<html lang="lt"' in client.get(reverse("my_account")).content.decode()


def test_a_device_is_set_up_by_its_key(company: cast.Company) -> None:
    """Opening the address shows what it becomes; the button makes it so, and signs out whoever was here."""
    key, secret = cast.key(company.vilnius, role=Role.KIOSK)
    place = cast.branch(company)
    client = cast.signed_in(company.ada)
    address = reverse("device", args=[secret])
    assert key.title in client.get(address).content.decode()
    assert DEVICE not in client.session
    assert client.post(address)["Location"] == reverse("kiosk", args=[place.branch.token])
    assert client.session[DEVICE] == key.pk and not _signed_in(client)


def test_a_revoked_key_opens_nothing(company: cast.Company) -> None:
    """A device that was set up is nobody as soon as its key is revoked."""
    key, secret = cast.key(company.vilnius, role=Role.TEAM_LEAD)
    bearer = {"Authorization": f"Bearer {secret}"}
    unit = reverse("unit", kwargs={"code": "vilnius"})
    assert Client().get(reverse("units"), headers=bearer).status_code == 403  # known, and nobody whose units they are
    assert Client().get(reverse("unit", kwargs={"code": "klaipeda"}), headers=bearer).status_code == 404
    device = Client()
    device.post(reverse("device", args=[secret]))
    assert device.get(reverse("units")).status_code == 403
    answer = cast.signed_in(company.ada).post(reverse("key_revoke", kwargs={"pk": key.pk}))
    assert answer.status_code == 302
    assert Client().get(unit, headers=bearer).status_code == 302
    assert device.get(unit).status_code == 302
    assert Client().get(reverse("device", args=[secret])).status_code == 410


def test_a_keys_secret_is_shown_once(company: cast.Company) -> None:
    """Only its digest is kept; the list of keys does not know it."""
    client = cast.signed_in(company.ada)
    made = client.post(reverse("keys"), {"title": "Door kiosk", "unit": company.vilnius.pk, "role": "kiosk"})
    text = made.content.decode()
    key = AccessKey.objects.get(title="Door kiosk")
    secret = text.split(reverse("device", args=["x"])[:-1], 1)[1].split('"', 1)[0]
    assert AccessKey.find(secret, now=timezone.now()) == key
    listed = client.get(reverse("keys")).content.decode()
    assert "Door kiosk" in listed and secret not in listed and key.digest not in listed


@pytest.mark.parametrize("way", ["form", "sheet"])
def test_an_address_that_was_replaced_opens_nothing(company: cast.Company, way: str) -> None:
    """Whoever has the mailbox of before cannot have the password reset; the new address can."""
    client = Client()
    client.post(reverse("account_login"), {"login": "bob", "password": cast.PASSWORD})
    assert client.get(reverse("account_email")).status_code == 200  # the library notes the address by itself
    ada = cast.signed_in(company.ada)
    if way == "form":
        told = {
            "first_name": "Bob",
            "last_name": "Clerk",
            "username": "bob",
            "email": "new@bank.example",
            "language": "en",
        }
        assert ada.post(f"/people/{company.bob.code}", told).status_code == 302
    else:
        sheet = SimpleUploadedFile("people.csv", b"login,email\nbob,new@bank.example\n")
        assert ada.post("/people/sheets/people", {"file": sheet}).status_code == 200
    company.bob.refresh_from_db()
    assert company.bob.email == "new@bank.example"
    mail.outbox.clear()
    for address in ("bob@bank.example", "new@bank.example"):
        Client().post(reverse("account_reset_password"), {"email": address})
    links = [one.to for one in mail.outbox if "/password/reset/key/" in str(one.body)]
    assert links == [["new@bank.example"]]
