"""Encoders that publish by WHIP and players by WHEP, on aiortc."""

import aioice.ice
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription

import media

# The test stays on this machine, and aioice leaves the loopback interface out.
aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]


class Door:
    """One peer connection and its HTTP session."""

    def __init__(self, server, path, token):
        self.server, self.path, self.token = server, path, token
        # Not "max-bundle": with it aiortc 1.16 takes candidates of the last m-line alone, and they are in the first.
        self.pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.location = self.etag = None

    async def offer(self):
        """Sends the offer; gives the answer of the server."""
        await self.pc.setLocalDescription(await self.pc.createOffer())
        answer = await self.server.request(
            "POST", self.path, self.token, self.pc.localDescription.sdp, "application/sdp"
        )
        if answer.status == 201:
            self.location, self.etag = answer.headers["Location"], answer.headers["ETag"]
            await self.pc.setRemoteDescription(RTCSessionDescription(answer.body, "answer"))
        return answer

    async def end(self):
        """Ends the session."""
        answer = await self.server.request("DELETE", self.location, self.token)
        await self.pc.close()
        return answer


async def publisher(server, site, card=media.FIRST):
    """An encoder with picture and sound."""
    door = Door(server, "/api/v1/whip", server.token(site, "main"))
    door.pc.addTrack(media.Tone(card))
    door.pc.addTrack(media.Picture(card))
    answer = await door.offer()
    assert answer.status == 201, answer
    assert answer.headers["Content-Type"] == "application/sdp", answer.headers
    assert door.location.startswith("/api/v1/whip/") and door.etag.startswith('"'), answer.headers
    return door


async def player(server, site):
    """A player of the programme, and its tracks by kind."""
    door = Door(server, "/api/v1/whep", server.token(site, "main"))
    tracks = {}
    door.pc.on("track", lambda track: tracks.update({track.kind: track}))
    for kind in ("video", "audio"):
        door.pc.addTransceiver(kind, direction="recvonly")
    answer = await door.offer()
    assert answer.status == 201, answer
    return door, tracks
