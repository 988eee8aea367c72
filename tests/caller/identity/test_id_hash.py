"""An ID number is checked and hashed as the card has it; what else is tested of its key is in `test_keys`."""

from pathlib import Path

from caller.identity import id_hash


def test_a_hash_is_the_site_s_own(tmp_path: Path) -> None:
    number = "11010519491231002X"
    one, other = (id_hash.hashed(number, id_hash.person_keys(tmp_path / site)) for site in "ab")
    assert one != other
    assert one == id_hash.hashed(number, id_hash.site_key(tmp_path / "a"))
    assert len(one) == 64


def test_a_typed_number_is_hashed_as_the_card_is() -> None:
    assert id_hash.as_on_card(" 110105 19491231 002x ") == "11010519491231002X"
    assert id_hash.valid("11010519491231002X")  # the example of GB 11643
    for wrong in ("110105194912310021", "11010519491231002", "１1010519491231002X", "", "X" * 18):
        assert not id_hash.valid(wrong)
