// Listens to the tracks that a page received: the level of a tone, in dBFS, from the track's own samples.
import type { Inside } from "./inside.ts";

/** Sound of somebody who must not be heard stays below this, dBFS. */
export const OFF_AIR_DBFS = -50;
/** A tone of the test card arrives near −20 dBFS (peak); above this it is heard. */
export const HEARD_DBFS = -40;
/** Level of what is not there at all, dBFS. */
export const NOTHING_DBFS = -140;

/** Pitch of a site's tone, Hz (docs/test-card.md). */
export const toneHz = (index: number): number => 500 + 30 * index;

/** Tones that are told apart by ear must be so far apart, Hz: what lies between them shows whether a click or a tone is heard. */
export const APART_HZ = 150;

/** What was heard of one tone in a span of time. */
export interface Sound {
  /** Loudest window in which it was a tone, dBFS. */
  loudest: number;
  /** When that was, ms since the epoch. */
  at: number;
  /** Windows in which it was a tone and louder than what is off air may be; one packet is in four. */
  windows: number;
  /** Level that is exceeded for a quarter of the span, dBFS. */
  quarter: number;
}

/** A span of time, ms since the epoch. */
export interface Span {
  from: number;
  to: number;
}

/** How listening works; see `Ears`. */
const HEARING = {
  /** Samples a second: 64 tones end at 2,390 Hz. So few cost the page little. */
  rate: 8_000,
  /** A window lasts 128 ms, so that its spectrum tells neighbours 30 Hz apart; a new one begins every 32 ms. */
  window: 1_024,
  hop: 256,
  /** Samples that are kept for a page that is busy, the most that an analyser has: 4 s. */
  kept: 32_768,
  /** The page looks at what it kept this often, ms. */
  every: 250,
  /** Between tones, Hz from the tone in question: where a click sounds as loud as at the tone, and a tone does not. */
  beside: [-105, -75, -45, 45, 75, 105],
  /** A tone stands out by at least this, dB. One of 20 ms, a single packet, does so by 19, a longer one by more; a click by 0. */
  standsOut: 12,
  /** Quieter windows hold nothing, dBFS (RMS): 15 dB below the loudest tone that is allowed. */
  silence: -68,
  /** Windows that are kept: 20 minutes. No test lasts so long. */
  most: 40_000,
  nothing: NOTHING_DBFS,
};

/**
 * A browser that gets no processor renders no sound, and a leak could hide there. With two full cores that lasts for up to two
 * seconds; longer than this, ms, nothing is judged.
 */
const DEAF_MS = 3_000;

/**
 * Listens without a break to every audio track that a page's peer connections receive, whether the page would play it or not: what a
 * site must not hear must not reach it. The level of a tone is looked at in every window of 128 ms, a new one each 32 ms, so that a
 * leak of one packet at a cut is found.
 *
 * A decoder that is starved for a moment clicks. A click is short, so that it lies at all frequencies alike, as does the edge of a
 * tone that begins or ends (allowed ones do at each take); a tone, however short a leak it is, is one line. So a window counts as a
 * tone where it stands out from what lies beside it, between the tones. It does not count how many windows hold it.
 */
export class Ears {
  readonly #page: Inside;
  /** The longest time in which the page could not listen, of all that was judged, ms. */
  deaf = 0;

  private constructor(page: Inside) {
    this.#page = page;
  }

  /** Begins to listen for tones that are at least `APART_HZ` apart. */
  static async on(page: Inside, tones: number[]): Promise<Ears> {
    const sorted = [...tones].sort((a, b) => a - b);
    if (sorted.some((hz, i) => i > 0 && hz - sorted[i - 1]! < APART_HZ)) throw new Error(`tones too close: ${sorted}`);
    await page.evaluate(hear, { ...HEARING, tones });
    return new Ears(page);
  }

  /** What was heard of each tone in each span. Fails if the page was deaf for long. */
  async heard(spans: Span[]): Promise<Sound[][]> {
    const { heard, deaf } = await this.#page.evaluate(recall, { spans, nothing: NOTHING_DBFS, allowed: OFF_AIR_DBFS });
    this.deaf = Math.max(this.deaf, deaf);
    if (deaf > DEAF_MS) throw new Error(`nobody listened for ${deaf} ms`);
    return heard;
  }

