/**
 * What an endpoint sends, in numbers: how light its picture is and how much it changes, how loud its sound is and how much of it is cut off.
 * They are measured before the encoder, from pixels and samples; what they mean is the server's to judge. Pure.
 */

import type { CandidatePath, EncoderLimit, NetworkType } from '$lib/wire';
import type { StatsEntry } from './statistics';

/** A picture, and what became of it since the one before. */
export type PictureMeasures = {
  /** Mean luma, 0 (black) to 255. */
  luma: number;
  /** Standard deviation of luma: 0 is one colour all over. */
  spread: number;
  /** Mean difference of luma to the picture before, 0 to 255; none: there was none before, or of another size. Exactly 0: not one pixel differs. */
  change: number | null;
};

/** Sound of a period. */
export type SoundMeasures = {
  /** Effective value, dBFS, −127 to 0. */
  rmsDbfs: number;
  /** Largest sample, dBFS, −127 to 0. */
  peakDbfs: number;
  /** Share of samples at full scale, 0 to 1. */
  clipped: number;
};

/** Told for digital silence, dBFS; as in RFC 6464. */
const SILENCE_DBFS = -127;
/** A sample of at least this is at full scale: 16-bit converters end at 0.99997, and a little is lost to resampling. */
const FULL_SCALE = 0.999;

/** Luma of each pixel by the weights of ITU-R BT.709-6, section 3; `rgba` has four bytes a pixel. */
export function lumaOf(rgba: Uint8ClampedArray): Float32Array {
  const luma = new Float32Array(rgba.length / 4);
  for (let i = 0; i < luma.length; i++) {
    luma[i] = 0.2126 * rgba[4 * i]! + 0.7152 * rgba[4 * i + 1]! + 0.0722 * rgba[4 * i + 2]!;
  }
  return luma;
}

/** Measures of a picture, from its luma and that of the picture before. */
export function measurePicture(luma: Float32Array, before: Float32Array | null): PictureMeasures {
  const mean = luma.reduce((sum, value) => sum + value, 0) / luma.length;
  const variance = luma.reduce((sum, value) => sum + (value - mean) ** 2, 0) / luma.length;
  const comparable = before?.length === luma.length;
  const change = comparable
    ? luma.reduce((sum, value, index) => sum + Math.abs(value - before[index]!), 0) / luma.length
    : null;
  return { luma: mean, spread: Math.sqrt(variance), change };
}

/** Collects the samples of a period. */
export class SoundPeriod {
  #count = 0;
  #power = 0;
  #peak = 0;
  #clipped = 0;

  /** Takes samples, −1 to 1. */
  add(samples: Float32Array): void {
    for (const sample of samples) {
      const size = Math.abs(sample);
      this.#power += sample * sample;
      if (size > this.#peak) this.#peak = size;
      if (size >= FULL_SCALE) this.#clipped += 1;
    }
    this.#count += samples.length;
  }

  /** Measures since the last call; none: nothing was heard of. */
  take(): SoundMeasures | null {
    const [count, power, peak, clipped] = [this.#count, this.#power, this.#peak, this.#clipped];
    [this.#count, this.#power, this.#peak, this.#clipped] = [0, 0, 0, 0];
    if (count === 0) return null;
    return { rmsDbfs: dbfs(Math.sqrt(power / count)), peakDbfs: dbfs(peak), clipped: clipped / count };
  }
}

/** What limits an encoder, the gravest first: a machine that is too slow ruins every layer. */
const LIMITS = ['cpu', 'bandwidth', 'other'] as const satisfies readonly EncoderLimit[];

/** What keeps the camera's encoders from more: of several layers the gravest. */
export function encoderLimit(entries: readonly StatsEntry[]): EncoderLimit {
  const reasons = entries.flatMap((entry) =>
    entry.type === 'outbound-rtp' && entry['kind'] === 'video' ? [entry['qualityLimitationReason']] : [],
  );
  return LIMITS.find((limit) => reasons.includes(limit)) ?? 'none';
}

/** The local end of the candidate pair in use. */
function localCandidate(entries: readonly StatsEntry[]): StatsEntry | null {
  const pair = entries.find(
    (entry) => entry.type === 'candidate-pair' && entry['nominated'] === true && entry['state'] === 'succeeded',
  );
  if (pair === undefined) return null;
  return entries.find((entry) => entry.type === 'local-candidate' && entry['id'] === pair['localCandidateId']) ?? null;
}

/** How packets travel: by the local end of the candidate pair in use. */
export function candidatePath(entries: readonly StatsEntry[]): CandidatePath {
  const local = localCandidate(entries);
  if (local === null) return 'unknown';
  if (local['candidateType'] === 'relay') return 'relayed';
  return local['protocol'] === 'tcp' ? 'tcp' : 'udp';
}

/** What browsers call networks: `networkType` of a candidate (W3C webrtc-stats), `type` of the Network Information API. */
const NETWORKS: Record<string, NetworkType> = {
  ethernet: 'wired',
  wifi: 'wifi',
  cellular: 'cellular',
  bluetooth: 'other',
  wimax: 'other',
  vpn: 'other',
  mixed: 'other',
  other: 'other',
};

/** The network that packets begin on; `connection`: what the browser says of the machine's own, where it does. */
export function networkType(entries: readonly StatsEntry[], connection: string | undefined): NetworkType {
  const told = [localCandidate(entries)?.['networkType'], connection];
  const known = told.map((name) => (typeof name === 'string' ? NETWORKS[name] : undefined));
  return known.find((type) => type !== undefined) ?? 'unknown';
}

const dbfs = (size: number): number => Math.min(0, Math.max(SILENCE_DBFS, 20 * Math.log10(size)));
