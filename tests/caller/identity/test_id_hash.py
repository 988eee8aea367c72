"""An ID number is checked and hashed as the card has it; what else is tested of its key is in `test_keys`."""

from pathlib import Path

import pytest
from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from caller.identity import id_hash


def test_a_hash_is_the_site_s_own(tmp_path: Path) -> None:
    number = "11010519491231002X"
    one, other = (id_hash.hashed(number, id_hash.person_keys(tmp_path / site)) for site in "ab")
    assert one != other
    assert one == id_hash.hashed(number, id_hash.site_key(tmp_path / "a"))
    assert len(one) == 64


def test_a_typed_number_is_hashed_as_the_card_is() -> None:
    assert id_hash.typed_document(" 110105 19491231 002x ") == "11010519491231002X"


KINDS = {
    "the example of GB 11643": "11010519491231002X",
    "older than Dongguan's code": "441900195501010034",
    "older than Linping's code, which python-stdnum does not know": "330113199001010011",
    "Hong Kong resident": "810000199003071237",
    "Macao resident": "820000198506152466",
    "Taiwan resident": "830000197811203570",
    "foreigner with permanent residence": "911156198802290011",
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_card_is_taken(kind: str) -> None:
    assert id_hash.valid(KINDS[kind])


def test_twin_the_whole_validation_of_python_stdnum_would_refuse_real_people() -> None:
    refused: set[str] = set()
    for kind, number in KINDS.items():
        try:
            ric.validate(number)
        except (ValidationError, KeyError):  # the county it does not know is a KeyError
            refused.add(kind)
    assert refused == KINDS.keys() - {"the example of GB 11643"}


@pytest.mark.parametrize(
    "wrong",
    [
        *(
            "110105194912310021",
            "11010519491231002",
            "１1010519491231002X",
            "",
            "X" * 18,
            "11010519491231002x",
        ),
        *(
            "110105194913310021",
            "11010519900230001X",
            "11010500000101001X",
        ),  # right marks, no such birth date
    ],
)
def test_what_is_no_number_is_refused(wrong: str) -> None:
    assert not id_hash.valid(wrong)


@pytest.mark.parametrize(
    "typed", ["passport:E12345678", "护照 e1234 5678", "Passport E12345678", "护照：E12345678"]
)
def test_a_passport_is_taken_with_its_type_and_hashed_with_it(typed: str) -> None:
    assert id_hash.typed_document(typed) == "passport:E12345678"
    assert id_hash.hashed("passport:E12345678", b"k" * 32) != id_hash.hashed("E12345678", b"k" * 32)


@pytest.mark.parametrize(
    "typed", ["E12345678", "110105194912310021", "护照", "passport:E1234567890", "护照 中12345"]
)
def test_what_is_not_named_a_passport_is_none(typed: str) -> None:
    assert id_hash.typed_document(typed) == ""
