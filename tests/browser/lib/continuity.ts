// Whether a receiver's programme goes on without a break: the longest time without a new picture, by frame callbacks of the cells that
// are shown, and freezes as WebRTC counts them (https://www.w3.org/TR/webrtc-stats/#dom-rtcinboundrtpstreamstats-freezecount).
import type { Inside } from "./inside.ts";

/** What a page wrote down since `watchContinuity`. */
interface Watched {
  /** When pictures of shown cells were presented, ms since the epoch. */
  presented: number[];
  /** When freezes of shown cells were counted, ms since the epoch. */
  freezes: number[];
  /** None: this browser does not count them. */
  counts: boolean;
}

/** How a programme went on in a span of time. */
export interface Continuity {
  /** The longest time without a new picture, ms. */
  gap: number;
  /** Freezes of cells that were shown. */
  freezes: number;
}

/** Begins to watch the cells of the programme. The page must keep its peer connections (lib/browsers.ts). */
export function watchContinuity(page: Inside): Promise<void> {
  return page.evaluate(() => {
    const CELLS = '[data-slot^="program"]';
    const LOOK_EVERY_MS = 100;
    // A slot that rested counts a freeze when it goes on, though nobody looked at it. A real one in this time is seen as a gap.
    const SETTLED_LOOKS = 5;
    const watched: Watched = { presented: [], freezes: [], counts: false };
    const { connections } = Object.assign(window as unknown as { connections: RTCPeerConnection[] }, { continuity: watched });
    const followed = new WeakSet<HTMLVideoElement>();
    /** Of each picture that was shown at the last look: its freezes, and for how many looks it has been shown. */
    let counted = new Map<string, { freezes: number; looks: number }>();

    const follow = (video: HTMLVideoElement): void => {
      followed.add(video);
      const see: VideoFrameRequestCallback = (_now, { presentationTime }) => {
        if (video.closest(CELLS)?.classList.contains("shown")) watched.presented.push(performance.timeOrigin + presentationTime);
        video.requestVideoFrameCallback(see);
      };
      video.requestVideoFrameCallback(see);
    };

    const count = async (shown: Set<string>): Promise<void> => {
      const now: typeof counted = new Map();
      for (const entry of (await connections.at(-1)!.getStats()).values()) {
        if (entry.type !== "inbound-rtp" || !shown.has(entry.trackIdentifier)) continue;
        const { trackIdentifier: track, freezeCount } = entry as { trackIdentifier: string; freezeCount?: number };
        watched.counts ||= freezeCount !== undefined;
        const before = counted.get(track) ?? { freezes: 0, looks: 0 };
        const freezes = freezeCount ?? 0;
        if (before.looks >= SETTLED_LOOKS && freezes > before.freezes) watched.freezes.push(Date.now());
        now.set(track, { freezes, looks: before.looks + 1 });
      }
      counted = now;
    };

    const look = async (): Promise<void> => {
      const shown = new Set<string>();
      for (const video of document.querySelectorAll<HTMLVideoElement>(`${CELLS} video`)) {
        if (!followed.has(video)) follow(video);
        const [track] = (video.srcObject as MediaStream | null)?.getVideoTracks() ?? [];
        if (track && video.closest(CELLS)?.classList.contains("shown")) shown.add(track.id);
      }
      await count(shown);
      setTimeout(() => void look(), LOOK_EVERY_MS);
    };
    void look();
  });
}

/** How the programme went on from `since` (ms since the epoch) until now. */
export async function continuitySince(page: Inside, since: number): Promise<Continuity> {
  const { presented, freezes, counts, now } = await page.evaluate(() => {
    const { continuity } = window as unknown as { continuity: Watched };
    return { ...continuity, now: performance.timeOrigin + performance.now() };
  });
  if (!counts) throw new Error("this browser counts no freezes");
  // From the last picture before the span on: the first one in it may already be late.
  const first = presented.findLastIndex((at) => at <= since);
  const times = [...presented.slice(Math.max(0, first)), now].sort((a, b) => a - b);
  const gap = Math.max(...times.slice(1).map((at, i) => at - times[i]!));
  return { gap, freezes: freezes.filter((at) => at > since).length };
}
