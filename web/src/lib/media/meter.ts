/** Loudness of a local track, for the people at the site. */

/** How often the meter moves: fast enough for speech, slow enough to cost nothing. */
const METER_EVERY_MS = 100;
/** What a meter shows for digital silence, dBFS. */
export const FLOOR_DBFS = -90;

/** Measures a microphone; `level` is told in dBFS. The returned function ends it. */
export function meter(track: MediaStreamTrack, level: (dbfs: number) => void): () => void {
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, { fftSize: 2048 });
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  void context.resume();
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    level(rms(samples));
  }, METER_EVERY_MS);
  return () => {
    clearInterval(timer);
    void context.close();
  };
}

/** Root mean square of samples in dBFS. */
export function rms(samples: Float32Array): number {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
  return Math.max(FLOOR_DBFS, 10 * Math.log10(power || Number.MIN_VALUE));
}

/** Pitches of the speaker test, Hz, and how long each sounds, s. */
const CHIME = [523, 659, 784];
const NOTE_S = 0.25;

/** Plays three notes, so that people hear whether the loudspeaker works. */
export function playChime(): void {
  const context = new AudioContext();
  const gain = new GainNode(context, { gain: 0.2 });
  gain.connect(context.destination);
  CHIME.forEach((frequency, index) => {
    const note = new OscillatorNode(context, { frequency });
    note.connect(gain);
    note.start(context.currentTime + index * NOTE_S);
    note.stop(context.currentTime + (index + 1) * NOTE_S);
    if (index === CHIME.length - 1) note.onended = () => void context.close();
  });
}
