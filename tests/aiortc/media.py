"""Pictures and tones that are known again after the encoder, the relay and the decoder."""

import asyncio
import fractions
import math
import time
import typing

import av
from aiortc import MediaStreamTrack

WIDTH, HEIGHT, FPS = 320, 180, 15
RATE, SAMPLES = 48_000, 960
LEVEL = 10_000


class Card(typing.NamedTuple):
    """Luma of the left and the right half, far apart so that no encoder confuses them, and the tone's pitch. Whole swings of the tone
    fill a frame of sound."""

    left: int
    right: int
    hz: int


FIRST, SECOND, THIRD = Card(60, 190, 600), Card(190, 60, 900), Card(60, 60, 1_300)


class Picture(MediaStreamTrack):
    """Two halves of known brightness; the lower rows move, so that each frame is a new one."""

    kind = "video"

    def __init__(self, card=FIRST):
        super().__init__()
        self.card = card
        self.count = 0
        self.start = time.monotonic()

    async def recv(self):
        await asyncio.sleep(max(0.0, self.start + self.count / FPS - time.monotonic()))
        frame = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
        luma = frame.planes[0]
        row = bytes([self.card.left]) * (WIDTH // 2) + bytes([self.card.right]) * (WIDTH - WIDTH // 2)
        row += bytes(luma.line_size - WIDTH)
        moving = bytes((self.count * 8 + x) % 256 for x in range(luma.line_size))
        rows = [moving if y > HEIGHT - 20 else row for y in range(luma.height)]
        luma.update(b"".join(rows))
        for plane in frame.planes[1:]:
            plane.update(bytes([128]) * plane.buffer_size)
        frame.pts, frame.time_base = self.count, fractions.Fraction(1, FPS)
        self.count += 1
        return frame


class Tone(MediaStreamTrack):
    """A sine."""

    kind = "audio"

    def __init__(self, card=FIRST):
        super().__init__()
        values = (int(LEVEL * math.sin(2 * math.pi * card.hz * n / RATE)) for n in range(SAMPLES))
        self.samples = b"".join(value.to_bytes(2, "little", signed=True) for value in values)
        self.count = 0
        self.start = time.monotonic()

    async def recv(self):
        await asyncio.sleep(max(0.0, self.start + self.count / RATE - time.monotonic()))
        frame = av.AudioFrame(format="s16", layout="mono", samples=SAMPLES)
        frame.planes[0].update(self.samples)
        frame.pts, frame.sample_rate, frame.time_base = self.count, RATE, fractions.Fraction(1, RATE)
        self.count += SAMPLES
        return frame


def is_picture(frame, card=FIRST):
    """True for a frame whose halves have the card's brightness."""
    luma = frame.planes[0]
    data, y = bytes(luma), frame.height // 3
    at = lambda x: data[y * luma.line_size + x]
    return abs(at(frame.width // 4) - card.left) < 25 and abs(at(3 * frame.width // 4) - card.right) < 25


def is_tone(samples, card=FIRST):
    """True if most of the energy is at the card's tone (Goertzel)."""
    total = sum(value * value for value in samples)
    if total < len(samples) * 100 * 100:
        return False
    step = 2 * math.pi * card.hz / RATE
    real = sum(value * math.cos(step * n) for n, value in enumerate(samples))
    imaginary = sum(value * math.sin(step * n) for n, value in enumerate(samples))
    return 2 * (real * real + imaginary * imaginary) / len(samples) > 0.5 * total


def samples_of(frame):
    """Samples of the first channel of an s16 frame."""
    data, channels = bytes(frame.planes[0]), len(frame.layout.channels)
    width = 2 * channels
    count = frame.samples
    return [int.from_bytes(data[at : at + 2], "little", signed=True) for at in range(0, count * width, width)]
