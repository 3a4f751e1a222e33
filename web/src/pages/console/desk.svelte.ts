/**
 * What the console does. Widgets read from here and call it; each mechanism has a part of its own in `desk/`, and all of them send
 * their commands through one line.
 */
import { refusalText } from '$lib/i18n/wording';
import { CommandLine, type LastCommand } from '$lib/state/commandLine.svelte';
import type { Connection } from '$lib/state/connection.svelte';
import { ControlDesk } from '$lib/state/control';
import type { SiteModel } from '$lib/state/site.svelte';
import { IDLE, tallies, type Tally } from '$lib/state/tally';
import type { Refusal, SiteSlug } from '$lib/wire';
import { AgendaDesk } from './desk/agenda';
import { CallDesk } from './desk/calls';
import { CaptionDesk } from './desk/captions';
import { FloorDesk } from './desk/floor';
import { HoldingDesk } from './desk/holding.svelte';
import { IncidentDesk } from './desk/incidents.svelte';
import { MessageDesk } from './desk/messages.svelte';
import { RollCallDesk } from './desk/rollCall.svelte';
import { SoundDesk } from './desk/sound.svelte';
import { StageDesk } from './desk/stage.svelte';
import { TourDesk } from './desk/tour.svelte';
import type { Audience } from './panels/audience';
import type { FloorFacts } from './panels/floorObstacles';
import { RailTabs } from './panels/railTabs.svelte';
import { barrierTo, type CommandType } from './rights';
import { stepInQueue, type Waiting } from './standby';
import { matches, type WallFilter } from './wallFilter';

/** Whether a button is disabled, and what it says of itself. */
export type Permission = { disabled: boolean; title: string | undefined };

const permission = (barrier: string, title: string | undefined): Permission => ({
  disabled: barrier !== '',
  title: barrier || title,
});

/** The operator's desk. */
export class Desk {
  readonly connection: Connection;
  readonly line: CommandLine;
  readonly stage: StageDesk;
  readonly captions: CaptionDesk;
  readonly holding: HoldingDesk;
  readonly tour: TourDesk;
  readonly floor: FloorDesk;
  readonly agenda: AgendaDesk;
  readonly sound: SoundDesk;
  readonly messages: MessageDesk;
  readonly rollCall: RollCallDesk;
  readonly calls: CallDesk;
  readonly incidents: IncidentDesk;
  readonly control: ControlDesk;
  readonly rail = new RailTabs();
  /** The tile that keys act on. */
  selected: SiteSlug | null = $state(null);
  filter: WallFilter = $state({ region: '', state: 'all' });
  readonly tallies = $derived.by(() => {
    const { stage, floor, info } = this.connection.conference;
    return tallies(stage, floor, info?.phase);
  });

  constructor(connection: Connection) {
    this.connection = connection;
    this.line = new CommandLine(connection);
    this.stage = new StageDesk(this.line);
    this.captions = new CaptionDesk(this.line);
    this.holding = new HoldingDesk(this.line);
    this.tour = new TourDesk(this.line, () => this.filtered);
    this.floor = new FloorDesk(this.line);
    this.agenda = new AgendaDesk(this.line);
    this.sound = new SoundDesk(this.line);
    this.messages = new MessageDesk(this.line);
    this.rollCall = new RollCallDesk(this.line);
    this.calls = new CallDesk(this.line, this.sound, (site) => (this.selected = site));
    this.incidents = new IncidentDesk(this.line);
    this.control = new ControlDesk(this.line);
  }

  /** The conference. */
  get conference() {
    return this.connection.conference;
  }

  /** The last command, and what came of it. */
  get last(): LastCommand | null {
    return this.line.last;
  }

  /** Keys of commands that wait for an answer. */
  get pending(): ReadonlySet<string> {
    return this.line.pending;
  }

  /** Short name of a site. */
  name = (site: SiteSlug): string => this.line.name(site);

  /** A refusal in words; empty where there is none. */
  words = (refusal: Refusal | null): string => (refusal ? refusalText(refusal, this.name) : '');

  /** What decides on commands about the floor. */
  get floorFacts(): FloorFacts {
    return { floor: this.conference.floor, phase: this.conference.info?.phase };
  }

  /**
   * What a button of a command needs: whether it is disabled, and why. `obstacle` is a reason of the widget's own; `title` is said
   * while nothing is in the way.
   */
  may(command: CommandType, obstacle = '', title?: string): Permission {
    return permission(barrierTo(command, this.#standing) || obstacle, title);
  }

  /** The same for a command about one site: an assistant may do more at sites of regions that were given to it. */
  mayAt(site: SiteSlug, command: CommandType, obstacle = '', title?: string): Permission {
    const region = this.conference.site(site)?.view.region ?? null;
    return permission(barrierTo(command, this.#standing, region) || obstacle, title);
  }

  get #standing() {
    const { you, ready } = this.connection;
    const { lease, journalOk, desk, info } = this.conference;
    const name = you?.name ?? null;
    const regions = desk.delegations[name ?? ''] ?? [];
    return { ready, role: you?.role ?? null, name, lease, journalOk, regions, ended: info?.phase === 'ended' };
  }

  /** The site that keys act on. */
  get selectedSite(): SiteModel | undefined {
    return this.selected === null ? undefined : this.conference.site(this.selected);
  }

  /** Tally of a site. */
  tallyOf(site: SiteSlug): Tally {
    return this.tallies.get(site) ?? IDLE;
  }

  /** Sites that the wall's filter leaves, in the order of the wall. */
  get filtered(): SiteSlug[] {
    const left = this.conference.sites.filter((site) =>
      matches(this.filter, { site, tally: this.tallyOf(site.view.slug) }),
    );
    return left.map((site) => site.view.slug);
  }

  /** Brings the messages to the front and the writing field under the hand; `audience`: to whom. */
  write(audience: Audience): void {
    this.messages.audience = audience;
    this.messages.wanted = true;
    this.rail.show('messages');
  }

  /** A click on a tile: select it and look at it, in silence. */
  preview(site: SiteSlug, add = false): Promise<void> {
    this.selected = site;
    return this.stage.preview(site, add);
  }

  /** A site's shared content, large, with its camera. */
  previewContent(site: SiteSlug): Promise<void> {
    this.selected = site;
    return this.stage.previewContent(site);
  }

  /** What decides who stands by. */
  get waiting(): Waiting {
    const { floor, agenda } = this.conference;
    return { floor, agenda, online: this.isOnline };
  }

  /** True if the site can be shown. */
  isOnline = (site: SiteSlug): boolean => this.conference.site(site)?.online ?? false;

  /** Looks at the queue's next or previous site, from the one that is in preview; where nobody waits, at who stands by. */
  previewInQueue(step: 1 | -1): void {
    const next = stepInQueue(step, this.conference.stage?.preview?.sources[0]?.site, this.waiting);
    if (next !== null) void this.preview(next);
  }
}
