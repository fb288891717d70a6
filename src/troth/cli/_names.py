"""Names of the demo's customers, made up."""

from __future__ import annotations

from typing import Final

_FIRST: Final = (
    "Asta Jonas Miglė Petras Ona Lukas Greta Mantas Vida Paulius Ugnė Darius Lina Tadas Rūta Marius Eglė Tomas Aistė Simonas "
    "Jurga Vytas Laima Karolis Daiva Rokas Inga Saulius Neringa Andrius Birutė Justas Rasa Algis Milda Giedrius Jolanta "
    "Arūnas Kristina Nerijus"
).split()
#: Surnames of men; women's end in -ė.
_LAST: Final = (
    "Abelkis Adomaitis Baltrus Bielinis Brazdžius Budrys Daukša Dirgėla Gabrys Gailius Galdikas Girdenis Jasaitis Juodis Karalius "
    "Kasparas Keturakis Kudirka Lapinskas Laurinaitis Liutkus Mažeika Mikalauskas Mockus Morkūnas Naujokas Norkus Oželis Pakalnis "
    "Petrulis Puodžius Radvila Rimkus Rudys Sabaliauskas Saulėnas Skuodis Stankus Šalna Šarka Šimkus Šulcas Tamulis Tauras "
    "Tumėnas Urbonas Uždavinys Vaičiulis Vaitkus Valančius Varnas Venckus Vilkas Zabiela Zaleckas Žemaitis Žilius Žukas Žvirblis"
).split()


def name_of(customer: int) -> str:
    """Return the name of a customer, women and men in turn; of those beyond all plain names, one with two surnames."""
    more, n = divmod(customer // len(_FIRST), len(_LAST))
    ends = [_LAST[n]] + ([_LAST[(n + 11 * more) % len(_LAST)]] if more else [])
    woman = customer % len(_FIRST) % 2 == 0
    return f"{_FIRST[customer % len(_FIRST)]} {'-'.join(one.rstrip('aiuys') + 'ė' if woman else one for one in ends)}"
