/** What a page receives, from the browser's cumulative counters. Pure. */
import type { EndpointStats } from '$lib/wire';
import type { SlotKey } from './slots';

/** Counters since the connection was made, summed over the programme's lines unless said otherwise. */
export type MediaCounters = {
  /** ms. */
  at: number;
  frames: number;
  freezes: number;
  concealedSamples: number;
  totalSamples: number;
  packetsReceived: number;
  packetsLost: number;
  /** Of the whole transport, any kind. */
  bytes: number;
  /** Round trip of the selected pair, ms. */
  rttMs: number;
};

/** The members of the browser's reports that are read. */
export type StatsEntry = { type: string } & Record<string, unknown>;

/** Sums a report. `isProgram` tells by track whether a line belongs to the programme. */
export function countersOf(
  entries: Iterable<StatsEntry>,
  isProgram: (track: string) => boolean,
  at: number,
): MediaCounters {
  const sum: MediaCounters = {
    at,
    frames: 0,
    freezes: 0,
    concealedSamples: 0,
    totalSamples: 0,
    packetsReceived: 0,
    packetsLost: 0,
    bytes: 0,
    rttMs: 0,
  };
  // Firefox's transport counts nothing; its candidate pair does, and there is one in use at a time.
  let transport: number | undefined;
  let pair: number | undefined;
  for (const entry of entries) {
    if (entry.type === 'transport' && 'bytesReceived' in entry) {
      transport = (transport ?? 0) + number(entry['bytesReceived']);
    } else if (entry.type === 'candidate-pair' && entry['nominated'] === true && entry['state'] === 'succeeded') {
      pair = number(entry['bytesReceived']);
      sum.rttMs = number(entry['currentRoundTripTime']) * 1_000;
    } else if (entry.type === 'inbound-rtp' && isProgram(String(entry['trackIdentifier']))) {
      sum.frames += number(entry['framesDecoded']);
      sum.freezes += number(entry['freezeCount']);
      sum.concealedSamples += number(entry['concealedSamples']);
      sum.totalSamples += number(entry['totalSamplesReceived']);
      sum.packetsReceived += number(entry['packetsReceived']);
      sum.packetsLost += number(entry['packetsLost']);
    }
  }
  sum.bytes = transport ?? pair ?? 0;
  return sum;
}

/** What happened between two moments of the same connection. */
export function statsBetween(before: MediaCounters, after: MediaCounters): EndpointStats {
  const grown = (pick: (counters: MediaCounters) => number) => Math.max(0, pick(after) - pick(before));
  const samples = grown((counters) => counters.totalSamples);
  const lost = grown((counters) => counters.packetsLost);
  const expected = lost + grown((counters) => counters.packetsReceived);
  const elapsed = after.at - before.at;
  return {
    frames: grown((counters) => counters.frames),
    freezes: grown((counters) => counters.freezes),
    concealed: samples > 0 ? Math.min(1, grown((counters) => counters.concealedSamples) / samples) : 0,
    loss: expected > 0 ? lost / expected : 0,
    rtt_ms: after.rttMs,
    kbps: elapsed > 0 ? (grown((counters) => counters.bytes) * 8) / elapsed : 0,
  };
}

/** Decoded frames of each slot that receives a picture; `slots` tells the slot of a track. A line that never received anything has 0. */
export function framesBySlot(
  entries: Iterable<StatsEntry>,
  slots: ReadonlyMap<string, SlotKey>,
): ReadonlyMap<SlotKey, number> {
  const frames = new Map([...slots.values()].map((key) => [key, 0]));
  for (const entry of entries) {
    const key = entry.type === 'inbound-rtp' ? slots.get(String(entry['trackIdentifier'])) : undefined;
    if (key !== undefined) frames.set(key, number(entry['framesDecoded']));
  }
  return frames;
}

function number(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}
