"""What makes two customers the same: e-mail, phone and name, each in a form that forgives how it was written.

The database computes the keys itself (`SQL`), so that no row is without; `name_key` and `phone_key` say the same in
Python, for what is searched.
"""

from __future__ import annotations

import re
from typing import Final

_MARKED: Final = "ĄÀÁÂÃÄÅĀ=a Æ=ae ČĆÇ=c ĎĐ=d ĘĖÈÉÊËĒĚ=e ĢĞ=g ĮÌÍÎÏĪ=i Ķ=k ŁĻĽ=l ŃŅÑŇ=n ÓÒÔÕÖŌØ=o ŔŘ=r ŠŚŞȘ=s ŤȚŢ=t ŲŪÙÚÛÜŮ=u ÝŸ=y ŽŹŻ=z"


def _table() -> dict[str, str]:
    pairs = {chr(letter): chr(letter + 32) for letter in range(ord("A"), ord("Z") + 1)}
    for group in _MARKED.split():
        letters, plain = group.split("=")
        for letter in letters:
            # One letter becomes one letter, as SQL's translate does it.
            pairs[letter] = pairs[letter.lower()] = plain[0]
    return pairs


PLAIN: Final = _table()
#: What stands between the words of a name; kept to ASCII, so that every database locale agrees.
BREAKS: Final = r"[\t\n\r -/:-@\[-`{-~]+"
#: So many last digits make a phone number the same, with or without the codes before them.
DIGITS: Final = 8
#: Fewer digits are no number of a person.
LEAST: Final = 6

_FROM, _TO = "".join(PLAIN), "".join(PLAIN.values())

SQL: Final = rf"""
CREATE FUNCTION troth_name_key(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT coalesce(string_agg(word, ' ' ORDER BY word COLLATE "C"), '')
      FROM regexp_split_to_table(translate($1, '{_FROM}', '{_TO}'), '{BREAKS}') AS word
     WHERE word <> ''
$$;
CREATE FUNCTION troth_phone_key(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT CASE WHEN length(digits) < {LEAST} THEN '' ELSE right(digits, {DIGITS}) END
      FROM regexp_replace($1, '[^0-9]', '', 'g') AS digits
$$;
"""
UNDO: Final = "DROP FUNCTION troth_name_key(text); DROP FUNCTION troth_phone_key(text);"


def name_key(name: str) -> str:
    """Return the words of a name without marks and capitals, in the order of the alphabet.

    >>> name_key("Kazlauskienė, Kate") == name_key("KATE  KAZLAUSKIENE")
    True
    """
    plain = "".join(PLAIN.get(letter, letter) for letter in name)
    return " ".join(sorted(filter(None, re.split(BREAKS, plain))))


def phone_key(phone: str) -> str:
    """Return the last digits of a phone number; nothing if there are too few.

    >>> phone_key("+370 600 00001"), phone_key("8 (600) 00001"), phone_key("112")
    ('60000001', '60000001', '')
    """
    digits = re.sub("[^0-9]", "", phone)
    return "" if len(digits) < LEAST else digits[-DIGITS:]
