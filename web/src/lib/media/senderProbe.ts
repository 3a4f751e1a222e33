/** Looks at what is sent: a few pixels of the picture now and then, the samples of the microphone all the time. */
import type { SentStats } from '$lib/wire';
import type { SendName } from './peer';
import {
  candidatePath,
  encoderLimit,
  lumaOf,
  measurePicture,
  networkType,
  type PictureMeasures,
  type SoundMeasures,
  SoundPeriod,
} from './senderMeasures';
import type { StatsEntry } from './statistics';

/** So many pixels of the picture are read: enough to tell a room from a wall, and 9 KB. */
const WIDTH = 64;
const HEIGHT = 36;
/** Half of what the analyser holds at 48 kHz: no sample is missed even by a thread that is late. */
const LISTEN_EVERY_MS = 100;
/** Samples that the analyser holds: 341 ms at 48 kHz. */
const HELD_SAMPLES = 16_384;

/** Looks at the picture of a camera. */
class PictureProbe {
  #video = document.createElement('video');
  #context: OffscreenCanvasRenderingContext2D | null = null;
  #before: Float32Array | null = null;
  #track: MediaStreamTrack | null = null;

  /** Looks at another track from now on, or at none. */
  setTrack(track: MediaStreamTrack | null): void {
    if (track === this.#track) return;
    this.#track = track;
    this.#before = null;
    this.#video.muted = true;
    this.#video.srcObject = track && new MediaStream([track]);
    // Without sound it may always play.
    if (track) void this.#video.play().catch(() => {});
  }

  /** Measures of this moment; none: there is no picture. */
  look(): PictureMeasures | null {
    this.#context ??= new OffscreenCanvas(WIDTH, HEIGHT).getContext('2d', { willReadFrequently: true });
    const context = this.#context;
    if (!context || this.#track?.readyState !== 'live' || this.#video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) {
      return null;
    }
    // Single pixels and no means of many: those would lose the noise by which a camera differs from a still picture.
    context.imageSmoothingEnabled = false;
    context.drawImage(this.#video, 0, 0, WIDTH, HEIGHT);
    const luma = lumaOf(context.getImageData(0, 0, WIDTH, HEIGHT).data);
    const measures = measurePicture(luma, this.#before);
    this.#before = luma;
    return measures;
  }
}

/** Listens to a microphone. */
class SoundProbe {
  #period = new SoundPeriod();
  #track: MediaStreamTrack | null = null;
  #stop = (): void => {};

  /** Listens to another track from now on, or to none. */
  setTrack(track: MediaStreamTrack | null): void {
    if (track === this.#track) return;
    this.#track = track;
    this.#stop();
    this.#stop = track ? listen(track, this.#period) : () => {};
  }

  /** Measures since the last call; none: there is no microphone. */
  take(): SoundMeasures | null {
    return this.#period.take();
  }
}

/** Adds every sample of a track to a period. The returned function ends it. */
function listen(track: MediaStreamTrack, period: SoundPeriod): () => void {
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, { fftSize: HELD_SAMPLES });
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  void context.resume();
  const held = new Float32Array(HELD_SAMPLES);
  let heardTo = context.currentTime;
  const timer = setInterval(() => {
    const fresh = Math.min(HELD_SAMPLES, Math.round((context.currentTime - heardTo) * context.sampleRate));
    heardTo = context.currentTime;
    if (fresh <= 0) return;
    analyser.getFloatTimeDomainData(held);
    period.add(held.subarray(HELD_SAMPLES - fresh));
  }, LISTEN_EVERY_MS);
  return () => {
    clearInterval(timer);
    void context.close();
  };
}

/** What the Battery Status API tells, where there is one. */
type Battery = { level: number };
type WithBattery = Navigator & { getBattery?: () => Promise<Battery> };

/** What the Network Information API tells, where there is one. */
type WithConnection = Navigator & { connection?: { type?: string } };

/** Measures what a page sends, and from what. */
export class SenderProbe {
  #picture = new PictureProbe();
  #sound = new SoundProbe();
  #battery: Battery | null = null;

  constructor() {
    const asked = (navigator as WithBattery).getBattery?.();
    // Where a page may not know, it does not matter.
    asked?.then((battery) => (this.#battery = battery)).catch(() => {});
  }

  /** Another track is sent from now on, or none. */
  setTrack(name: SendName, track: MediaStreamTrack | null): void {
    if (name === 'camera') this.#picture.setTrack(track);
    if (name === 'microphone') this.#sound.setTrack(track);
  }

  /** Measures since the last call; `entries` are the connection's statistics. */
  measure(entries: readonly StatsEntry[]): SentStats {
    const picture = this.#picture.look();
    const sound = this.#sound.take();
    return {
      luma: picture?.luma ?? null,
      spread: picture?.spread ?? null,
      change: picture?.change ?? null,
      rms_dbfs: sound?.rmsDbfs ?? null,
      peak_dbfs: sound?.peakDbfs ?? null,
      clipped: sound?.clipped ?? null,
      encoder_limit: encoderLimit(entries),
      path: candidatePath(entries),
      network: networkType(entries, (navigator as WithConnection).connection?.type),
      battery: this.#battery?.level ?? null,
    };
  }
}
