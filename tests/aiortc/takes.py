"""Two sites, the hall and a player on aiortc, through takes: what the player decodes, and how long it waits for a picture."""

import asyncio
import time

import aiortc.codecs.h264
import aiortc.codecs.vpx

import media
from door import player, publisher
from server import Server

CARDS = {"dien-hong": media.FIRST, "quang-ninh": media.SECOND, "da-nang": media.THIRD}
HALL, A, B = CARDS
WATCHING_SITE = "ca-mau"
# The player must have decoded so many pictures and sounds of what is on air.
PICTURES, SOUNDS = 20, 5
# One of so many frames of sound is looked at: all would cost more than decoding them.
LISTENED = 5
SHOWN_WITHIN = 15.0
# Longest time between two decoded pictures over a take: what WebRTC calls a freeze is that much longer than the usual time, or more.
LONGEST_GAP = 1 / media.FPS + 0.150


class Decoders:
    """Counts what all video decoders of this process got and gave."""

    def __init__(self):
        self.failed = 0
        for decoder in (aiortc.codecs.h264.H264Decoder, aiortc.codecs.vpx.Vp8Decoder):
            decoder.decode = self._counting(decoder.decode)

    def _counting(self, decode):
        def counted(decoder, encoded):
            try:
                frames = decode(decoder, encoded)
            except Exception:
                self.failed += 1
                raise
            self.failed += not frames
            return frames

        return counted


DECODERS = Decoders()


class Watcher:
    """Notes what a player decodes, while it is entered."""

    def __init__(self, tracks):
        self.tracks = tracks
        # When each picture was decoded and whose it was; none: of nobody.
        self.pictures = []
        self.sounds = []
        self.tasks = []

    async def __aenter__(self):
        noting = [self._see(self.tracks["video"]), self._hear(self.tracks["audio"])]
        self.tasks = [asyncio.create_task(one) for one in noting]
        return self

    async def __aexit__(self, *_):
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def _see(self, track):
        while True:
            frame = await track.recv()
            of = (site for site, card in CARDS.items() if media.is_picture(frame, card))
            self.pictures.append((time.monotonic(), next(of, None)))

    async def _hear(self, track):
        while True:
            for _ in range(LISTENED):
                frame = await track.recv()
            samples = media.samples_of(frame)
            of = (site for site, card in CARDS.items() if media.is_tone(samples, card))
            self.sounds.append((time.monotonic(), next(of, None)))

    async def until(self, site, since):
        """Waits until enough was seen and heard of a site."""
        deadline = time.monotonic() + SHOWN_WITHIN
        count = lambda noted: sum(of == site for at, of in noted if at > since)
        while count(self.pictures) < PICTURES or count(self.sounds) < SOUNDS:
            assert time.monotonic() < deadline, (site, self.pictures[-3:], self.sounds[-3:])
            await asyncio.sleep(0.05)

    def judge(self, before, after, since):
        """Only the one, then only the other, without a pause; gives the longest gap, s."""
        # From the last picture before the order on.
        first = max(i for i, (at, _) in enumerate(self.pictures) if at <= since)
        noted = self.pictures[first:]
        seen = [of for _, of in noted]
        cut = seen.index(after)
        assert seen == [before] * cut + [after] * (len(seen) - cut), seen
        gap = max(later - earlier for (earlier, _), (later, _) in zip(noted, noted[1:]))
        assert gap < LONGEST_GAP, f"{gap:.3f} s without a picture from {before} to {after}"
        return gap


async def put_on_air(server, cookie, site):
    """Orders the take: back to the hall by its own command, a site by its preview."""
    if site == HALL:
        await server.command(cookie, {"type": "back_to_hall"})
        return
    source = {"site": site, "kind": "camera"}
    await server.command(cookie, {"type": "set_preview", "layout": "single", "sources": [source]})
    preview = (await server.stage(cookie))["preview"]
    await server.command(cookie, {"type": "take", "preview": preview["id"]})


class Negotiations:
    """What peers said of their connections since it was made."""

    def __init__(self, doors):
        self.doors = doors
        self.answers = self._answers()
        self.changes = []
        for door in doors:
            for what in ("signalingstatechange", "connectionstatechange", "icegatheringstatechange"):
                door.pc.on(what, lambda what=what: self.changes.append(what))

    def none(self):
        """True if nobody negotiated or connected again."""
        return not self.changes and self._answers() == self.answers

    def _answers(self):
        return [door.pc.remoteDescription.sdp for door in self.doors]


async def takes(codec):
    """A → B → hall → A: the player sees and hears each, decodes everything, never waits; nobody negotiates."""
    async with Server(codec) as server:
        encoders = [await publisher(server, site, card) for site, card in CARDS.items()]
        screen, tracks = await player(server, WATCHING_SITE)
        cookie = await server.sign_in()
        async with server.console(cookie), Watcher(tracks) as watcher:
            await watcher.until(HALL, 0)
            negotiations = Negotiations([*encoders, screen])
            failed, gaps = DECODERS.failed, []
            for before, after in [(HALL, A), (A, B), (B, HALL), (HALL, A)]:
                ordered = time.monotonic()
                await put_on_air(server, cookie, after)
                await watcher.until(after, ordered)
                gaps.append(watcher.judge(before, after, ordered))
            print(f"    {codec}: longest time between two pictures over each take, ms: {[round(gap * 1000) for gap in gaps]}")
            assert DECODERS.failed == failed, f"{DECODERS.failed - failed} pictures could not be decoded"
            assert negotiations.none(), negotiations.changes
        for door in [*encoders, screen]:
            assert (await door.end()).status == 200
