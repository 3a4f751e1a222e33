"""A server process with a data folder of its own, and HTTP requests to it."""

import asyncio
import contextlib
import json
import os
import pathlib
import random
import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
import uuid

import websockets

ROOT = pathlib.Path(__file__).resolve().parents[2]
START_WITHIN = 20.0
REQUEST_WITHIN = 10.0
# Below what Linux gives to sockets that ask for no number: otherwise another connection could have it before the server.
PORTS = range(16_384, 32_768)
PORT_ATTEMPTS = 100
ADDRESSES = "addresses.json"
CONFERENCE = "/api/v1/conferences/bau-cu-2021"


class Answer:
    """Status, headers and body of an answer, whatever the status."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    def __repr__(self):
        return f"{self.status} {self.body[:300]!r}"


class Server:
    """The program on free ports of the loopback interface. `codec` is the conference's."""

    def __init__(self, codec):
        self.codec = codec
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dienhong-doors-"))
        self.http = f"127.0.0.1:{free_port()}"
        self.process = None

    async def __aenter__(self):
        binary = os.environ.get("DIENHONG_BIN", str(ROOT / "target/debug/dienhong"))
        environment = {
            **os.environ,
            "DIENHONG__HTTP__LISTEN": self.http,
            "DIENHONG__HTTPS__ENABLED": "false",
            "DIENHONG__MEDIA__LISTEN": f"127.0.0.1:{free_port()}",
        }
        data = self.folder / "data"
        command = [binary, "serve", "--demo", "--config", str(self._config()), "--data", str(data)]
        log = (self.folder / "server.log").open("wb")
        self.process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()
        deadline = time.monotonic() + START_WITHIN
        while not await self._ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the server did not start: {self.log()}")
            await asyncio.sleep(0.05)
        return self

    async def __aexit__(self, *_):
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self):
        """What it said."""
        return (self.folder / "server.log").read_text(errors="replace")

    def token(self, site, endpoint):
        """Join token of an endpoint."""
        links = json.loads((self.folder / "data/demo-links.json").read_text())
        links = links.get("links", links) if isinstance(links, dict) else links
        return next(link["token"] for link in links if (link["site"], link["endpoint"]) == (site, endpoint))

    async def request(self, method, path, token=None, body=None, content_type=None, headers=None):
        """Sends a request and gives the answer."""
        headers = dict(headers or {})
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if content_type is not None:
            headers["Content-Type"] = content_type
        data = body.encode() if isinstance(body, str) else body
        request = urllib.request.Request(f"http://{self.http}{path}", data=data, method=method, headers=headers)
        return await asyncio.to_thread(send, request)

    async def sign_in(self):
        """An operator's cookie."""
        link = json.loads((self.folder / "data" / ADDRESSES).read_text())["sign_in"]
        body = json.dumps({"token": re.split("[#/=]", link)[-1]})
        answer = await self.request("POST", "/api/v1/sign-in/link", body=body, content_type="application/json")
        assert answer.status == 200, answer
        return answer.headers["Set-Cookie"].split(";")[0]

    @contextlib.asynccontextmanager
    async def console(self, cookie):
        """An open console: its operator is in control, and only then are takes accepted."""
        headers = {"Cookie": cookie, "Origin": f"http://{self.http}"}
        hello = {"type": "hello", "protocol": 1, "client": "console", "device": str(uuid.uuid4())}
        hello |= dict.fromkeys(["token", "conference", "instance", "since"])
        async with websockets.connect(f"ws://{self.http}/api/v1/ws", additional_headers=headers) as socket:
            await socket.send(json.dumps(hello))
            welcome = json.loads(await socket.recv())
            assert welcome["type"] == "welcome", welcome
            reading = asyncio.create_task(read_all(socket))
            try:
                yield
            finally:
                reading.cancel()

    async def stage(self, cookie):
        """What is on air and what is in preview."""
        answer = await self.request("GET", f"{CONFERENCE}/state", headers={"Cookie": cookie})
        assert answer.status == 200, answer
        return json.loads(answer.body)["state"]["stage"]

    async def command(self, cookie, command):
        """Does a command that must be accepted."""
        body = json.dumps({"id": str(uuid.uuid4()), "command": command})
        path = f"{CONFERENCE}/commands"
        answer = await self.request("POST", path, None, body, "application/json", {"Cookie": cookie})
        assert answer.status == 200, (command, answer)

    async def _ready(self):
        if not (self.folder / "data" / ADDRESSES).exists():
            return False
        try:
            return (await self.request("GET", "/readyz")).status == 200
        except OSError:
            return False

    def _config(self):
        """The sample configuration, with the conference's codec changed."""
        config = self.folder / "config"
        shutil.copytree(ROOT / "config", config)
        for conference in (config / "conferences").glob("*.toml"):
            lines = conference.read_text().splitlines()
            lines = [line for line in lines if not line.startswith("codec")]
            conference.write_text("\n".join([f'codec = "{self.codec}"', *lines]) + "\n")
        return config / "dienhong.toml"


async def read_all(socket):
    """Takes what comes: nobody talks for long to a console that does not read."""
    async for _ in socket:
        pass


def send(request):
    """One request; an error status is an answer like any other."""
    try:
        with urllib.request.urlopen(request, timeout=REQUEST_WITHIN) as response:
            return Answer(response.status, response.headers, response.read().decode())
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.headers, error.read().decode())


def free_port():
    """A port that nobody uses, for connections or for datagrams: the media port takes both."""
    for _ in range(PORT_ATTEMPTS):
        port = random.choice(PORTS)
        if all(is_free(port, kind) for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM)):
            return port
    raise RuntimeError(f"no free port among {PORT_ATTEMPTS} of {PORTS}")


def is_free(port, kind):
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
