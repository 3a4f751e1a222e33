/** The state of the board of buttons: its lamps, and what came of the latest press. */
import { act, followTally, keepAccess, type SurfaceAccess, takeAccess } from '$lib/link/surface';
import type { Problem, SiteSlug, TallyView } from '$lib/wire';

/** The latest press. */
export type Press = { label: string; outcome: 'pending' | 'done' | 'refused'; problem: Problem | null };

/** One board. */
export class Board {
  access: SurfaceAccess | null = $state.raw(takeAccess());
  tally: TallyView | null = $state.raw(null);
  connected: boolean = $state(false);
  /** Why the token opens nothing. */
  refused: Problem | null = $state.raw(null);
  last: Press | null = $state.raw(null);

  /** Follows the lamps; the returned function ends it. */
  follow(access: SurfaceAccess): () => void {
    return followTally(access, {
      tally: (tally) => (this.tally = tally),
      connected: (up) => (this.connected = up),
      refused: (problem) => {
        this.refused = problem;
        this.leave();
      },
    });
  }

  enter(access: SurfaceAccess): void {
    keepAccess(access);
    this.refused = null;
    this.access = access;
  }

  leave(): void {
    keepAccess(null);
    this.access = null;
    this.tally = null;
    this.connected = false;
  }

  /** Puts on air what this board shows as the preview: if it is another one by now, the server refuses. */
  take(label: string): void {
    const preview = this.tally?.preview;
    if (preview != null) void this.press(label, 'take', { preview: String(preview) });
  }

  /** Mutes a site, or lets it be heard again. */
  toggleMute(label: string, site: SiteSlug): void {
    void this.press(label, this.tally?.sites[site]?.muted ? 'unmute' : 'mute', { site });
  }

  /**
   * Presses a button. One press at a time: what follows waits for the hand to come again. But whoever needs the hall needs it at once,
   * whatever else still waits for an answer.
   */
  async press(label: string, action: string, fields: Record<string, string> = {}): Promise<void> {
    if (!this.access || (this.last?.outcome === 'pending' && action !== 'back_to_hall')) return;
    const mine: Press = { label, outcome: 'pending', problem: null };
    this.last = mine;
    const result = await act(this.access, action, fields);
    if (!result.ok) this.last = { label, outcome: 'refused', problem: result.problem };
    else if (this.last === mine) this.last = { label, outcome: 'done', problem: null };
  }
}
