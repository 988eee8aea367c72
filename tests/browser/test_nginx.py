"""The nginx file of docs/pages.md, run by a real nginx: pages, wire and REST behind one host name."""

import http.client
import json
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from display.api.feedback import ASKED_MAX
from tests.instruments.browser import OpenPage
from tests.instruments.running_hall import DEADLINE, REPO, RunningHall, until

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
pytestmark = pytest.mark.skipif(NGINX is None, reason="sudo apt install nginx-light")
WRAP = """daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
worker_processes 1; events {{ worker_connections 64; }}
http {{ access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p;
fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s; {site} }}
"""


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHall]:
    running = RunningHall(tmp_path_factory.mktemp("nginx"), REPO / "config/halls/village.toml").start()
    running.open("1")
    yield running
    running.close()


@pytest.fixture(scope="module")
def front(hall: RunningHall, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of an nginx set up as the documentation says, with this hall's ports put in.

    It inherits the socket, as when nginx is replaced while it runs: no other process can take the port before it does.
    """
    folder, listener = tmp_path_factory.mktemp("front"), socket.create_server(("127.0.0.1", 0))
    port, inherited = listener.getsockname()[1], listener.fileno()
    site = re.findall(r"```nginx\n(.*?)```", (REPO / "docs/pages.md").read_text(), re.S)[0]
    site = site.replace("listen 80", f"listen 127.0.0.1:{port}")
    site = site.replace("127.0.0.1:9300", f"127.0.0.1:{hall.port}")
    site = site.replace("127.0.0.1:9301", hall.web.address.removeprefix("http://"))
    config = folder / "nginx.conf"
    config.write_text(WRAP.format(folder=folder, site=site))
    assert NGINX is not None
    process = subprocess.Popen(
        [NGINX, "-p", str(folder), "-c", str(config)],
        stderr=subprocess.DEVNULL,
        pass_fds=(inherited,),
        env=os.environ | {"NGINX": f"{inherited};"},
    )
    listener.close()
    until((folder / "nginx.pid").exists, f"nginx is there: {errors(folder)}")
    assert process.poll() is None, errors(folder)
    yield port
    process.terminate()
    process.wait(DEADLINE)


def errors(folder: Path) -> str:
    log = folder / "error.log"
    return log.read_text() if log.exists() else ""


def test_a_board_works_with_one_host_name(hall: RunningHall, front: int, open_page: OpenPage) -> None:
    page = open_page("about:blank", 1920, 1080)
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    page.on("websocket", lambda socket: hosts.add(socket.url.split("/")[2]))
    page.goto(f"http://127.0.0.1:{front}/board?voice=off#token={hall.tokens['board', 'b1']}")
    hall.take("A")
    number = hall.call("1")["number"]
    expect(page.locator("#calls .number").first).to_have_text(number)
    assert hosts == {f"127.0.0.1:{front}"}
    hall.serve("1")
    hall.finish("1")


def test_a_phone_may_act_through_it(hall: RunningHall, front: int, open_page: OpenPage) -> None:
    ticket = hall.take("B")
    page = open_page(f"http://127.0.0.1:{front}/t#{hall.phone_key(ticket['ticket'])}", 390, 844)
    page.get_by_text("我会晚到").tap()
    expect(page.get_by_text("您的位置已保留", exact=True)).to_be_visible()


def test_rest_works_through_it(hall: RunningHall, front: int) -> None:
    line = http.client.HTTPConnection("127.0.0.1", front, timeout=DEADLINE)
    key = {"Authorization": f"Bearer {hall.tokens['web', 'web']}"}
    line.request("POST", "/api/v1/tickets", json.dumps({"queue": "C"}), key)
    answer = line.getresponse()
    assert json.loads(answer.read())["number"].startswith("C")
    line.request("GET", "/wire.json")
    assert json.loads(line.getresponse().read()) == {"url": f"ws://127.0.0.1:{front}/ws"}
    line.close()


def write(front: int, key: str, text: str, address: str) -> int:
    line = http.client.HTTPConnection("127.0.0.1", front, timeout=DEADLINE)
    body = json.dumps({"key": key, "kind": "praise", "text": text})
    ours = {"Origin": f"http://127.0.0.1:{front}", "Content-Type": "application/json", "X-Real-IP": address}
    line.request("POST", "/opinion", body, ours)
    status = line.getresponse().status
    line.close()
    return status


def test_a_letter_passes_and_nobody_can_feign_another_address(hall: RunningHall, front: int) -> None:
    assert write(front, hall.phone_key(hall.take("B")["ticket"]), "谢谢", "") == 200
    guesses = [write(front, "no-such-ticket", "", str(number)) for number in range(ASKED_MAX)]
    assert guesses == [422] * (ASKED_MAX - 1) + [429]


def test_twin_without_the_header_the_wire_would_be_elsewhere(hall: RunningHall) -> None:
    line = http.client.HTTPConnection(hall.web.address.removeprefix("http://"), timeout=DEADLINE)
    line.request("GET", "/wire.json", headers={"Host": "hall.example"})
    assert json.loads(line.getresponse().read()) == {"url": f"ws://hall.example:{hall.port}"}
    line.close()
