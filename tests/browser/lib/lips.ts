// How far apart a page shows a flash and plays the beep that belongs to it (docs/test-card.md, the clapper).
//
// The flash is found in decoded pixels, and its time is when the browser expects the frame on the screen. The beep is found
// in the samples of the received track, and its time is when the browser says the sample reaches the loudspeaker.
import type { BrowserContext, Page } from "@playwright/test";

import { quantile } from "./figures.ts";

/** A white picture, when it was seen first. */
export interface Flash {
  /** Expected on the screen, ms of `performance.now()`. */
  at: number;
  /** Marker of that frame. */
  site: number;
  frame: number;
}

/** A beep. */
export interface Beep {
  /** First loud sample at the loudspeaker, ms of `performance.now()`. */
  at: number;
  /** How long it was, ms. */
  length: number;
  /** Pitch. */
  hz: number;
}

/** A flash with its beep. */
export interface Clap {
  site: number;
  /** When the beep was heard, ms of `performance.now()`. */
  at: number;
  /** How much later the picture was shown than the sound was heard, ms. */
  offset: number;
}

/** A clapper claps once in so many frames of 40 ms (crates/endpoint/src/clapper.rs). */
const CLAP_EVERY_FRAMES = 32;
const FRAME_MS = 40;
const MODULUS = 2 ** 20;
/** A beep of the clapper is 100 ms long; one that a take cut is shorter and says nothing about its beginning. */
const WHOLE_BEEP_MS = { least: 88, most: 125 };
/** Flash and beep that are further apart are not of one clap. */
const FURTHEST_MS = (CLAP_EVERY_FRAMES * FRAME_MS) / 2;

/** What the browser itself believes about the slot on air. */
export interface Reckoning {
  /** ms of `performance.now()`. */
  at: number;
  /** How much later the picture is shown than the sound is heard, ms, by sender reports and the browser's own buffers. */
  offset: number;
}

/** Before pages are opened: keeps their peer connections, whose statistics say what the browser believes. */
export async function keepPeers(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const peers: RTCPeerConnection[] = [];
    Object.assign(window, {
      __lipsPeers: peers,
      RTCPeerConnection: class extends RTCPeerConnection {
        constructor(configuration?: RTCConfiguration) {
          super(configuration);
          peers.push(this);
        }
      },
    });
  });
}

