/** The conference as the server tells it: whole sections, replaced as they change. Nothing is folded here. */
import type {
  AgendaView,
  ConferenceInfo,
  ConferenceView,
  DeskView,
  FloorView,
  LiveView,
  MessageView,
  OperatorLive,
  SiteSlug,
  StageView,
  StateChange,
} from '$lib/wire';
import { SiteModel } from './site.svelte';

/** Messages that are kept, as many as the server sends in a snapshot. */
export const MAX_MESSAGES = 200;
/** Longest text of a message, in characters; as `conference::MAX_TEXT_CHARS`. */
export const MAX_TEXT_CHARS = 2_000;

/** What the desk's section says before it has come, and to those who never get it. */
const NO_DESK: DeskView = {
  plan_locked: false,
  quorum: { sites: 0, delegates: 0 },
  templates: [],
  delegations: {},
  speech: { allowed_ms: 0, warning_ms: 0, grace_ms: 0 },
  floor_mode: null,
};

/** State of one conference; every field is a signal of its own. */
export class ConferenceStore {
  info: ConferenceInfo | null = $state.raw(null);
  /** In the order of the wall, the hall first; the array changes only with a snapshot. */
  sites: readonly SiteModel[] = $state.raw([]);
  agenda: AgendaView = $state.raw({ items: [], current: null });
  floor: FloorView = $state.raw({
    mode: 'closed',
    queue: [],
    cued: [],
    holder: null,
    microphones_allowed: false,
    open_microphones: [],
  });
  stage: StageView | null = $state.raw(null);
  messages: readonly MessageView[] = $state.raw([]);
  /** What the people at the centre arrange among themselves. */
  desk: DeskView = $state.raw(NO_DESK);
  operators: readonly OperatorLive[] = $state.raw([]);
  /** Holder of the control lease. */
  lease: string | null = $state(null);
  /** The lease's holder is missing since then, ms since the epoch: somebody else may take it. */
  leaseMissingSince: number | null = $state(null);
  journalOk: boolean = $state(true);
  /** False while the relay shows everybody lower layers because it cannot keep up. */
  relayKeepsUp: boolean = $state(true);
  /** Server's time of the latest live facts, ms since the epoch. */
  liveAt: number = $state(0);
  #bySlug = new Map<SiteSlug, SiteModel>();
  #operatorsText = '';

  /** A site by its slug. */
  site(slug: SiteSlug): SiteModel | undefined {
    // Reading `sites` makes callers wait for the snapshot that brings the site.
    return this.sites.length > 0 ? this.#bySlug.get(slug) : undefined;
  }

  /** Short name of a site, or its slug while it is unknown. */
  nameOf(slug: SiteSlug): string {
    return this.site(slug)?.view.name ?? slug;
  }

  /** The hall. */
  get hall(): SiteModel | undefined {
    return this.info ? this.site(this.info.hall) : undefined;
  }

  /** A snapshot replaces everything durable; models of sites that stay are kept, so that tiles are not rebuilt. */
  applySnapshot(view: ConferenceView): void {
    this.info = view.conference;
    const known = this.#bySlug;
    const models = view.sites.map((site) => {
      const model = known.get(site.slug) ?? new SiteModel(site);
      model.view = site;
      return model;
    });
    this.#bySlug = new Map(models.map((model) => [model.view.slug, model]));
    const unchanged =
      models.length === this.sites.length && models.every((model, index) => model === this.sites[index]);
    if (!unchanged) this.sites = models;
    this.agenda = view.agenda;
    this.floor = view.floor;
    this.stage = view.stage;
    this.messages = view.messages.slice(-MAX_MESSAGES);
    this.desk = view.desk;
  }

  /** Applies an event's changes in order. */
  applyChanges(changes: readonly StateChange[]): void {
    for (const change of changes) this.#apply(change);
  }

  /** Live facts, whole. */
  applyLive(live: LiveView): void {
    for (const model of this.sites) model.setLive(live.sites[model.view.slug] ?? null);
    const operators = JSON.stringify(live.operators);
    if (operators !== this.#operatorsText) {
      this.#operatorsText = operators;
      this.operators = live.operators;
    }
    this.lease = live.lease;
    this.leaseMissingSince = live.lease_missing_since;
    this.journalOk = live.journal_ok;
    this.relayKeepsUp = live.relay_keeps_up;
    this.liveAt = live.now;
  }

  #apply(change: StateChange): void {
    switch (change.section) {
      case 'conference':
        this.info = change.value;
        return;
      case 'site': {
        const model = this.#bySlug.get(change.value.slug);
        if (model) model.view = change.value;
        return;
      }
      case 'agenda':
        this.agenda = change.value;
        return;
      case 'floor':
        this.floor = change.value;
        return;
      case 'stage':
        this.stage = change.value;
        return;
      case 'message':
        this.messages = withMessage(this.messages, change.value);
        return;
      case 'desk':
        this.desk = change.value;
        return;
    }
  }
}

function withMessage(messages: readonly MessageView[], message: MessageView): readonly MessageView[] {
  const at = messages.findIndex((one) => one.id === message.id);
  if (at >= 0) return messages.with(at, message);
  return [...messages, message].slice(-MAX_MESSAGES);
}
