/** What is looked at and what is on air: preview, layouts, take, the ways back. */
import { layoutName, refusalText } from '$lib/i18n/wording';
import { m } from '$lib/paraglide/messages';
import type { Layout, PreviewId, PreviewView, SiteSlug, SourceRef } from '$lib/wire';
import { type LayoutObstacle, obstacleTo, pick, previewOf } from '../previewPlan';
import { contentReadiness, previewVerdict, type SourceReadiness } from '../readiness';
import { PressGuard } from '$lib/ui/pressGuard';
import type { CommandLine } from '$lib/state/commandLine.svelte';
import { refusalOf } from '$lib/state/outcome';

/** The stage's part of the desk. */
export class StageDesk {
  /** Whether what is in preview would be good on air. */
  readonly verdict = $derived.by(() =>
    previewVerdict(
      this.inPreview?.sources ?? [],
      this.#readinessOf,
      (site) => this.#line.conference.site(site)?.view.muted ?? false,
    ),
  );
  #line: CommandLine;
  #guard = new PressGuard();
  #layout: Layout = $state('single');
  #picked: readonly SiteSlug[] = $state.raw([]);
  /** The preview that this desk asked for last, and the one that there was then; none: it was refused. */
  #asked: { plan: string; before: PreviewId | null } | null = $state.raw(null);

  constructor(line: CommandLine) {
    this.#line = line;
  }

  get #conference() {
    return this.#line.conference;
  }

  /** What is in preview; nothing once the conference is over. */
  get inPreview(): PreviewView | null {
    const { info, stage } = this.#conference;
    return info?.phase === 'ended' ? null : (stage?.preview ?? null);
  }

  /** True while a site shares content. */
  shares = (site: SiteSlug): boolean => this.#conference.site(site)?.sharing ?? false;

  // What the server judges is the camera and its microphone.
  #readinessOf = ({ site, kind }: SourceRef): SourceReadiness | null => {
    const model = this.#conference.site(site);
    return kind === 'content' ? contentReadiness(model) : (model?.ready ?? null);
  };

  /**
   * The layout of the next preview. It is what was chosen here, until the preview is changed by something else: an item that starts,
   * another operator. What is in preview then counts, so that nobody builds on a picture that is no longer there.
   */
  get layout(): Layout {
    return this.#foreign?.layout ?? this.#layout;
  }

  /** Sites that were picked for the preview, the main one first. */
  get picked(): readonly SiteSlug[] {
    return this.#foreign ? sitesOf(this.#foreign.sources) : this.#picked;
  }

  /** What is in preview and was not asked for here. */
  get #foreign(): PreviewView | null {
    const preview = this.#conference.stage?.preview ?? null;
    if (!preview || preview.id === this.#asked?.before) return null;
    return planText(preview) === this.#asked?.plan ? null : preview;
  }

  /** Looks at a site in silence; `add`: beside those that were picked already. */
  async preview(site: SiteSlug, add = false): Promise<void> {
    await this.#ask(this.layout, pick(this.picked, site, add, this.layout));
  }

  /** Chooses a layout and rebuilds the preview from what was picked. */
  async chooseLayout(layout: Layout): Promise<void> {
    if (this.obstacleTo(layout)) return;
    await this.#ask(layout, this.targets);
  }

  /** A site's shared content, large, with its camera. */
  async previewContent(site: SiteSlug): Promise<void> {
    await this.#ask('content_speaker', [site]);
  }

  /** Sites that a layout would show: those picked, else those of the preview. */
  get targets(): readonly SiteSlug[] {
    return this.picked.length > 0 ? this.picked : sitesOf(this.#conference.stage?.preview?.sources ?? []);
  }

  /** Why a layout cannot be chosen now; none: it can. */
  obstacleTo(layout: Layout): LayoutObstacle | null {
    return obstacleTo(layout, this.targets, this.shares);
  }

  /** Empties the preview. */
  clearPreview(): void {
    this.#picked = [];
    void this.#line.run('preview', m.command_clear_preview(), { type: 'clear_preview' });
  }

  /** Puts on air what is in preview now. `repeat` is the keyboard's. */
  take(repeat = false): void {
    const preview = this.#conference.stage?.preview;
    if (!preview) {
      this.#line.refuse(m.take(), refusalText({ code: 'preview_empty' }, this.#line.name));
      return;
    }
    if (!this.#guard.admit(performance.now(), repeat)) return;
    const label = m.command_take({ sites: preview.sources.map((source) => this.#line.name(source.site)).join(' + ') });
    void this.#line.run('take', label, { type: 'take', preview: preview.id });
  }

  backToHall = () => void this.#line.run('hall', m.back_to_hall(), { type: 'back_to_hall' });
  undo = () => void this.#line.run('undo', m.undo(), { type: 'undo' });
  removeFromAir = (site: SiteSlug) =>
    void this.#line.onSite('remove', m.remove_from_air, { type: 'remove_from_air', site });

  async #ask(layout: Layout, picked: readonly SiteSlug[]): Promise<void> {
    this.#layout = layout;
    this.#picked = picked;
    const plan = this.#plan();
    if (!plan) return;
    const text = planText(plan);
    this.#asked = { plan: text, before: this.#conference.stage?.preview?.id ?? null };
    if (this.#line.pending.has('preview')) return;
    const sites = sitesOf(plan.sources).map(this.#line.name).join(' + ');
    const label = m.command_preview({ sites, layout: layoutName(plan.layout) });
    const outcome = await this.#line.run('preview', label, { type: 'set_preview', ...plan });
    // A pick made while the answer was under way is sent now: the latest click is the one that counts.
    const latest = this.#plan();
    if (latest && planText(latest) !== text) return this.#ask(this.#layout, this.#picked);
    if (outcome && refusalOf(outcome)) this.#asked = null;
  }

  #plan() {
    const hall = this.#conference.info?.hall;
    return hall === undefined ? null : previewOf(this.#layout, this.#picked, hall, this.shares);
  }
}

type Plan = { layout: Layout; sources: readonly SourceRef[] };

/** Two plans are the same if their texts are. */
const planText = ({ layout, sources }: Plan): string =>
  [layout, ...sources.map(({ site, kind }) => `${site}/${kind}`)].join(' ');

/** Sites of sources, each once, in order. */
const sitesOf = (sources: readonly SourceRef[]): SiteSlug[] => [...new Set(sources.map((source) => source.site))];
