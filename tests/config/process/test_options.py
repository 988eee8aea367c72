"""What the commands share: an address that can never be a caller's is refused before anything is tried."""

import pytest

from config.process.options import Unable, caller_address
from config.reading.reader import HALLS, read

HALL = read(HALLS / "village.toml")


@pytest.mark.parametrize("url", ["ws://127.0.0.1:9300", "wss://hall.example/ws", "ws://[::1]:9300", ""])
def test_an_address_of_a_caller(url: str) -> None:
    assert caller_address(HALL, url) == (url or f"ws://{HALL.listen.host}:{HALL.listen.caller}")


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1:9300", "10.0.0.1:9300", "ws://", "ws://a:port", "ws://a:99999"]
)
def test_what_can_be_no_callers_address_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(Unable, match=r"ws://192\.168\.1\.10:") as refused:
        caller_address(HALL, url)
    assert url in refused.value.message
    assert "不是叫号服务的地址" in refused.value.message
