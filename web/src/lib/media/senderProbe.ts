/** Looks at what is sent: a small copy of the picture now and then, the samples of the microphone all the time. */
import { lumaOf, measurePicture, type PictureMeasures, type SoundMeasures, SoundPeriod } from './senderMeasures';

/** Size of the copy: enough to tell a room from a wall, and 9 KB to read. */
const WIDTH = 64;
const HEIGHT = 36;
/** Half of what the analyser holds at 48 kHz: no sample is missed even by a thread that is late. */
const LISTEN_EVERY_MS = 100;
/** Samples that the analyser holds: 341 ms at 48 kHz. */
const HELD_SAMPLES = 16_384;

/** Looks at the picture of a camera. */
export class PictureProbe {
  #video = document.createElement('video');
  #canvas = new OffscreenCanvas(WIDTH, HEIGHT);
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
    const context = this.#canvas.getContext('2d', { willReadFrequently: true });
    if (!context || this.#track?.readyState !== 'live' || this.#video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) {
      return null;
    }
    context.drawImage(this.#video, 0, 0, WIDTH, HEIGHT);
    const luma = lumaOf(context.getImageData(0, 0, WIDTH, HEIGHT).data);
    const measures = measurePicture(luma, this.#before);
    this.#before = luma;
    return measures;
  }
}

/** Listens to a microphone. */
export class SoundProbe {
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
