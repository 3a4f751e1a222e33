import type { CommandOutcome } from '$lib/link/machine';
import { forget } from '$lib/link/storage';
import type { Connection } from '$lib/state/connection.svelte';
import { ConferenceStore } from '$lib/state/conference.svelte';
import { conferenceView, deskView, itemView, liveView } from '$lib/state/samples';
import type { Command, Refusal } from '$lib/wire';
import { flushSync } from 'svelte';
import { beforeEach, describe, expect, it } from 'vitest';
import { PlanDesk } from './planDesk.svelte';

/** A server that answers commands as a test says, and what it was asked. */
class FakeConnection {
  readonly conference = new ConferenceStore();
  readonly asked: Command[] = [];
  readonly ready = true;
  readonly you = { conference: 'x', role: 'lead', name: 'An', site: null, endpoint: null };
  refusal: Refusal | null = null;

  async command(command: Command): Promise<CommandOutcome> {
    this.asked.push(command);
    return this.refusal ? { accepted: false, reason: this.refusal } : { accepted: true, revision: 1 };
  }
}

const VIEW = conferenceView(['hall', 'cao-bang', 'ha-nam'], {
  agenda: { items: [itemView('a'), itemView('b', { site: 'cao-bang' })], current: null },
  desk: deskView({ floor_mode: 'queue' }),
});
VIEW.conference.phase = 'preparing';

function opened() {
  const fake = new FakeConnection();
  fake.conference.applySnapshot(structuredClone(VIEW));
  fake.conference.applyLive(liveView({}, { lease: 'An' }));
  const desk = new PlanDesk(fake as unknown as Connection);
  const follow = () => {
    desk.followAgenda();
    desk.followSites();
    desk.followDetails();
  };
  follow();
  return { fake, desk, follow };
}

beforeEach(() =>
  ['agenda', 'sites', 'details'].forEach((part) => [forget(`plan.x.${part}`), forget(`plan.x.${part}.applied`)]),
);

