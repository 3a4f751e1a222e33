// Listens to the tracks that a page received: the level of a tone, in dBFS, from the track's own samples.
import type { Page } from "@playwright/test";

/** Pitch of a site's tone, Hz (docs/test-card.md). */
export const toneHz = (index: number): number => 500 + 30 * index;

/** Peak level at each frequency over `seconds`, for every received audio track that sounds in the page, summed by maximum. */
export async function toneLevels(page: Page, frequencies: number[], seconds = 1): Promise<number[]> {
  return page.evaluate(
    async ({ frequencies, seconds }) => {
      const tracks = new Set<MediaStreamTrack>();
      for (const element of document.querySelectorAll<HTMLMediaElement>("audio, video")) {
        if (element.muted || element.volume === 0) continue;
        const stream = element.srcObject as MediaStream | null;
        for (const track of stream?.getAudioTracks() ?? []) tracks.add(track);
      }
      const context = new AudioContext({ sampleRate: 48_000 });
      await context.resume();
      const analysers = [...tracks].map((track) => {
        const analyser = new AnalyserNode(context, { fftSize: 8192, smoothingTimeConstant: 0 });
        context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
        return analyser;
      });
      const levels = frequencies.map(() => -140);
      const bins = new Float32Array(4096);
      const end = performance.now() + 250 + seconds * 1000;
      await new Promise((done) => setTimeout(done, 250));
      while (performance.now() < end) {
        for (const analyser of analysers) {
          analyser.getFloatFrequencyData(bins);
          frequencies.forEach((hz, i) => {
            const centre = Math.round((hz * 8192) / 48_000);
            for (let bin = centre - 1; bin <= centre + 1; bin++) levels[i] = Math.max(levels[i]!, bins[bin] ?? -140);
          });
        }
        await new Promise((done) => setTimeout(done, 100));
      }
      await context.close();
      return levels;
    },
    { frequencies, seconds },
  );
}