/** Watches all programme slots of a page from now on. */
export async function watchLips(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const WHITE = 180;
    const WIDTH = 320;
    const HEIGHT = 180;
    const flashes: Flash[] = [];
    const beeps: Beep[] = [];
    const reckonings: Reckoning[] = [];
    Object.assign(window, { __lips: { flashes, beeps, reckonings } });

    // The instant that is played now, as the browser estimates it from sender reports (`estimatedPlayoutTimestamp`).
    const played = async (receiver: RTCRtpReceiver): Promise<number> => {
      for (const entry of (await receiver.getStats()).values()) {
        if (entry.type === "inbound-rtp") return (entry.estimatedPlayoutTimestamp as number | undefined) ?? Number.NaN;
      }
      return Number.NaN;
    };
    /** Receivers of the picture that a video plays and of the sound of its slot: they share the stream of their `msid`. */
    const pair = (video: HTMLVideoElement | null): RTCRtpReceiver[] => {
      const track = (video?.srcObject as MediaStream | null)?.getVideoTracks()[0];
      const { __lipsPeers: peers } = window as unknown as { __lipsPeers: RTCPeerConnection[] };
      for (const peer of peers) {
        const streams = new Map<string, string>();
        for (const line of peer.remoteDescription?.sdp.split(/^m=/m) ?? []) {
          streams.set(/^a=mid:(\S+)/m.exec(line)?.[1] ?? "", /msid:(\S+)/m.exec(line)?.[1] ?? "");
        }
        const picture = peer.getTransceivers().find(({ receiver }) => receiver.track === track);
        const stream = picture && streams.get(picture.mid ?? "");
        if (stream) return peer.getTransceivers().filter(({ mid }) => streams.get(mid ?? "") === stream).map(({ receiver }) => receiver);
      }
      return [];
    };
    setInterval(async () => {
      const receivers = pair(document.querySelector<HTMLVideoElement>('[data-slot^="program:"].shown video'));
      const times = await Promise.all(["video", "audio"].map((kind) => receivers.find(({ track }) => track.kind === kind)).map((one) => (one ? played(one) : Number.NaN)));
      // What is played is as old as the distance says: the older of the two is late.
      const offset = times[1]! - times[0]!;
      if (!Number.isNaN(offset)) reckonings.push({ at: performance.now(), offset });
    }, 250);

    // Posts each beep once it is over: first loud sample, length and pitch.
    const worklet = `
      const LOUD = 0.05, QUIET_SAMPLES = sampleRate / 100;
      class Onset extends AudioWorkletProcessor {
        first = -1; last = 0; low = false; crossings = 0; firstCrossing = 0; lastCrossing = 0;
        process([[samples]]) {
          for (let i = 0; samples && i < samples.length; i++) {
            const at = currentFrame + i, sample = samples[i];
            if (Math.abs(sample) > LOUD) {
              if (this.first < 0) { this.first = at; this.crossings = 0; }
              this.last = at;
            }
            // Whole swings only: what rings on after the beep is no pitch.
            if (sample < -LOUD) this.low = true;
            if (sample > LOUD && this.low) {
              this.low = false;
              if (this.crossings++ === 0) this.firstCrossing = at;
              this.lastCrossing = at;
            }
          }
          if (this.first >= 0 && currentFrame - this.last > 3 * QUIET_SAMPLES) {
            const hz = (this.crossings - 1) * sampleRate / (this.lastCrossing - this.firstCrossing);
            this.port.postMessage({ first: this.first / sampleRate, length: (this.last - this.first) / sampleRate, hz });
            this.first = -1;
          }
          return true;
        }
      }
      registerProcessor("onset", Onset);`;
    const context = new AudioContext({ sampleRate: 48_000 });
    await context.resume();
    await context.audioWorklet.addModule(URL.createObjectURL(new Blob([worklet], { type: "text/javascript" })));
    const listening = new Set<string>();
    const listen = (track: MediaStreamTrack) => {
      listening.add(track.id);
      const node = new AudioWorkletNode(context, "onset", { numberOfOutputs: 1 });
      context.createMediaStreamSource(new MediaStream([track])).connect(node).connect(context.destination);
      node.port.onmessage = ({ data }: MessageEvent<{ first: number; length: number; hz: number }>) => {
        const { contextTime, performanceTime } = context.getOutputTimestamp();
        const at = performanceTime! + (data.first - contextTime!) * 1000;
        beeps.push({ at, length: data.length * 1000, hz: data.hz });
      };
    };
    setInterval(() => {
      for (const audio of document.querySelectorAll("audio")) {
        const tracks = (audio.srcObject as MediaStream | null)?.getAudioTracks() ?? [];
        for (const track of tracks) if (!audio.muted && !listening.has(track.id)) listen(track);
      }
    }, 50);

    const green = (pixels: Uint8ClampedArray, x: number, y: number) => pixels[(Math.floor(y) * WIDTH + Math.floor(x)) * 4 + 1]!;
    const isWhite = (pixels: Uint8ClampedArray): boolean => {
      let sum = 0;
      for (let row = 0; row < 8; row++) for (let column = 0; column < 16; column++) sum += green(pixels, column * 20 + 10, row * 17 + 8);
      return sum / 128 > WHITE;
    };
    const marker = (pixels: Uint8ClampedArray): { site: number; frame: number } | null => {
      let word = 0n;
      for (let cell = 0; cell < 40; cell++) {
        const level = green(pixels, (cell % 20) * 16 + 8, 144 + Math.floor(cell / 20) * 16 + 8);
        if (level >= 96 && level <= 160) return null;
        word = (word << 1n) | (level > 160 ? 1n : 0n);
      }
      return { site: Number(word >> 28n), frame: Number((word >> 8n) & 0xfffffn) };
    };
    for (const video of document.querySelectorAll<HTMLVideoElement>('[data-slot^="program"] video')) {
      const canvas = new OffscreenCanvas(WIDTH, HEIGHT);
      const drawing = canvas.getContext("2d", { willReadFrequently: true })!;
      let white = false;
      const look: VideoFrameRequestCallback = (_now, metadata) => {
        video.requestVideoFrameCallback(look);
        drawing.drawImage(video, 0, 0, WIDTH, HEIGHT);
        const pixels = drawing.getImageData(0, 0, WIDTH, HEIGHT).data;
        const was = white;
        white = isWhite(pixels);
        const mark = white && !was ? marker(pixels) : null;
        if (mark) flashes.push({ at: metadata.expectedDisplayTime, ...mark });
      };
      video.requestVideoFrameCallback(look);
    }
  });
}

/** Claps of a site that a page has seen and heard since then, ms of `performance.now()`. */
export async function clapsSince(page: Page, site: number, since: number): Promise<Clap[]> {
  const { flashes, beeps } = await page.evaluate(
    () => (window as unknown as { __lips: { flashes: Flash[]; beeps: Beep[] } }).__lips,
  );
  const whole = beeps.filter(
    ({ at, length, hz }) =>
      at >= since &&
      length >= WHOLE_BEEP_MS.least &&
      length <= WHOLE_BEEP_MS.most &&
      Math.abs(hz - (500 + 30 * site)) < 15,
  );
  const claps: Clap[] = [];
  for (const flash of flashes.filter((flash) => flash.site === site)) {
    // The first frame of the flash may not have been presented; a later one says by its number how much later it is.
    const late = ((unwrapped(flash.frame) + site) % CLAP_EVERY_FRAMES) * FRAME_MS;
    const shown = flash.at - late;
    const beep = whole.find(({ at }) => Math.abs(at - shown) < FURTHEST_MS);
    if (beep) claps.push({ site, at: beep.at, offset: shown - beep.at });
  }
  return claps;
}

/** What the browser believed on the whole since then, ms: the median of {@link Reckoning}; not a number if it had no opinion. */
export async function reckonedSince(page: Page, since: number): Promise<number> {
  const { reckonings } = await page.evaluate(() => (window as unknown as { __lips: { reckonings: Reckoning[] } }).__lips);
  return quantile(reckonings.filter(({ at }) => at >= since).map(({ offset }) => offset), 0.5);
}

/** The number of a frame before it was cut to the marker's 20 bits, which are less than twelve hours. */
function unwrapped(frame: number): number {
  const now = Date.now() / FRAME_MS;
  return frame + MODULUS * Math.round((now - frame) / MODULUS);
}

/** The page's `performance.now()`. */
export const pageTime = (page: Page): Promise<number> => page.evaluate(() => performance.now());
