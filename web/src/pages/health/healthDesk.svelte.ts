/** What the page knows and does: the health of all sites as it is told, or as it was in a replay. */
import { AlarmDeeds } from '$lib/health/alarmDeeds.svelte';
import { alarmOrder, unseen } from '$lib/health/alarms';
import { incidentOrder } from '$lib/health/incidents';
import { checkLink, LineChecks } from '$lib/health/lineChecks.svelte';
import { countStandings, type Counts } from '$lib/health/standing';
import { failureText } from '$lib/i18n/incidentWording';
import { beforeNextFrame, measured } from '$lib/link/frames';
import { doToAlarm, healthLog, LOG_PAGE, momentAt, recentCurves, siteCurve, timeLine } from '$lib/link/health';
import type { ConferenceStore } from '$lib/state/conference.svelte';
import type { Connection } from '$lib/state/connection.svelte';
import type { Alarm, HealthView, Incident, Moment, SiteHealth, SiteSlug } from '$lib/wire';
import { flushSync } from 'svelte';
import { HealthLog } from './healthLog.svelte';
import { HeldOrder } from './model/heldOrder';
import { Recent, RECENT_S } from './model/recent';
import { liveRow, momentRow, type Row } from './model/rows';
import { ALL, type Filter, filtered, type Order, ordered } from './model/table';
import { Replay } from './replay.svelte';
import { SiteDetail } from './siteDetail.svelte';

/** Name of the measure around what one frame of each second's drawing takes. */
export const FRAME_MEASURE = 'health-frame';

/** The page's desk. */
export class HealthDesk {
  readonly connection: Connection;
  readonly recent = new Recent();
  readonly log: HealthLog;
  readonly deeds: AlarmDeeds;
  readonly checks: LineChecks;
  readonly replay: Replay;
  readonly detail: SiteDetail;
  /** The latest that was told; none: nothing yet. */
  view: HealthView | null = $state.raw(null);
  /** The site that is looked at in detail. */
  site: SiteSlug | null = $state(null);
  /** The site that the arrows of map and table stand on. */
  focused: SiteSlug | null = $state(null);
  filter: Filter = $state.raw(ALL);
  order: Order = $state('trouble');
  /** The table's order as it is shown. */
  slugs: readonly SiteSlug[] = $state.raw([]);
  /** Why the sparklines begin only now: what went before could not be read. */
  earlierUnread: string | null = $state(null);
  /** Somebody is at the table: it must not move. */
  reading = false;
  /** Drawn with each second, after the page's own changes. */
  readonly painters = new Set<() => void>();
  #held = new HeldOrder<SiteSlug>();
  #cancel: (() => void) | null = null;

  constructor(connection: Connection) {
    this.connection = connection;
    this.log = new HealthLog((before) => healthLog(this.id, before), LOG_PAGE);
    this.deeds = new AlarmDeeds((alarm, deed) => doToAlarm(this.id, alarm, deed), this.name);
    this.checks = new LineChecks(checkLink(() => this.id));
    this.replay = new Replay({
      line: (signal) => timeLine(this.id, signal),
      moment: (at, signal) => momentAt(this.id, at, signal),
    });
    this.detail = new SiteDetail((site, signal) => siteCurve(this.id, site, signal));
  }

  /** The conference as it is now. */
  get conference(): ConferenceStore {
    return this.connection.conference;
  }

  /** Its id; empty before it is known. */
  get id(): string {
    return this.connection.you?.conference ?? '';
  }

  /** Short name of a site. */
  name = (site: SiteSlug): string => this.conference.nameOf(site);

  /** The moment that is looked at; none: now, or it has not come yet. */
  readonly moment: Moment | null = $derived.by(() => (this.replay.active ? this.replay.moment : null));

  /** Every site, in the order of the wall, as it is or was. */
  readonly rows: readonly Row[] = $derived.by(() => {
    const { view, moment } = this;
    if (this.replay.active && moment) return moment.state.sites.map((site) => momentRow(site, moment));
    const live = this.replay.active ? undefined : view?.sites;
    return this.conference.sites.map((site) => liveRow(site.view, live?.[site.view.slug]));
  });
  readonly #rowBySlug = $derived(new Map(this.rows.map((row) => [row.view.slug, row])));
  readonly counts: Counts = $derived(countStandings(this.rows.map((row) => row.standing)));
  readonly alarms: readonly Alarm[] = $derived.by(() =>
    alarmOrder((this.replay.active ? this.moment?.alarms : this.view?.alarms) ?? []),
  );
  readonly incidents: readonly Incident[] = $derived.by(() =>
    incidentOrder((this.replay.active ? this.moment?.incidents : this.view?.incidents) ?? []),
  );
  readonly unseen: number = $derived(unseen(this.view?.alarms ?? []).length);
  /** Sites that answer the filter. */
  readonly kept: ReadonlySet<SiteSlug> = $derived(filtered(this.rows, this.filter));

  /** A site's row. */
  row(site: SiteSlug): Row | undefined {
    return this.#rowBySlug.get(site);
  }

  /** Its figures of now. */
  health(site: SiteSlug): SiteHealth | undefined {
    return this.view?.sites[site];
  }

  /** Takes what was told: the elements change with the next frame, the canvases with the one after, so that neither takes too long. */
  receive(view: HealthView): void {
    // A page that nobody sees is slowed down by its browser: no second of the sparklines is lost by that.
    this.recent.note(view);
    this.#cancel?.();
    this.#cancel = beforeNextFrame(() => {
      measured(FRAME_MEASURE, () => {
        this.#take(view);
        flushSync();
      });
      this.#cancel = beforeNextFrame(() => measured(FRAME_MEASURE, () => this.paint()));
    });
  }

  /** Draws what is not elements. */
  paint(): void {
    for (const painter of this.painters) painter();
  }

  /** Fetches what went before: at the start, and after each time without connection. */
  async refresh(): Promise<void> {
    void this.checks.refresh();
    const answer = await recentCurves(this.id, RECENT_S);
    this.earlierUnread = answer.ok ? null : failureText(answer.failure);
    if (!answer.ok) return;
    this.recent.seed(answer.value);
    this.paint();
  }

  /** Looks at a site in detail; none: at all of them. */
  open(site: SiteSlug | null): void {
    if (site !== null) this.focused = site;
    if (site === this.site) return;
    this.site = site;
    void this.detail.show(site);
    if (site !== null && this.replay.line === null) void this.replay.load();
  }

  /** Another order or filter of the table, at once. */
  arrange(order: Order): void {
    this.order = order;
    this.#arrange(true);
  }

  /** Acknowledges an alarm; none: the first that nobody has seen. */
  acknowledge = (alarm: Alarm | undefined = this.alarms.find((one) => one.acknowledged_by === null)): void => {
    if (alarm && !this.replay.active) void this.deeds.do(alarm, 'acknowledge');
  };

  #take(view: HealthView): void {
    this.view = view;
    this.detail.note(view);
    this.log.reach(view.entry);
    this.checks.note(view.check);
    this.#arrange(false);
  }

  #arrange(anew: boolean): void {
    this.slugs = this.#held.show(ordered(this.rows, this.order), this.connection.monotonicNow(), this.reading, anew);
  }
}
