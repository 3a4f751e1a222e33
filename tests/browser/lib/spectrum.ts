// Listens to the tracks that a page received: the level of a tone, in dBFS, from the track's own samples.
import type { Page } from "@playwright/test";

/** Sound of somebody who must not be heard stays below this, dBFS. */
export const OFF_AIR_DBFS = -50;
/** A tone of the test card arrives near −20 dBFS; above this it is heard. */
export const HEARD_DBFS = -40;

/** Pitch of a site's tone, Hz (docs/test-card.md). */
export const toneHz = (index: number): number => 500 + 30 * index;

/**
 * Level at each frequency that is exceeded for a quarter of `seconds`, for every audio track that the page's peer connections
 * receive, by maximum: what a site must not hear must not reach it, whether its page would play it or not. A click of a decoder
 * that was starved for a moment holds every frequency and is nobody's voice.
 */
export async function toneLevels(page: Page, frequencies: number[], seconds = 1): Promise<number[]> {
  return page.evaluate(
    async ({ frequencies, seconds }) => {
      const { connections } = window as unknown as { connections: RTCPeerConnection[] };
      const open = connections.filter((one) => one.connectionState === "connected");
      if (open.length === 0) throw new Error("the page has no connected peer connection");
      const tracks = open.flatMap((one) => one.getReceivers()).flatMap(({ track }) => (track.kind === "audio" ? [track] : []));
      // Chromium decodes a received track only for an element; a muted one does.
      const elements = tracks.map((track) => {
        const element = new Audio();
        element.muted = true;
        element.srcObject = new MediaStream([track]);
        void element.play();
        return element;
      });
      const context = new AudioContext({ sampleRate: 48_000 });
      await context.resume();
      const analysers = tracks.map((track) => {
        const analyser = new AnalyserNode(context, { fftSize: 8192, smoothingTimeConstant: 0 });
        context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
        return analyser;
      });
      const levels = frequencies.map((): number[] => []);
      const bins = new Float32Array(4096);
      const end = performance.now() + 250 + seconds * 1000;
      await new Promise((done) => setTimeout(done, 250));
      while (performance.now() < end) {
        const now = frequencies.map(() => -140);
        for (const analyser of analysers) {
          analyser.getFloatFrequencyData(bins);
          frequencies.forEach((hz, i) => {
            const centre = Math.round((hz * 8192) / 48_000);
            for (let bin = centre - 1; bin <= centre + 1; bin++) now[i] = Math.max(now[i]!, bins[bin] ?? -140);
          });
        }
        now.forEach((level, i) => levels[i]!.push(level));
        await new Promise((done) => setTimeout(done, 100));
      }
      await context.close();
      for (const element of elements) element.srcObject = null;
      return levels.map((over) => over.sort((a, b) => b - a)[Math.floor(over.length / 4)] ?? -140);
    },
    { frequencies, seconds },
  );
}

/**
 * Listens on, until the page is left, to whatever sounds in it: `heardAt` gives the last moment (ms since the epoch) at which each
 * frequency was above `threshold`. New tracks are followed, as a peer connection that is built anew brings them.
 */
export async function listen(page: Page, frequencies: number[], threshold = HEARD_DBFS): Promise<void> {
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
export function heardAt(page: Page, hz: number): Promise<number> {
  return page.evaluate((hz) => (window as unknown as { heardAt: Record<number, number> }).heardAt[hz] ?? 0, hz);
}
