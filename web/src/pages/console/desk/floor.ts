/** Who may speak: the queue, the grant, the speech clock. */
import { floorModeName } from '$lib/i18n/wording';
import { m } from '$lib/paraglide/messages';
import { EXTENSION_S } from '$lib/state/speechClock';
import type { FloorMode, SiteSlug } from '$lib/wire';
import type { CommandLine } from '$lib/state/commandLine.svelte';

/** The floor's part of the desk. */
export class FloorDesk {
  #line: CommandLine;

  constructor(line: CommandLine) {
    this.#line = line;
  }

  get #floor() {
    return this.#line.conference.floor;
  }

  clearQueue = () => void this.#line.run('clear_queue', m.clear_queue(), { type: 'clear_queue' });
  // What waits for an answer is not sent again; so each has a key of its own, and an interruption waits for nobody.
  endSpeech = () => void this.#line.run('end_speech', m.end_speech(), { type: 'end_speech' });
  interrupt = () => void this.#line.run('interrupt', m.interrupt(), { type: 'interrupt' });
  extend = () =>
    void this.#line.run('extend_speech', m.extend_speech(), { type: 'extend_speech', seconds: EXTENSION_S });
  invite = (site: SiteSlug) => void this.#line.onSite('invite', m.invite, { type: 'invite', site });
  grant = (site: SiteSlug) => void this.#line.onSite('grant', m.grant, { type: 'grant', site });
  withdraw = (site: SiteSlug) => void this.#line.onSite('withdraw', m.withdraw, { type: 'withdraw_request', site });

  /** Lets the clock run or stand. */
  toggleClock(): void {
    const { holder } = this.#floor;
    if (!holder) return;
    const running = holder.clock.running_since !== null;
    const label = running ? m.pause_clock() : m.resume_clock();
    void this.#line.run('clock', label, { type: running ? 'pause_clock' : 'resume_clock' });
  }

  /** Tells a site that it is next, or takes that back. */
  toggleCue(site: SiteSlug): void {
    const cued = this.#floor.cued.includes(site);
    void this.#line.onSite('cue', cued ? m.uncue : m.cue, { type: cued ? 'uncue' : 'cue', site });
  }

  /** Moves a request by `step` places. */
  reorder(site: SiteSlug, step: number): void {
    const { queue } = this.#floor;
    const place = queue.findIndex((entry) => entry.site === site);
    if (place < 0) return;
    void this.moveTo(site, Math.min(Math.max(0, place + step), queue.length - 1));
  }

  /** Moves a request to a place, from 0. */
  async moveTo(site: SiteSlug, position: number): Promise<void> {
    if (this.#floor.queue[position]?.site === site) return;
    await this.#line.onSite('reorder', m.reorder, { type: 'reorder_queue', site, position });
  }

  setMode(mode: FloorMode): void {
    const label = m.command_floor({ mode: floorModeName(mode) });
    void this.#line.run('floor', label, { type: 'set_floor_mode', mode });
  }
}
