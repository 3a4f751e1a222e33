"""FFmpeg's WHIP muxer, in a process of its own: sends picture and sound until its standard input is closed, then says goodbye.

ffmpeg_encoder.py <address> <token> <certificate> <key> [passive|active]
"""

import asyncio
import fractions
import sys

import av

import media

SOUND_BITS = 64_000


def output(address, token, certificate, key, role):
    """The muxer with its two streams."""
    options = {"authorization": token, "cert_file": certificate, "key_file": key}
    if role == "active":
        options["whip_flags"] = "dtls_active"
    container = av.open(address, "w", format="whip", options=options)
    encoder = {"profile": "baseline", "preset": "ultrafast", "tune": "zerolatency", "g": str(media.FPS), "bf": "0"}
    video = container.add_stream("libx264", rate=media.FPS, options=encoder)
    video.width, video.height, video.pix_fmt = media.WIDTH, media.HEIGHT, "yuv420p"
    video.time_base = fractions.Fraction(1, media.FPS)
    audio = container.add_stream("libopus", rate=media.RATE)
    audio.layout, audio.bit_rate = "stereo", SOUND_BITS
    return container, video, audio


async def main():
    container, video, audio = output(*sys.argv[1:6])
    container.start_encoding()
    picture, tone = media.Picture(), media.Tone()
    resampler = av.AudioResampler(format="s16", layout="stereo", rate=media.RATE)

    async def send_pictures():
        while True:
            container.mux(video.encode(await picture.recv()))

    async def send_sound():
        while True:
            for frame in resampler.resample(await tone.recv()):
                container.mux(audio.encode(frame))

    told_to_stop = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
    senders = [asyncio.create_task(send_pictures()), asyncio.create_task(send_sound())]
    await asyncio.wait([told_to_stop, *senders], return_when=asyncio.FIRST_COMPLETED)
    for sender in senders:
        sender.cancel()
    await asyncio.gather(*senders, return_exceptions=True)
    container.close()


if __name__ == "__main__":
    asyncio.run(main())
