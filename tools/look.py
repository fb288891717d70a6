"""Picture and check every page of a running demo: ``python -m tools.look PICTURES --data FOLDER``. Status 0 if all is well.

Wants a demo that was started with ``troth serve --demo --data FOLDER`` on this machine. Each page is opened as whoever
owns it, at three widths, light and dark, in two languages; what a program can judge is judged (axe, width, cut text,
weight, complaints of the browser), the rest is for the eye: pictures and contact sheets go into PICTURES.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

from tools._look_pages import LOOKS, Look, filled, forgotten
from troth.core.terms import Role

CHROMIUM: Final = Path("/usr/bin/chromium")
#: WCAG 2.0 to 2.2, levels A and AA, with the rules axe adds as good practice.
AXE: Final = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
#: Widths, and how much of a page is seen at once.
SIZES: Final = {390: 844, 1440: 900, 2560: 1440}
#: What a page may weigh when it is opened for the first time, Plotly apart.
STAFF_KB, PHONE_KB = 300.0, 50.0
#: Pages of a customer's own phone.
PHONE: Final = frozenset({"join", "ticket", "book", "booking", "booking_move"})
#: Language, light or dark, widths, and those axe looks at: dark has other colours, another language other widths.
ROUNDS: Final[tuple[tuple[str, Literal["light", "dark"], tuple[int, ...], tuple[int, ...]], ...]] = (
    ("en", "light", (390, 1440, 2560), (390, 1440)),
    ("lt", "light", (390, 1440), (390,)),
    ("en", "dark", (390, 1440, 2560), (1440,)),
)
#: Seconds a page may take; on a busy machine the first figures of a log take long.
PATIENCE_S: Final = 180.0
#: Text that does not fit: clipped by its own box, or sticking out of the screen where nothing scrolls.
_CUT: Final = """() => {
  const wrong = [], wide = document.documentElement.clientWidth;
  for (const one of document.body.querySelectorAll('*')) {
    const style = getComputedStyle(one), box = one.getBoundingClientRect();
    if (box.width < 2 || box.height < 2 || style.visibility === 'hidden' || one.closest('svg,.unseen,caption')) continue;
    const said = one.innerText && one.innerText.trim();
    if (!said) continue;
    const clips = (way) => ['hidden', 'clip'].includes(style[way]);
    if ((clips('overflowX') && one.scrollWidth > one.clientWidth + 1) ||
        (clips('overflowY') && one.scrollHeight > one.clientHeight + 1) ||
        (one.matches('button,.button,.chip,h1,h2,h3,p,dt,legend,label') && one.scrollWidth > one.clientWidth + 1 && one.clientWidth))
      wrong.push(`${one.tagName.toLowerCase()}.${one.className}: ${said.slice(0, 40)}`);
    let holder = one.parentElement, scrolls = style.position === 'fixed';
    for (; holder && !scrolls; holder = holder.parentElement)
      scrolls = getComputedStyle(holder).overflowX !== 'visible' || getComputedStyle(holder).position === 'fixed';
    if (!scrolls && box.right > wide + 1) wrong.push(`sticks out: ${said.slice(0, 40)}`);
  }
  return [...new Set(wrong)];
}"""
_POLICY: Final = """document.addEventListener('securitypolicyviolation',
  (one) => console.error('policy: ' + one.violatedDirective + ' ' + one.blockedURI));"""


@dataclass
class Found:
    """What is wrong with a page in one language and light, and what it weighs."""

    look: Look
    wrong: list[str] = field(default_factory=list)
    weight_kb: float = 0.0
    plotly_kb: float = 0.0

    def weigh(self) -> None:
        """Complain of a page that is too heavy."""
        most = PHONE_KB if self.look.right in PHONE else STAFF_KB
        if self.weight_kb > most:
            self.wrong.append(f"weighs {self.weight_kb:.0f} kB, more than {most:.0f}")


class Eye:
    """A browser that opens the pages of one installation."""

    def __init__(self, browser: Any, *, site: str, pictures: Path, told: dict[str, str]) -> None:
        self.browser, self.site, self.pictures, self.told = browser, site, pictures, told
        self._signed: dict[Role, Any] = {}

    def sign_in(self, role: Role, path: str) -> None:
        """Follow a link that signs in, and remember who one is then."""
        context = self.browser.new_context()
        page = context.new_page()
        page.goto(f"{self.site}{path}")
        page.locator("main form button").first.click()
        page.wait_for_load_state()
        self._signed[role] = context.storage_state()
        context.close()

    def serve(self) -> None:
        """Let the clerk take a counter and call somebody: an empty counter is only half a picture."""
        page = self._context(Role.CLERK, "en", "light").new_page()
        page.goto(f"{self.site}/counter")
        free = page.locator("main button[name=counter]")
        if free.count():
            free.first.click()
            page.wait_for_load_state()
        for do in ("next", "answer"):
            button = page.locator(f"main button[name=do][value={do}]")
            if button.count():
                button.first.click()
                page.wait_for_load_state()
        page.context.close()

    def _context(self, who: Role | None, language: str, light: str) -> Any:
        state = None if who is None else self._signed[who]
        height = {"width": 1440, "height": SIZES[1440]}
        context = self.browser.new_context(viewport=height, color_scheme=light, storage_state=state)
        context.add_cookies([{"name": "django_language", "value": language, "url": self.site}])
        context.add_init_script(_POLICY)
        return context

    def look(self, look: Look, *, language: str, light: str, widths: Sequence[int], axed: Sequence[int]) -> Found:
        """Picture a page and judge what can be judged."""
        from playwright.sync_api import Error

        found = Found(look)
        context = self._context(look.who, language, light)
        context.set_default_timeout(1000 * PATIENCE_S)
        page = context.new_page()
        try:
            self._opened(page, found, language=language)
            for width in widths:
                picture = self.pictures / f"{look.name}_{language}_{light}_{width}.png"
                found.wrong += [
                    f"{width}: {one}" for one in judged(page, width=width, picture=picture, axe=width in axed)
                ]
        except Error as error:
            found.wrong.append(str(error).splitlines()[0])
        context.close()
        found.weigh()
        return found

    def _opened(self, page: Any, found: Found, *, language: str) -> None:
        """Open a page, and keep what the browser complains of."""
        look = found.look
        page.on("console", lambda one: found.wrong.append(one.text) if one.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: found.wrong.append(str(error)))
        path = look.path.format(**self.told, language=language)
        if look.click:
            page.goto(f"{self.site}{path}")
            path = page.locator(look.click).first.get_attribute("href") or ""
        self._weighed(page, found)
        answer = page.goto(f"{self.site}{path}", wait_until="load")
        if answer is not None and answer.status != look.status:
            found.wrong.append(f"answers {answer.status}")
        if look.status != 200:
            found.wrong = [one for one in found.wrong if str(look.status) not in one]
        page.locator("main [data-again]").first.wait_for(state="detached")  # figures follow their page
        page.wait_for_timeout(250)

    def _weighed(self, page: Any, found: Found) -> None:
        """Count what comes over the wire, as the browser does."""
        wire = page.context.new_cdp_session(page)
        names: dict[str, str] = {}
        wire.send("Network.enable")
        wire.on("Network.responseReceived", lambda one: names.__setitem__(one["requestId"], one["response"]["url"]))

        def came(one: dict[str, Any]) -> None:
            if "/plotly/" in names.get(one["requestId"], ""):
                found.plotly_kb += one["encodedDataLength"] / 1000
            else:
                found.weight_kb += one["encodedDataLength"] / 1000

        wire.on("Network.loadingFinished", came)

    def sheet(self, width: int, language: str, light: str) -> None:
        """Put the pictures of one width beside each other."""
        shown = [one for one in LOOKS if (self.pictures / f"{one.name}_{language}_{light}_{width}.png").exists()]
        columns = {390: 8, 1440: 4, 2560: 3}[width]
        for part in range(0, len(shown), columns * 3):
            cells = "".join(
                f"<figure><img src='{one.name}_{language}_{light}_{width}.png'><figcaption>{one.name}</figcaption></figure>"
                for one in shown[part : part + columns * 3]
            )
            html = f"""<style>body{{margin:8px;font:13px sans-serif;display:grid;gap:10px;
            grid-template-columns:repeat({columns},1fr);background:#888}}figure{{margin:0}}
            img{{width:100%;max-height:640px;object-fit:cover;object-position:top}}</style>{cells}"""
            made = self.pictures / "sheet.html"
            made.write_text(html, encoding="utf-8")
            page = self.browser.new_page(viewport={"width": 1900, "height": 900})
            page.goto(made.as_uri())
            page.screenshot(
                path=self.pictures / f"sheet_{language}_{light}_{width}_{part // (columns * 3)}.png", full_page=True
            )
            page.close()
            made.unlink()


def judged(page: Any, *, width: int, picture: Path, axe: bool) -> list[str]:
    """Picture an opened page at a width and return what is wrong with it."""
    from axe_core_python.sync_playwright import Axe

    page.set_viewport_size({"width": width, "height": SIZES[width]})
    page.wait_for_timeout(150)
    page.screenshot(path=picture, full_page=True)
    wrong = ["wider than the screen"] if page.evaluate("document.documentElement.scrollWidth") > width else []
    wrong += [f"cut: {one}" for one in page.evaluate(_CUT)]
    bad = Axe().run(page, options=AXE)["violations"] if axe else []
    return wrong + [f"axe {one['id']}: {one['nodes'][0]['target']}" for one in bad]


@contextmanager
def signed(told: dict[str, str]) -> Iterator[dict[Role, str]]:
    """Give links that sign in as each role, and remove what they needed afterwards."""
    from troth.web.flow.models import Branch
    from troth.web.people.models import AccessKey, Membership, SignInLink

    now = datetime.now(UTC)
    unit = Branch.objects.get(token=told["branch"]).unit
    links: dict[Role, str] = {}
    made = []
    for role in sorted({one.who for one in LOOKS if one.who}):
        if role in {Role.KIOSK, Role.DISPLAY}:
            key, secret = AccessKey.make(title=f"look {secrets.token_hex(2)}", unit=unit, role=role)
            made.append(key)
            links[role] = f"/device/{secret}"
            told["key"] = secret
        else:
            held = Membership.objects.filter(role=str(role), user__is_active=True).order_by("user__last_login", "pk")
            user = next(one.user for one in held.select_related("user", "unit") if unit.path.startswith(one.unit.path))
            told.setdefault("person", user.code)
            links[role] = f"/enter/{SignInLink.make(user, now=now)}"
            told["link"] = SignInLink.make(user, now=now)
    try:
        yield links
    finally:
        for key in made:
            key.delete()


def speak(language: str) -> None:
    """Let everybody of the demo read a language: who is signed in reads their own, whatever the browser says."""
    from troth.web.people.models import User

    User.objects.update(language=language)


def look_at(eye: Eye, *, only: Sequence[str]) -> dict[str, list[str]]:
    """Picture everything; return what is wrong, by picture."""
    wrong: dict[str, list[str]] = {}
    weights: dict[str, tuple[float, float]] = {}
    for language, light, widths, axed in ROUNDS:
        speak(language)
        for look in (one for one in LOOKS if not only or one.right in only or one.name in only):
            found = eye.look(look, language=language, light=light, widths=widths, axed=axed)
            weights.setdefault(look.name, (round(found.weight_kb, 1), round(found.plotly_kb, 1)))
            if found.wrong:
                wrong[f"{look.name} {language} {light}"] = told = list(dict.fromkeys(found.wrong))
                sys.stdout.writelines(f"{look.name} {language} {light}: {one}\n" for one in told)
                sys.stdout.flush()
        for width in widths:
            eye.sheet(width, language, light)
    speak("en")
    (eye.pictures / "found.json").write_text(json.dumps({"wrong": wrong, "kB": weights}, indent=1), encoding="utf-8")
    heaviest = max(weights.items(), key=lambda one: one[1][0], default=("", (0.0, 0.0)))
    sys.stdout.write(f"heaviest {heaviest[0]} {heaviest[1][0]} kB\n")
    return wrong


def main(pictures: Path, *, data: Path, site: str, only: Sequence[str]) -> int:
    """Look at everything; return the exit status."""
    from playwright.sync_api import sync_playwright

    from troth.web.project.site import Installation

    if not (data / "demo.json").exists():
        raise SystemExit(f"{data} holds no demo; start one with: troth serve --demo --data {data}")
    # The browser's driver has an event loop in this thread; rows are read beside it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = os.environ["TROTH_DEMO"] = "1"
    Installation.at(data).open()
    from django.urls import get_resolver

    from troth.web.people.rights import PAGES

    assert get_resolver().url_patterns, "reading the addresses fills the table of rights"
    missed = forgotten(PAGES)
    pictures.mkdir(parents=True, exist_ok=True)
    told = filled()
    with signed(told) as links, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        eye = Eye(browser, site=site, pictures=pictures, told=told)
        for role, link in links.items():
            eye.sign_in(role, link)
        eye.serve()
        wrong = look_at(eye, only=only)
        browser.close()
    sys.stdout.writelines(f"not pictured: {one}\n" for one in missed)
    return 1 if wrong or missed else 0


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("pictures", type=Path, help="folder the pictures go to")
    options.add_argument("--data", type=Path, required=True, help="folder of the running demo")
    options.add_argument("--site", default="http://127.0.0.1:8000", help="where it answers")
    options.add_argument("--only", nargs="*", default=(), metavar="PAGE", help="names of pages; all by default")
    given = options.parse_args()
    sys.exit(main(given.pictures, data=given.data.absolute(), site=given.site, only=given.only))
