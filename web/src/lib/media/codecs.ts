/** Which codecs a line offers: the conference's video codec with RTX, or Opus with RED, and nothing else (a third of the SDP). */
import type { MediaKind, VideoCodec } from '$lib/wire';

/** The members of `RTCRtpCodec` that the choice needs. */
export type CodecCapability = { mimeType: string; sdpFmtpLine?: string };

/** Constrained baseline 3.1: what every browser decodes, in hardware or out of it (RFC 6184 §8.1). */
const H264_PROFILE = '42e01f';

/** Preferred codecs of a line, best first; empty: this browser lacks the conference's codec. */
export function preferredCodecs<C extends CodecCapability>(
  kind: MediaKind,
  video: VideoCodec,
  known: readonly C[],
): C[] {
  // RED carries Opus packets again in later ones, where the line loses (RFC 2198); Opus comes first, so that it is what is sent.
  if (kind === 'audio')
    return ['audio/opus', 'audio/red'].flatMap((name) => known.filter((codec) => isNamed(codec, name)));
  const main = known.filter((codec) => (video === 'h264' ? isH264(codec) : isNamed(codec, 'video/vp8')));
  if (main.length === 0) return [];
  return [...main, ...known.filter((codec) => isNamed(codec, 'video/rtx'))];
}

/** True if this browser can send the conference's video codec. */
export function knowsCodec(video: VideoCodec): boolean {
  const known = RTCRtpSender.getCapabilities('video')?.codecs ?? [];
  return preferredCodecs('video', video, known).length > 0;
}

function isNamed(codec: CodecCapability, mimeType: string): boolean {
  return codec.mimeType.toLowerCase() === mimeType;
}

function isH264(codec: CodecCapability): boolean {
  const line = codec.sdpFmtpLine?.toLowerCase() ?? '';
  return (
    isNamed(codec, 'video/h264') &&
    line.includes('packetization-mode=1') &&
    line.includes(`profile-level-id=${H264_PROFILE}`)
  );
}
