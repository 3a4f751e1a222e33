"""aiortc publishes by WHIP and plays by WHEP, in a conference of each codec, and goes through takes; FFmpeg's WHIP muxer publishes, waiting for the
handshake or beginning it. Prints one line for each test.

Run by `cargo xtask test`; by hand:  DIENHONG_BIN=target/debug/dienhong <venv>/bin/python tests/aiortc/doors.py
"""

import asyncio
import datetime
import pathlib
import sys
import time
import traceback

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

import media
from door import Door, player, publisher
from server import Server
from takes import takes

HALL, SITE = "dien-hong", "cao-bang"
MEDIA_WITHIN = 15.0
GONE_WITHIN = 5.0
FRAMES = 20
SOUND_FRAMES = 25


def certificate(folder):
    """A certificate on P-256, as RFC 8827 §6.5 wants it: an FFmpeg with GnuTLS makes one on a curve that nobody else knows."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "encoder")])
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    paths = folder / "encoder.pem", folder / "encoder-key.pem"
    paths[0].write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(pem))
    paths[1].write_bytes(key.private_bytes(pem, serialization.PrivateFormat.TraditionalOpenSSL, plain))
    return [str(path) for path in paths]


async def until_seen(track):
    """Waits for decoded frames of the picture that was sent."""
    seen = 0
    while seen < FRAMES:
        seen += media.is_picture(await track.recv())


async def until_heard(track):
    """Waits for decoded frames of the tone that was sent."""
    heard = 0
    while heard < SOUND_FRAMES:
        heard += media.is_tone(media.samples_of(await track.recv()))


async def until_gone(server):
    """Waits until the hall is no longer said to be here."""
    deadline = time.monotonic() + GONE_WITHIN
    while await hall_is_live(server):
        assert time.monotonic() < deadline, "the hall is still said to be here"
        await asyncio.sleep(0.1)


async def hall_is_live(server):
    """True while the hall's picture and sound arrive, as a site is told of itself."""
    live = await server.request("GET", "/api/v1/conferences/bau-cu-2021/live", server.token(HALL, "main"))
    assert live.status == 200, live
    return '"media":true' in live.body


async def publish_and_play(codec):
    """The hall comes by WHIP, a site's player sees and hears it by WHEP; then both leave."""
    async with Server(codec) as server:
        encoder = await publisher(server, HALL)
        screen, tracks = await player(server, SITE)
        watching = asyncio.gather(until_seen(tracks["video"]), until_heard(tracks["audio"]))
        await asyncio.wait_for(watching, MEDIA_WITHIN)
        assert await hall_is_live(server)

        rival = Door(server, "/api/v1/whip", server.token(HALL, "main"))
        rival.pc.addTrack(media.Tone())
        refused = await rival.offer()
        assert refused.status == 409, refused
        await rival.pc.close()

        ended = await encoder.end()
        assert ended.status == 200, ended
        await until_gone(server)
        again = await server.request("DELETE", encoder.location, encoder.token)
        assert again.status == 404, again
        assert (await screen.end()).status == 200


async def ffmpeg_publishes(role):
    """The hall comes by FFmpeg's WHIP muxer and says goodbye by it."""
    async with Server("h264") as server:
        script = pathlib.Path(__file__).with_name("ffmpeg_encoder.py")
        arguments = [f"http://{server.http}/api/v1/whip", server.token(HALL, "main"), *certificate(server.folder), role]
        encoder = await asyncio.create_subprocess_exec(
            sys.executable, str(script), *arguments, stdin=asyncio.subprocess.PIPE
        )
        try:
            screen, tracks = await player(server, SITE)
            watching = asyncio.gather(until_seen(tracks["video"]), until_heard(tracks["audio"]))
            await asyncio.wait_for(watching, MEDIA_WITHIN)
            encoder.stdin.close()
            await until_gone(server)
            assert await asyncio.wait_for(encoder.wait(), GONE_WITHIN) == 0
            assert (await screen.end()).status == 200
        finally:
            if encoder.returncode is None:
                encoder.kill()
                await encoder.wait()


async def other_codec_is_refused():
    """An encoder that only knows another codec than the conference's is told so."""
    async with Server("h264") as server:
        door = Door(server, "/api/v1/whip", server.token(SITE, "main"))
        door.pc.addTrack(media.Picture())
        await door.pc.setLocalDescription(await door.pc.createOffer())
        offer = door.pc.localDescription.sdp.replace("H264/90000", "H265/90000")
        answer = await server.request("POST", door.path, door.token, offer, "application/sdp")
        assert answer.status == 406 and "H264" in answer.body, answer
        await door.pc.close()


TESTS = {
    "publishes and plays H.264": lambda: publish_and_play("h264"),
    "publishes and plays VP8": lambda: publish_and_play("vp8"),
    "goes through takes in H.264": lambda: takes("h264"),
    "goes through takes in VP8": lambda: takes("vp8"),
    "FFmpeg publishes, waiting for the handshake": lambda: ffmpeg_publishes("passive"),
    "FFmpeg publishes, beginning the handshake": lambda: ffmpeg_publishes("active"),
    "another codec is refused": other_codec_is_refused,
}


async def main():
    failed = 0
    for name, test in TESTS.items():
        start = time.monotonic()
        try:
            await test()
            verdict = "ok"
        except Exception:
            traceback.print_exc()
            verdict, failed = "FAILED", failed + 1
        print(f"test {name} ... {verdict} ({time.monotonic() - start:.1f} s)", flush=True)
    verdict = "FAILED" if failed else "ok"
    print(f"test result: {verdict}. {len(TESTS) - failed} passed; {failed} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
