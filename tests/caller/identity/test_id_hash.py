"""A document number is told by its kind, checked and hashed as the card has it; what else is tested of the key is in
`test_keys`."""

from pathlib import Path

import pytest
from stdnum.cn import ric, uscc
from stdnum.exceptions import ValidationError

from caller.identity import id_hash


def test_a_hash_is_the_site_s_own(tmp_path: Path) -> None:
    number = "11010519491231002X"
    one, other = (id_hash.hashed(number, id_hash.person_keys(tmp_path / site)) for site in "ab")
    assert one != other
    assert one == id_hash.hashed(number, id_hash.site_key(tmp_path / "a"))
    assert len(one) == 64


KEY = b"k" * 32
CARD = "11010519491231002X"


def test_a_typed_number_is_hashed_as_the_card_is() -> None:
    typed = id_hash.read_document(" 110105 19491231 002x ", KEY)
    assert typed == id_hash.IdDocument("right", "id-card", id_hash.hashed(CARD, KEY), "002X")


KINDS = {
    "the example of GB 11643": ("11010519491231002X", "id-card"),
    "older than Dongguan's code": ("441900195501010034", "id-card"),
    "older than Linping's code, which python-stdnum does not know": ("330113199001010011", "id-card"),
    "Hong Kong resident": ("810000199003071237", "residence-permit"),
    "Macao resident": ("820000198506152466", "residence-permit"),
    "Taiwan resident": ("830000197811203570", "residence-permit"),
    "foreigner with permanent residence": ("911156198802290011", "permanent-resident"),
}


def code_with_check(first: str) -> str:
    return first + uscc.calc_check_digit(first)


@pytest.mark.parametrize("case", KINDS)
def test_every_kind_of_card_is_taken_for_a_person_and_for_a_client(case: str) -> None:
    number, kind = KINDS[case]
    as_person, as_client = (id_hash.read_document(number, KEY, legal=legal) for legal in (False, True))
    assert (as_person.check, as_person.kind, as_person.is_legal) == ("right", kind, False)
    assert as_person == as_client, "one document is one hash, whoever asks"


def test_twin_the_whole_validation_of_python_stdnum_would_refuse_real_people() -> None:
    refused: set[str] = set()
    for case, (number, _) in KINDS.items():
        try:
            ric.validate(number)
        except (ValidationError, KeyError):  # the county it does not know is a KeyError
            refused.add(case)
    assert refused == KINDS.keys() - {"the example of GB 11643"}


@pytest.mark.parametrize(
    ("wrong", "check"),
    [
        ("110105194912310021", "bad-check"),
        ("11010519491231002", "bad-form"),
        ("１1010519491231002X", "bad-form"),
        ("", "bad-form"),
        ("X" * 18, "bad-form"),
        ("110105194913310021", "bad-date"),  # right marks, no such birth date
        ("11010519900230001X", "bad-date"),
        ("11010500000101001X", "bad-date"),
        ("E12345678", "bad-form"),
        ("护照", "bad-form"),
        ("passport:E1234567890", "bad-form"),
        ("护照 中12345", "bad-form"),
        ("91110000600037341L", "bad-form"),  # a legal person is no person who stands there
    ],
)
def test_what_is_no_person_s_number_is_refused_with_what_is_wrong_and_has_no_hash(
    wrong: str, check: str
) -> None:
    assert id_hash.read_document(wrong, KEY) == id_hash.IdDocument(check)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "typed", ["passport:E12345678", "护照 e1234 5678", "Passport E12345678", "护照：E12345678"]
)
def test_a_passport_is_taken_with_its_type_and_hashed_with_it(typed: str) -> None:
    hashed = id_hash.hashed("passport:E12345678", KEY)
    assert id_hash.read_document(typed, KEY) == id_hash.IdDocument("unchecked", "passport", hashed, "5678")
    assert hashed != id_hash.hashed("E12345678", KEY)


@pytest.mark.parametrize(
    "first", ["91110000600037341", "12100000400000624", "9351010557280001A", "A1510105MA6CJ7XY2"]
)
def test_a_credit_code_stands_for_a_legal_person_where_a_client_may_be_named(first: str) -> None:
    code = code_with_check(first)
    found = id_hash.read_document(f"{code[:8]} {code[8:].lower()}", KEY, legal=True)
    assert (found.check, found.kind, found.last4) == ("right", "credit-code", code[-4:])
    assert found.is_legal
    assert found.person == id_hash.hashed(f"credit-code:{code}", KEY)


def test_one_wrong_character_anywhere_in_a_credit_code_is_seen() -> None:
    """Exhaustive: GB 32100's check sees every single wrong character."""
    code, alphabet = "91110000600037341L", "0123456789ABCDEFGHJKLMNPQRTUWXY"
    taken = {code[:at] + sign + code[at + 1 :] for at in range(18) for sign in alphabet} - {code}
    found = {each: id_hash.read_document(each, KEY, legal=True) for each in taken}
    assert {each: read for each, read in found.items() if read.kind == "credit-code"} == {}
    assert {read.check for read in found.values()} <= {"bad-check", "bad-form"}


def test_twin_without_its_check_a_wrong_character_would_be_another_firm(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wrong = "91110000600037342L"
    assert id_hash.read_document(wrong, KEY, legal=True).check == "bad-check"
    monkeypatch.setattr(uscc, "calc_check_digit", lambda _: wrong[-1])
    assert id_hash.read_document(wrong, KEY, legal=True).kind == "credit-code"


@pytest.mark.parametrize("sign", "IOSVZ")
def test_letters_that_no_credit_code_has_are_no_credit_code(sign: str) -> None:
    assert id_hash.read_document(f"911100006000373{sign}1L", KEY, legal=True).check == "bad-form"


def test_neither_the_number_nor_its_middle_stands_in_what_comes_out() -> None:
    for number in (CARD, "91110000600037341L", "护照E12345678"):
        said = repr(id_hash.read_document(number, KEY, legal=True))
        assert number not in said
        assert number[6:14] not in said


def test_a_number_that_is_not_taken_needs_no_key() -> None:
    def no_key() -> tuple[bytes, ...]:
        raise AssertionError("asked for the key")

    assert id_hash.read_document("12", no_key).check == "bad-form"
