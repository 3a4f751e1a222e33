/** What the plan page knows and does: its parts, who may edit, the commands. Its widgets read from here and call it. */
import { checkLink, LineChecks } from '$lib/health/lineChecks.svelte';
import { m } from '$lib/paraglide/messages';
import { CommandLine } from '$lib/state/commandLine.svelte';
import type { Connection } from '$lib/state/connection.svelte';
import { ControlDesk } from '$lib/state/control';
import type { ItemPlan, SitePlan, SiteSlug } from '$lib/wire';
import { untrack } from 'svelte';
import { agendaPart, detailsPart, sitesPart } from './kinds';
import { agendaBarrier, type Barrier, controlBarrier, planBarrier } from './model/barrier';
import { detailsOfView, itemOfView, siteOfView } from './model/ofView';
import type { Details } from './model/shapes';
import { SiteMatcher } from './model/siteMatch';
import { PlanPart } from './planPart.svelte';

/** The desk at which a conference is planned. */
export class PlanDesk {
  readonly connection: Connection;
  readonly line: CommandLine;
  readonly control: ControlDesk;
  readonly agenda: PlanPart<readonly ItemPlan[]>;
  readonly sites: PlanPart<readonly SitePlan[]>;
  readonly details: PlanPart<Details>;
  readonly checks: LineChecks;

  constructor(connection: Connection) {
    this.connection = connection;
    this.line = new CommandLine(connection);
    this.control = new ControlDesk(this.line);
    this.agenda = new PlanPart(
      agendaPart(() => this.sites.draft.theirs),
      this.line,
    );
    this.sites = new PlanPart(
      sitesPart(() => this.agenda.draft.theirs),
      this.line,
    );
    this.details = new PlanPart(detailsPart(), this.line);
    this.checks = new LineChecks(checkLink(() => this.id));
  }

  /** The conference. */
  get conference() {
    return this.connection.conference;
  }

  /** Its id; empty before it is known. */
  get id(): string {
    return this.conference.info?.id ?? '';
  }

  get #standing() {
    const { you, ready } = this.connection;
    const { lease, journalOk, info, desk } = this.conference;
    return {
      ready,
      role: you?.role ?? null,
      name: you?.name ?? null,
      lease,
      journalOk,
      phase: info?.phase ?? null,
      locked: desk.plan_locked,
    };
  }

  /** Why the agenda cannot be edited now. */
  readonly agendaBarrier: Barrier | null = $derived.by(() => agendaBarrier(this.#standing));
  /** Why sites and details cannot be edited now. */
  readonly barrier: Barrier | null = $derived.by(() => planBarrier(this.#standing));
  /** Why rehearsal, lock, quorum and prepared texts cannot be changed now. */
  readonly controlBarrier: Barrier | null = $derived.by(() => controlBarrier(this.#standing));

  /** The sites as they are in force, to be found in texts. */
  readonly matcher = $derived.by(() => new SiteMatcher(this.sites.draft.theirs));

  /** Something is edited and not applied. */
  readonly dirty: boolean = $derived.by(() => [this.agenda, this.sites, this.details].some((part) => part.draft.dirty));

  /** Short name of a site. */
  name = (site: SiteSlug): string => this.conference.nameOf(site);

  /** The parts follow the conference. To be called in effects: each waits for the section that it follows, and for nothing else. */
  followAgenda(): void {
    const { info, agenda } = this.conference;
    const items = agenda.items.map(itemOfView);
    if (info) untrack(() => this.agenda.follow(items, info.id));
  }

  followSites(): void {
    const { info, sites } = this.conference;
    const plans = sites.map((site) => siteOfView(site.view));
    if (info && plans.length > 0) untrack(() => this.sites.follow(plans, info.id));
  }

  followDetails(): void {
    const { info, desk, floor } = this.conference;
    if (info) untrack(() => this.details.follow(detailsOfView(info, desk, floor), info.id));
  }

  setLocked = (locked: boolean) =>
    this.line.run('lock', locked ? m.plan_lock() : m.plan_unlock(), { type: 'lock_plan', locked });
  startRehearsal = () => this.line.run('rehearsal', m.plan_rehearsal_start(), { type: 'start_rehearsal' });
  endRehearsal = () => this.line.run('rehearsal', m.plan_rehearsal_end(), { type: 'end_rehearsal' });
}
