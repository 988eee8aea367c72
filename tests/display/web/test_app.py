"""The pages as HTTP: headers, caching, where the wire is; no caller needed."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.reading.reader import read
from display.web import app
from tests.instruments.site import Site

COUNTY = Path(__file__).parents[3] / "config" / "halls" / "county.toml"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Site]:
    with Site(
        app.build(read(COUNTY), tmp_path, app.CallerAddress("ws://127.0.0.1:9300")), host="hall.local:9301"
    ) as site:
        yield site


def assets_of(client: Site) -> str:
    found = re.search(r"(/assets/\w+)/js", client.get("/board").text)
    assert found
    return found[1]


@pytest.mark.parametrize("path", app.PAGES)
def test_every_page_forbids_anything_inline_or_from_outside(client: Site, path: str) -> None:
    answer = client.get(path)
    policy = answer.headers["content-security-policy"]
    assert answer.status_code == 200
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "connect-src 'self' ws://hall.local:9300;" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_page_is_asked_for_anew_and_its_files_are_kept_for_ever(client: Site) -> None:
    page = client.get("/board")
    assert page.headers["cache-control"] == "no-cache"
    assert client.get("/board", headers={"If-None-Match": page.headers["etag"]}).status_code == 304
    script = client.get(f"{assets_of(client)}/js/board.js")
    assert "immutable" in script.headers["cache-control"]
    assert script.headers["content-type"].startswith("text/javascript")


def test_files_of_an_older_version_are_not_kept(client: Site) -> None:
    assert client.get("/assets/0000/css/base.css").headers["cache-control"] == "no-cache"


def test_large_files_go_out_packed(client: Site) -> None:
    answer = client.get(f"{assets_of(client)}/css/board.css", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    plain = client.get(f"{assets_of(client)}/css/board.css", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.text == answer.text


@pytest.mark.parametrize("name", ["../web.py", "..%2fweb.py", "js/../../web.py", "/etc/passwd", "nothing.js"])
def test_no_file_outside_the_pages_can_be_named(client: Site, name: str) -> None:
    assert client.get(f"{assets_of(client)}/{name}").status_code == 404


@pytest.mark.parametrize("name", ["a" * 300 + ".jpg", "%00.jpg", "C001.json", ".jpg", "..%5c..%5cx.json"])
def test_a_card_that_is_none_is_empty_and_no_error(client: Site, name: str) -> None:
    assert client.get(f"/clerks/{name}").status_code == 204


def test_the_wire_is_on_the_host_the_page_came_from(client: Site) -> None:
    assert client.get("/wire.json").json() == {"url": "ws://hall.local:9300"}
    assert client.get("/wire.json", headers={"Host": "[::1]:9301"}).json() == {"url": "ws://[::1]:9300"}


@pytest.mark.parametrize(
    ("host", "proto", "url", "source"),
    [
        ("hall_pc:9301", "", "ws://hall_pc:9300", "ws://*:9300"),  # Chromium ignores a source with "_"
        ("hall-pc.local.:9301", "", "ws://hall-pc.local.:9300", "ws://hall-pc.local.:9300"),
        (
            "[fd00::12]:9301",
            "",
            "ws://[fd00::12]:9300",
            "ws://*:9300",
        ),  # nor does the policy's grammar know IPv6
        ("[::ffff:10.0.0.1]:9301", "", "ws://[::ffff:10.0.0.1]:9300", "ws://*:9300"),
        ("hall.gov", "https,http", "wss://hall.gov:9300", "wss://hall.gov:9300"),
        ("hall.gov", "HTTPS , http", "wss://hall.gov:9300", "wss://hall.gov:9300"),
        ("hall.gov", "http,https", "ws://hall.gov:9300", "ws://hall.gov:9300"),
    ],
)
def test_the_wire_is_found_on_every_kind_of_host(
    client: Site, host: str, proto: str, url: str, source: str
) -> None:
    headers = {"Host": host} | ({"X-Forwarded-Proto": proto} if proto else {})
    assert client.get("/wire.json", headers=headers).json() == {"url": url}
    assert (
        f"connect-src 'self' {source};"
        in client.get("/board", headers=headers).headers["content-security-policy"]
    )


@pytest.mark.parametrize(
    ("given", "host", "proto", "urls"),
    [
        ("ws://pc1:9300,ws://pc2:9300", "pc1:9301", "", ["ws://pc1:9300", "ws://pc2:9300"]),
        ("ws://pc1:9300, wss://pc2:9310", "pc1", "https", ["wss://pc1:9300", "wss://pc2:9310"]),
        ("ws://127.0.0.1:9300,ws://pc2:9300", "10.0.0.1:9301", "", ["ws://10.0.0.1:9300", "ws://pc2:9300"]),
        (
            "ws://pc1:9300,ws://pc2:9300",
            "10.0.0.1",
            "",
            ["ws://10.0.0.1:9300", "ws://pc1:9300", "ws://pc2:9300"],
        ),
        (
            "ws://[fd00::1]:9300,ws://[fd00::2]:1",
            "[fd00::1]:1",
            "",
            ["ws://[fd00::1]:9300", "ws://[fd00::2]:1"],
        ),
    ],
)
def test_of_two_callers_the_pages_are_told_both(
    tmp_path: Path, given: str, host: str, proto: str, urls: list[str]
) -> None:
    headers = {"Host": host} | ({"X-Forwarded-Proto": proto} if proto else {})
    with Site(app.build(read(COUNTY), tmp_path, app.CallerAddress(given)), host=host) as site:
        assert site.get("/wire.json", headers=headers).json() == {"url": ",".join(urls)}
        policy = site.get("/board", headers=headers).headers["content-security-policy"]
    sources = [url if "[" not in url else f"ws://*:{url.rpartition(':')[2]}" for url in urls]
    assert f"connect-src 'self' {' '.join(sources)};" in policy


def test_a_proxy_says_where_the_wire_is(client: Site) -> None:
    headers = {"Host": "hall.gov", "X-Hallcall-Ws": "/ws", "X-Forwarded-Proto": "https"}
    assert client.get("/wire.json", headers=headers).json() == {"url": "wss://hall.gov/ws"}
    assert "wss://hall.gov/ws;" in client.get("/board", headers=headers).headers["content-security-policy"]


@pytest.mark.parametrize("host", ["evil; script-src *", "a b", "x'y"])
def test_a_strange_host_never_reaches_the_policy(client: Site, host: str) -> None:
    policy = client.get("/board", headers={"Host": host}).headers["content-security-policy"]
    assert host not in policy
    assert "ws://127.0.0.1:9300" in policy


def test_a_strange_proxy_path_never_reaches_the_policy(client: Site) -> None:
    headers = {"X-Hallcall-Ws": "/ws; script-src *"}
    assert "script-src *" not in client.get("/board", headers=headers).headers["content-security-policy"]


def test_the_hall_tells_its_public_facts(client: Site) -> None:
    hall = client.get("/hall.json").json()
    assert hall["name"] == "示例县政务服务大厅"
    assert hall["windows"]["1"]["promised"] == [0, 10]  # done at once, up to ten working days
    assert [language["id"] for language in hall["languages"]] == ["zh", "en"]


def test_an_item_has_its_guide_and_its_windows(client: Site) -> None:
    item = next(each for each in read(COUNTY).items if each.papers)
    guide = client.get(f"/items/{item.id}.json").json()
    assert guide["papers"] == item.papers
    assert guide["windows"]
    assert client.get("/items/none.json").status_code == 404


def test_clerks_are_nameless_unless_the_hall_put_a_card_there(client: Site, tmp_path: Path) -> None:
    assert client.get("/clerks/C001.json").status_code == 204
    (tmp_path / "clerks").mkdir()
    (tmp_path / "clerks" / "C001.json").write_text('{"name": "王小明", "star": 5, "party": true}')
    assert client.get("/clerks/C001.json").json()["star"] == 5
    (tmp_path / "secret.json").write_text("{}")
    assert client.get("/clerks/..%2fsecret.json").status_code in (204, 404)


def test_the_wire_module_is_one_and_the_same(client: Site) -> None:
    source = Path(__file__).parents[3] / "caller/client/browser/client.js"
    assert client.get("/client.js").text == source.read_text()
    assert client.get(f"{assets_of(client)}/shared/client.js").text == source.read_text()


# --- where an address leads nowhere

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.mark.parametrize("path", ["/bord", "/t/a/b", "/items/none.json", "/board/1"])
def test_a_browser_gets_a_calm_page_in_both_languages(client: Site, path: str) -> None:
    answer = client.get(path, headers=BROWSER)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    for words in ("没有这个页面", "There is no such page", "请核对地址", "Check the address"):
        assert words in answer.text
    style = re.search(r'"(/assets/\w+/css/index\.css)"', answer.text)
    assert style
    assert client.get(style[1]).status_code == 200


@pytest.mark.parametrize(
    ("path", "accept"), [("/bord", "*/*"), ("/bord", "application/json"), ("/api/v1/nothing", "text/html")]
)
def test_a_program_gets_words_in_both_languages_and_the_next_step(
    client: Site, path: str, accept: str
) -> None:
    answer = client.get(path, headers={"Accept": accept})
    assert answer.status_code == 404
    told = answer.json()
    assert told["code"] == "not-found"
    problem = {"type", "title", "status", "detail", "next"} if path.startswith("/api/") else set[str]()
    assert set(told) == {"code", "zh", "en", "next_zh", "next_en"} | problem
    assert all(told.values())


def test_a_wrong_method_is_told_with_those_that_are_right(client: Site) -> None:
    answer = client.ask("DELETE", "/board", BROWSER)
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]
    assert answer.json()["zh"] == "不能这样访问（405 Method Not Allowed）"
    assert answer.json()["next_en"]
