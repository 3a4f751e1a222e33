/** Who is heard, by everybody and by the operator alone: mutes, open microphones, solo, talkback. */
import { openMicrophone } from '$lib/media/devices';
import { m } from '$lib/paraglide/messages';
import type { SiteSlug } from '$lib/wire';
import { toast } from 'svelte-sonner';
import type { CommandLine } from '$lib/state/commandLine.svelte';

/** Talkback ends by itself after this long, as on the server: a key that sticks must not keep a line open (ms). */
export const TALKBACK_LIMIT_MS = 60_000;

/** The sound's part of the desk. */
export class SoundDesk {
  /** Listening to the programme. */
  monitoring: boolean = $state(false);
  solo: SiteSlug | null = $state(null);
  /** Whom the operator speaks to now, off air; nobody: the line is closed. */
  talkingTo: readonly SiteSlug[] = $state.raw([]);
  #line: CommandLine;
  #talkbackTimer: ReturnType<typeof setTimeout> | undefined;
  #microphone: MediaStreamTrack | null = null;
  /** A key is held; the microphone may still be asked for. */
  #wanted: object | null = null;

  constructor(line: CommandLine) {
    this.#line = line;
  }

  muteAll = () => void this.#line.run('mute_all', m.mute_all(), { type: 'mute_all' });
  muteOthers = () => void this.#line.run('mute_others', m.mute_others(), { type: 'mute_others' });
  unmuteAll = () => void this.#line.run('unmute_all', m.unmute_all(), { type: 'unmute_all' });

  /** Mutes a site for everybody, or lets it be heard. */
  toggleMute(site: SiteSlug): void {
    const muted = this.#line.conference.site(site)?.view.muted ?? false;
    void this.#line.onSite('mute', muted ? m.unmute : m.mute, { type: muted ? 'unmute' : 'mute', site });
  }

  /** Allows microphones beyond the holder's, or forbids them. */
  allowMicrophones(allowed: boolean): void {
    const label = allowed ? m.allow_microphones() : m.forbid_microphones();
    void this.#line.run('allow_microphones', label, { type: 'allow_microphones', allowed });
  }

  /** Opens the microphone of a site that is not in the picture, or closes it. */
  toggleMicrophone(site: SiteSlug): void {
    const open = this.#line.conference.floor.open_microphones.includes(site);
    const label = open ? m.close_microphone : m.open_microphone;
    void this.#line.onSite('microphone', label, { type: open ? 'close_microphone' : 'open_microphone', site });
  }

  /** Listens to one site alone, or to nobody. */
  toggleSolo(site: SiteSlug): void {
    const next = this.solo === site ? null : site;
    if (this.#line.connection.send({ type: 'solo', site: next })) this.solo = next;
  }

  /** Speaks privately to sites while a key is held. Nobody is said to speak before a microphone is open. */
  async talk(sites: readonly SiteSlug[]): Promise<void> {
    if (sites.length === 0 || this.#wanted !== null || !this.#line.connection.ready) return;
    const wanted = {};
    this.#wanted = wanted;
    if (this.#microphone?.readyState !== 'live') this.#microphone = (await openMicrophone()).track;
    // The key may have been released while the browser was asking for the microphone.
    if (this.#wanted !== wanted) return;
    if (!this.#microphone) {
      this.#wanted = null;
      toast.error(m.talkback_no_microphone());
      return;
    }
    if (!this.#line.connection.send({ type: 'talkback', sites: [...sites] })) return this.endTalk();
    this.talkingTo = sites;
    this.#talkbackTimer = setTimeout(() => this.endTalk(), TALKBACK_LIMIT_MS);
    await this.#line.connection.setTrack('microphone', this.#microphone);
  }

  /** Speaks to all sites that are not on air: nobody in a room that is being shown is talked into. */
  talkToAll(): Promise<void> {
    const { stage, sites } = this.#line.conference;
    const onAir = new Set(
      [...(stage?.program.sources ?? []).map(({ source }) => source), ...(stage?.pending?.sources ?? [])].map(
        (source) => source.site,
      ),
    );
    const others = sites.filter(({ view }) => !view.hall && !onAir.has(view.slug) && this.#isThere(view.slug));
    return this.talk(others.map(({ view }) => view.slug));
  }

  /** Ends talkback: key released, window left, connection lost, or time over. */
  endTalk(): void {
    this.#wanted = null;
    if (this.talkingTo.length === 0) return;
    clearTimeout(this.#talkbackTimer);
    this.talkingTo = [];
    this.#line.connection.send({ type: 'talkback', sites: [] });
    void this.#line.connection.setTrack('microphone', null);
  }

  /** A new connection knows nothing of what was live: solo is asked for again. */
  handleReconnected(): void {
    if (this.solo !== null) this.#line.connection.send({ type: 'solo', site: this.solo });
  }

  #isThere(site: SiteSlug): boolean {
    return this.#line.conference.site(site)?.online ?? false;
  }
}