describe('the plan’s desk', () => {
  it('sends an edit of the agenda whole, tidied, and takes it back', async () => {
    const { fake, desk } = opened();
    const { draft } = desk.agenda;
    draft.change([{ ...draft.mine[0]!, title: '  Khai mạc ' }]);
    expect(await desk.agenda.apply()).toBe(true);
    const sent = fake.asked[0] as Extract<Command, { type: 'set_agenda' }>;
    expect(sent.items.map(({ id, title }) => [id, title])).toEqual([['a', 'Khai mạc']]);
    expect([draft.dirty, desk.agenda.canTakeBack]).toEqual([false, true]);

    expect(await desk.agenda.takeBack()).toBe(true);
    expect((fake.asked[1] as typeof sent).items.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(desk.agenda.canTakeBack).toBe(false);
  });

  it('takes back also after the reload that a changed list of sites brings', async () => {
    const { fake, desk } = opened();
    desk.sites.draft.change(desk.sites.draft.mine.filter((site) => site.slug !== 'ha-nam'));
    await desk.sites.apply();
    const again = opened();
    expect(again.desk.sites.canTakeBack, 'the server has something else').toBe(false);
    const view = { ...VIEW, sites: VIEW.sites.filter((site) => site.slug !== 'ha-nam') };
    again.fake.conference.applySnapshot(structuredClone(view));
    again.follow();
    expect(again.desk.sites.canTakeBack).toBe(true);
    expect(await again.desk.sites.takeBack()).toBe(true);
    const sent = again.fake.asked[0] as Extract<Command, { type: 'set_sites' }>;
    expect(sent.sites.map(({ slug }) => slug)).toEqual(['hall', 'cao-bang', 'ha-nam']);
    expect(fake.asked).toHaveLength(1);
  });

  it('does not take back what somebody else has changed since', async () => {
    const { fake, desk, follow } = opened();
    desk.agenda.draft.change([]);
    await desk.agenda.apply();
    fake.conference.applyChanges([{ section: 'agenda', value: { items: [itemView('c')], current: null } }]);
    follow();
    expect(desk.agenda.canTakeBack).toBe(false);
  });

  it('puts the server’s problems at their rows until the edit changes', async () => {
    const { fake, desk } = opened();
    const { draft } = desk.agenda;
    fake.refusal = { code: 'bad_plan', problems: ['title of b must have 1 to 300 characters'] };
    draft.change(draft.mine.map((item) => ({ ...item, planned_ms: 60_000 })));
    expect(await desk.agenda.apply()).toBe(false);
    expect(desk.agenda.problemsOf('b')).toEqual([{ code: 'missing', field: 'title' }]);
    expect([draft.dirty, desk.agenda.broken]).toEqual([true, true]);
    draft.change(draft.mine.map((item) => ({ ...item, planned_ms: 120_000 })));
    expect(desk.agenda.problemsOf('b')).toEqual([]);
  });

  it('knows that a site cannot go while the agenda names it', () => {
    const { desk } = opened();
    const { draft } = desk.sites;
    draft.change(draft.mine.filter((site) => site.slug !== 'cao-bang'));
    expect(desk.sites.problemsOf(null)).toContainEqual({ code: 'site_in_agenda', site: 'cao-bang', item: 'b' });
  });

  it('sends of the general part only what differs', async () => {
    const { fake, desk } = opened();
    const { draft } = desk.details;
    draft.change({ ...draft.mine, quorum: { sites: 42, delegates: 0 }, templates: ['Kiểm tra micro', ' '] });
    expect(desk.details.broken, 'an empty prepared text is told').toBe(true);
    await desk.details.apply();
    expect(fake.asked).toEqual([
      { type: 'set_quorum', quorum: { sites: 42, delegates: 0 } },
      { type: 'set_templates', texts: ['Kiểm tra micro'] },
    ]);
  });

  it('merges edits of the general part that do not meet, and counts those that do', () => {
    const { fake, desk, follow } = opened();
    const { draft } = desk.details;
    draft.change({ ...draft.mine, title: 'Của tôi', support_phone: '1' });
    const info = { ...VIEW.conference, support_phone: '2' };
    fake.conference.applyChanges([{ section: 'conference', value: info }]);
    follow();
    expect(desk.details.conflict).toBe(true);
    expect(desk.details.merged).toMatchObject({ clashes: 1, merged: { title: 'Của tôi', support_phone: '1' } });
  });

  it('says why nothing can be edited, the conference’s reasons first', () => {
    const { fake, desk } = opened();
    expect(desk.barrier).toBeNull();
    fake.conference.applyLive(liveView({}, { lease: 'Bình' }));
    expect(desk.barrier).toEqual({ why: 'lease', holder: 'Bình' });
    fake.conference.applyChanges([{ section: 'desk', value: deskView({ plan_locked: true }) }]);
    expect(desk.barrier).toEqual({ why: 'locked' });
    expect(desk.controlBarrier).toEqual({ why: 'lease', holder: 'Bình' });
    fake.conference.applyChanges([{ section: 'conference', value: { ...VIEW.conference, phase: 'live' } }]);
    expect(desk.barrier).toEqual({ why: 'live' });
  });

  it('keeps an edit over a reload', () => {
    const { desk } = opened();
    desk.agenda.draft.change([]);
    expect(opened().desk.agenda.draft.mine).toEqual([]);
    expect(opened().desk.dirty).toBe(true);
  });

  it('follows the conference in effects that wait for it alone', () => {
    const { fake, desk } = opened();
    let runs = 0;
    const end = $effect.root(() => {
      $effect(() => {
        runs += 1;
        desk.followAgenda();
      });
    });
    flushSync();
    desk.agenda.draft.change([]);
    flushSync();
    expect(runs).toBe(1);
    fake.conference.applyChanges([{ section: 'agenda', value: { items: [itemView('c')], current: null } }]);
    flushSync();
    expect([runs, desk.agenda.conflict]).toEqual([2, true]);
    end();
  });
});
