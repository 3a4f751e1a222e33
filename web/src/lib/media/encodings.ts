/** Simulcast layers of a camera, and which of them are sent. */
import type { Uplink } from '$lib/wire';

/** Layers from low to high; the relay knows them by these names (RFC 8853). */
export const RIDS = ['l', 'm', 'h'] as const;
/** Name of a layer. */
export type Rid = (typeof RIDS)[number];

/** Frames a second of the low layer while it is alone: a tile of the wall needs no more. */
export const IDLE_FRAME_RATE = 10;
/** Frames a second of everything that may go on air. */
export const FULL_FRAME_RATE = 30;

/** Bit/s by layer; 63 idle sites must cost the hall about 63 × 150 kbit/s. */
const BITRATE: Record<Rid, number> = { l: 150_000, m: 500_000, h: 2_500_000 };
/** 1280×720 divided: 320×180, 640×360, 1280×720. */
const SCALE: Record<Rid, number> = { l: 4, m: 2, h: 1 };
/** Slides are sharp at few frames. */
const CONTENT_BITRATE = 2_500_000;

/** An encoding of the camera. */
export type CameraEncoding = {
  rid: Rid;
  active: boolean;
  scaleResolutionDownBy: number;
  maxBitrate: number;
  maxFramerate: number;
};

/** Encodings of the camera for the layers that are wanted now. */
export function cameraEncodings(uplink: Uplink): CameraEncoding[] {
  const wanted: Record<Rid, boolean> = { l: uplink.low, m: uplink.mid, h: uplink.high };
  const alone = !uplink.mid && !uplink.high;
  return RIDS.map((rid) => ({
    rid,
    active: wanted[rid],
    scaleResolutionDownBy: SCALE[rid],
    maxBitrate: BITRATE[rid],
    maxFramerate: rid === 'l' && alone ? IDLE_FRAME_RATE : FULL_FRAME_RATE,
  }));
}

/** Encodings at the time of the offer: all on, since a layer that is off then cannot be negotiated by every browser. */
export function offeredCameraEncodings(): CameraEncoding[] {
  return cameraEncodings({ low: true, mid: true, high: true, content: false });
}

/** The one encoding of shared content. */
export function contentEncoding(uplink: Uplink): { active: boolean; maxBitrate: number } {
  return { active: uplink.content, maxBitrate: CONTENT_BITRATE };
}