  /** What is heard of each tone in the next `ms`, by a page that may be deaf for a part of it. */
  async next(ms = 1_000): Promise<Sound[]> {
    const from = Date.now();
    const spans = [{ from, to: from + ms }];
    return (await this.#page.evaluate(recall, { spans, nothing: NOTHING_DBFS, allowed: OFF_AIR_DBFS })).heard[0]!;
  }

  /** The first moment after `from` at which a tone (by its place among those listened for) is heard, ms since the epoch; null: none within the patience. */
  async firstHeard(tone: number, from: number, patienceMs: number): Promise<number | null> {
    return await this.#page.evaluate(notice, { tone, from, patienceMs, threshold: HEARD_DBFS });
  }
}

/** What a page wrote down: the middle of each window and, for each tone, its level and whether it stood out. */
interface Heard {
  at: number[];
  levels: number[][];
  tones: boolean[][];
}

/** Runs in the page. */
async function hear(how: typeof HEARING & { tones: number[] }): Promise<void> {
  const context = new AudioContext({ sampleRate: how.rate, latencyHint: "playback" });
  await context.resume();
  const heard: Heard = { at: [], levels: how.tones.map(() => []), tones: how.tones.map(() => []) };
  const { connections } = Object.assign(window as unknown as { connections: RTCPeerConnection[] }, { ears: heard });
  // Blackman's window: what is 24 Hz or more away is 58 dB down.
  const turn = (2 * Math.PI) / how.window;
  const shape = Float32Array.from({ length: how.window }, (_, i) => 0.42 - 0.5 * Math.cos(turn * i) + 0.08 * Math.cos(2 * turn * i));
  const weight = shape.reduce((sum, one) => sum + one, 0);
  const shaped = new Float32Array(how.window);
  const decibels = (amplitude: number) => Math.max(how.nothing, 20 * Math.log10(amplitude + 1e-9));

  /** Peak level at a frequency of what is in `shaped` (Goertzel). */
  const level = (hz: number): number => {
    const step = 2 * Math.cos((2 * Math.PI * hz) / how.rate);
    let [last, before] = [0, 0];
    for (let i = 0; i < shaped.length; i++) [last, before] = [shaped[i]! + step * last - before, last];
    return decibels((2 * Math.sqrt(Math.max(0, last * last + before * before - step * last * before))) / weight);
  };

  const analysers = new Map<MediaStreamTrack, { analyser: AnalyserNode; samples: Float32Array<ArrayBuffer> }>();
  const follow = (track: MediaStreamTrack) => {
    // Chromium decodes a received track only for an element; a muted one does.
    const element = new Audio();
    element.muted = true;
    element.srcObject = new MediaStream([track]);
    void element.play();
    const analyser = new AnalyserNode(context, { fftSize: how.kept });
    context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
    analysers.set(track, { analyser, samples: new Float32Array(how.kept) });
  };

  let end = Math.round(context.currentTime * how.rate);
  const look = () => {
    const open = connections.filter((one) => one.connectionState === "connected");
    for (const { track } of open.flatMap((one) => one.getReceivers())) if (track.kind === "audio" && !analysers.has(track)) follow(track);
    const now = Date.now();
    const frame = Math.round(context.currentTime * how.rate);
    for (const { analyser, samples } of analysers.values()) analyser.getFloatTimeDomainData(samples);
    end = Math.max(end, frame - how.kept + how.window);
    for (; end + how.hop <= frame && heard.at.length < how.most; ) {
      end += how.hop;
      const start = how.kept - (frame - end) - how.window;
      const levels = how.tones.map(() => how.nothing);
      const stands = how.tones.map(() => false);
      for (const { samples } of analysers.values()) {
        let power = 0;
        for (let i = 0; i < how.window; i++) {
          const sample = samples[start + i]!;
          power += sample * sample;
          shaped[i] = sample * shape[i]!;
        }
        if (decibels(Math.sqrt(power / how.window)) < how.silence) continue;
        how.tones.forEach((hz, i) => {
          const here = level(hz);
          if (here < levels[i]!) return;
          // The third lowest of six: one loud neighbour raises those beside it, and must hide nothing.
          const beside = how.beside.map((away) => level(hz + away)).sort((a, b) => a - b)[2]!;
          levels[i] = here;
          stands[i] = here - beside >= how.standsOut;
        });
      }
      heard.at.push(now - ((frame - end + how.window / 2) * 1_000) / how.rate);
      levels.forEach((one, i) => heard.levels[i]!.push(one));
      stands.forEach((one, i) => heard.tones[i]!.push(one));
    }
  };
  look();
  setInterval(look, how.every);
}

/** Runs in the page: waits until a tone is louder than the threshold and gives the moment. */
async function notice({ tone, from, patienceMs, threshold }: { tone: number; from: number; patienceMs: number; threshold: number }): Promise<number | null> {
  const { ears } = window as unknown as { ears: Heard };
  const end = Date.now() + patienceMs;
  for (let i = 0; Date.now() < end; ) {
    for (; i < ears.at.length; i++) if (ears.at[i]! >= from && ears.levels[tone]![i]! > threshold) return ears.at[i]!;
    await new Promise((done) => setTimeout(done, 50));
  }
  return null;
}

/** Runs in the page: waits until the last span is over and gives what was written down of each. */
async function recall({ spans, nothing, allowed }: { spans: Span[]; nothing: number; allowed: number }): Promise<{ heard: Sound[][]; deaf: number }> {
  const { ears } = window as unknown as { ears: Heard };
  const until = Math.max(...spans.map(({ to }) => to));
  const patience = Date.now() + 10_000;
  while ((ears.at.at(-1) ?? 0) < until && Date.now() < Math.max(patience, until + 5_000)) await new Promise((done) => setTimeout(done, 100));
  const began = Math.min(...spans.map(({ from }) => from));
  const inside = ears.at.filter((at) => at >= began && at <= until);
  const edges = [began, ...inside, until];
  const deaf = Math.max(...edges.slice(1).map((at, i) => at - edges[i]!));
  const heard = spans.map(({ from, to }) =>
    ears.levels.map((levels, tone) => {
      const sound = { loudest: nothing, at: from, windows: 0, quarter: nothing };
      const sorted: number[] = [];
      ears.at.forEach((at, i) => {
        if (at < from || at > to) return;
        sorted.push(levels[i]!);
        if (!ears.tones[tone]![i]) return;
        if (levels[i]! >= allowed) sound.windows++;
        if (levels[i]! > sound.loudest) Object.assign(sound, { loudest: levels[i]!, at });
      });
      sorted.sort((a, b) => b - a);
      return { ...sound, quarter: sorted[Math.floor(sorted.length / 4)] ?? nothing };
    }),
  );
  return { heard, deaf };
}

/**
 * Listens on, until the page is left, to whatever sounds in it: `heardAt` gives the last moment (ms since the epoch) at which each
 * frequency was above `threshold`. New tracks are followed, as a peer connection that is built anew brings them.
 */
export async function listen(page: Inside, frequencies: number[], threshold = HEARD_DBFS): Promise<void> {
  await page.evaluate(
    async ({ frequencies, threshold }) => {
      const heard: Record<number, number> = {};
      (window as unknown as { heardAt: typeof heard }).heardAt = heard;
      // Just fast enough for the highest tone: listening must not take from the page what it needs itself.
      const rate = 8_000;
      const samples = 1_024;
      const context = new AudioContext({ sampleRate: rate, latencyHint: "playback" });
      await context.resume();
      const analysers = new Map<MediaStreamTrack, AnalyserNode>();
      const bins = new Float32Array(samples / 2);
      setInterval(() => {
        const sounding = new Set<MediaStreamTrack>();
        for (const element of document.querySelectorAll<HTMLMediaElement>("audio, video")) {
          if (element.muted || element.volume === 0 || element.paused) continue;
          for (const track of (element.srcObject as MediaStream | null)?.getAudioTracks() ?? []) {
            if (track.readyState === "live") sounding.add(track);
          }
        }
        for (const track of analysers.keys()) if (!sounding.has(track)) analysers.delete(track);
        for (const track of sounding) {
          let analyser = analysers.get(track);
          if (!analyser) {
            analyser = new AnalyserNode(context, { fftSize: samples, smoothingTimeConstant: 0 });
            context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
            analysers.set(track, analyser);
          }
          analyser.getFloatFrequencyData(bins);
          for (const hz of frequencies) {
            const centre = Math.round((hz * samples) / rate);
            if (Math.max(...bins.subarray(centre - 1, centre + 2)) > threshold) heard[hz] = Date.now();
          }
        }
      }, 100);
    },
    { frequencies, threshold },
  );
}

/** When `listen` last heard a frequency, ms since the epoch; 0: never. */
export function heardAt(page: Inside, hz: number): Promise<number> {
  return page.evaluate((hz) => (window as unknown as { heardAt: Record<number, number> }).heardAt[hz] ?? 0, hz);
}
