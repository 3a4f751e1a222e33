/** What is looked at and what is on air: preview, layouts, take, the ways back. */
import { layoutName, refusalText } from '$lib/i18n/wording';
import { m } from '$lib/paraglide/messages';
import type { Layout, Readiness, SiteSlug, SourceRef } from '$lib/wire';
import { type LayoutObstacle, obstacleTo, pick, previewOf } from '../previewPlan';
import { previewVerdict } from '../readiness';
import { TakeGuard } from '../takeGuard';
import type { CommandLine } from './commandLine.svelte';

/** The stage's part of the desk. */
export class StageDesk {
  layout: Layout = $state('single');
  picked: readonly SiteSlug[] = $state.raw([]);
  /** Whether what is in preview would be good on air. */
  readonly verdict = $derived.by(() =>
    previewVerdict(
      this.#line.conference.stage?.preview?.sources ?? [],
      this.#readinessOf,
      (site) => this.#line.conference.site(site)?.view.muted ?? false,
    ),
  );
  #line: CommandLine;
  #guard = new TakeGuard();

  constructor(line: CommandLine) {
    this.#line = line;
  }

  get #conference() {
    return this.#line.conference;
  }

  /** True while a site shares content. */
  shares = (site: SiteSlug): boolean => this.#conference.site(site)?.sharing ?? false;

  // What is judged is the camera and its microphone; of content only its presence is known.
  #readinessOf = ({ site, kind }: SourceRef): Readiness | null => {
    if (kind === 'content') return { state: this.shares(site) ? 'ready' : 'offline' };
    return this.#conference.site(site)?.live?.ready ?? null;
  };

  /** Looks at a site in silence; `add`: beside those that were picked already. */
  async preview(site: SiteSlug, add = false): Promise<void> {
    this.picked = pick(this.picked, site, add, this.layout);
    await this.#sendPreview();
  }

  /** Chooses a layout and rebuilds the preview from what was picked. */
  async chooseLayout(layout: Layout): Promise<void> {
    this.layout = layout;
    this.picked = this.targets;
    await this.#sendPreview();
  }

  /** A site's shared content, large, with its camera. */
  async previewContent(site: SiteSlug): Promise<void> {
    this.layout = 'content_speaker';
    await this.preview(site);
  }

  /** Sites that a layout would show: those picked, else those of the preview. */
  get targets(): readonly SiteSlug[] {
    if (this.picked.length > 0) return this.picked;
    return [...new Set((this.#conference.stage?.preview?.sources ?? []).map((source) => source.site))];
  }

  /** Why a layout cannot be chosen now; none: it can. */
  obstacleTo(layout: Layout): LayoutObstacle | null {
    return obstacleTo(layout, this.targets, this.shares);
  }

  /** Empties the preview. */
  clearPreview(): void {
    this.picked = [];
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

  async #sendPreview(): Promise<void> {
    const plan = this.#plan();
    if (!plan) return;
    const sites = [...new Set(plan.sources.map((source) => this.#line.name(source.site)))].join(' + ');
    const label = m.command_preview({ sites, layout: layoutName(plan.layout) });
    const before = JSON.stringify(plan);
    await this.#line.run('preview', label, { type: 'set_preview', ...plan });
    // A pick made while the answer was under way is sent now: the latest click is the one that counts.
    const latest = this.#plan();
    if (latest && JSON.stringify(latest) !== before) await this.#sendPreview();
  }

  #plan() {
    const hall = this.#conference.info?.hall;
    return hall === undefined ? null : previewOf(this.layout, this.picked, hall, this.shares);
  }
}
