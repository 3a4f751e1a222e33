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
  /** Whom a held key is for, anew each time it is asked; the microphone may still be asked for. */
  #held: { sites: () => readonly SiteSlug[] } | null = null;

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

  /**
   * Why a site cannot be spoken to, in words, empty if it can: what is said privately there would be heard by everybody while its
   * microphone is on air, or a take is about to open it.
   */
  whyNotTalk = (site: SiteSlug): string => {
    const { stage } = this.#line.conference;
    if (stage?.pending?.sources.some((source) => source.site === site)) return m.talkback_on_air();
    if (!stage?.program.microphones.includes(site)) return '';
    const seen = stage.program.sources.some(({ source }) => source.site === site);
    return seen ? m.talkback_on_air() : m.microphone_open();
  };

  /** Speaks privately to sites while a key is held, but to none whose microphone is on air. */
  async talk(sites: readonly SiteSlug[]): Promise<void> {
    await this.#hold(() => sites);
  }

  /** Speaks to all sites that are not on air: nobody in a room that is being shown is talked into. */
  async talkToAll(): Promise<void> {
    await this.#hold(() => {
      const { stage, sites } = this.#line.conference;
      const shown = new Set(stage?.program.sources.map(({ source }) => source.site));
      const others = sites.filter(({ view, online }) => !view.hall && online && !shown.has(view.slug));
      return others.map(({ view }) => view.slug);
    });
  }

  /** What is on air has changed while a key may be held: whoever is on air now is spoken to no longer. */
  handleProgramme(): void {
    const [first] = this.talkingTo;
    if (first === undefined || !this.#held) return;
    const sites = this.#held.sites().filter((site) => this.whyNotTalk(site) === '');
    if (sites.join() === this.talkingTo.join()) return;
    if (this.#speakTo(sites) && sites.length > 0) return;
    this.endTalk();
    if (this.whyNotTalk(first) !== '') this.#refuse(first);
  }

  /** Ends talkback: key released, window left, connection lost, or time over. */
  endTalk(): void {
    this.#held = null;
    clearTimeout(this.#talkbackTimer);
    if (this.talkingTo.length > 0) this.#speakTo([]);
    this.talkingTo = [];
  }

  /** A new connection knows nothing of what was live: solo is asked for again. */
  handleReconnected(): void {
    if (this.solo !== null) this.#line.connection.send({ type: 'solo', site: this.solo });
  }

  /** Nobody is said to speak before a microphone is open. */
  async #hold(wanted: () => readonly SiteSlug[]): Promise<void> {
    if (this.#held !== null || !this.#line.connection.ready || !this.#reaches(wanted())) return;
    const held = { sites: wanted };
    this.#held = held;
    if (this.#microphone?.readyState !== 'live') this.#microphone = (await openMicrophone()).track;
    // The key may have been released while the browser was asking for the microphone, or a take may have been quicker.
    if (this.#held !== held) return;
    if (!this.#microphone) toast.error(m.talkback_no_microphone());
    const sites = held.sites();
    if (
      !this.#microphone ||
      !this.#reaches(sites) ||
      !this.#speakTo(sites.filter((site) => this.whyNotTalk(site) === ''))
    ) {
      this.#held = null;
      return;
    }
    this.#talkbackTimer = setTimeout(() => this.endTalk(), TALKBACK_LIMIT_MS);
    await this.#line.connection.setTrack('microphone', this.#microphone);
  }

  /** True if one of them can be spoken to; where all are on air, that is said. */
  #reaches(sites: readonly SiteSlug[]): boolean {
    const [first] = sites;
    if (first === undefined) return false;
    if (sites.some((site) => this.whyNotTalk(site) === '')) return true;
    this.#refuse(first);
    return false;
  }

  /** Has the microphone routed to these sites, and to no others. */
  #speakTo(sites: readonly SiteSlug[]): boolean {
    const sent = this.#line.connection.send({ type: 'talkback', sites: [...sites] });
    this.talkingTo = sent ? sites : [];
    if (this.talkingTo.length === 0) void this.#line.connection.setTrack('microphone', null);
    return sent;
  }

  #refuse(site: SiteSlug): void {
    this.#line.refuse(
      m.command_talkback({ site: this.#line.name(site) }),
      m.talkback_barred({ why: this.whyNotTalk(site) }),
    );
  }
}
