import { ConferenceStore } from '$lib/state/conference.svelte';
import { conferenceView, floorView, holderView, itemView, queueEntry } from '$lib/state/samples';
import type { Command, ConferenceView, Document } from '$lib/wire';
import { flushSync, mount, tick, unmount } from 'svelte';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { airText } from './airText';
import { CentreCall } from './centreCall.svelte';
import DocumentButton from './DocumentButton.svelte';
import type { SiteStatus } from './model';
import Notices from './Notices.svelte';
import SiteAgenda from './SiteAgenda.svelte';
import { LineCheck } from './lineCheck.svelte';
import type { SitePage } from './sitePage.svelte';
import StatusPanel from './StatusPanel.svelte';

let shown: object | null = null;
afterEach(async () => {
  if (shown) await unmount(shown);
  shown = null;
});

/** A page of Cao Bằng as far as its parts look at it. */
function pageOf(changes: Partial<SitePage> = {}, view: Partial<ConferenceView> = {}, talkback = false): SitePage {
  const conference = new ConferenceStore();
  conference.applySnapshot(conferenceView(['hall', 'cao-bang', 'ha-noi'], view));
  const status: SiteStatus = { name: 'connected', canRequest: true, canRespond: false, heard: false };
  return {
    slug: 'cao-bang',
    name: 'Cao Bằng',
    connecting: false,
    status,
    pending: false,
    refusal: null,
    interruptible: null,
    now: 60_000,
    onAir: false,
    heard: false,
    touring: false,
    onlyHeard: false,
    call: new CentreCall(() => true),
    lineCheck: new LineCheck(vi.fn(), () => Promise.resolve({ up_kbps: null, down_kbps: null })),
    connection: { conference, ready: true, talkback },
    ...changes,
  } as unknown as SitePage;
}

const text = () => document.body.textContent!.replace(/\s+/g, ' ');

describe('the status panel', () => {
  const show = (page: SitePage) => {
    shown = mount(StatusPanel, { target: document.body, props: { page } });
    flushSync();
  };

  it('has no button of the floor while the floor is closed', () => {
    show(pageOf({ status: { name: 'connected', canRequest: false, canRespond: false, heard: false } }));
    expect(document.querySelectorAll('button')).toHaveLength(0);
  });

  it('offers a request, and a response beside it while somebody speaks', () => {
    const sent: Command[] = [];
    const send = async (command: Command) => void sent.push(command);
    show(pageOf({ status: { name: 'connected', canRequest: true, canRespond: true, heard: false }, send }));
    document.querySelectorAll('button').forEach((button) => button.click());
    expect(sent.map((command) => 'kind' in command && command.kind)).toEqual(['request', 'response']);
  });

  it('lets the hall interrupt the site that speaks, by name', () => {
    const sent: Command[] = [];
    const send = async (command: Command) => void sent.push(command);
    show(pageOf({ interruptible: 'ha-noi', send }));
    const interrupt = document.querySelector<HTMLButtonElement>('[data-action="interrupt"]')!;
    expect(interrupt.textContent).toContain('Ngắt lời điểm cầu ha-noi');
    interrupt.click();
    expect(sent).toEqual([{ type: 'interrupt' }]);
  });

  it('lets a site that waits take its request back, also while its place is held', () => {
    const floor = floorView({ queue: [queueEntry('cao-bang')], holder: holderView('ha-noi') });
    const held = { phase: 'normal', running: false, spokenMs: 1, remainingMs: 90_000, overrunMs: 0, share: 0 } as const;
    const status: SiteStatus = { name: 'queued', place: 1, total: 1, response: false, minutes: 5, held };
    show(pageOf({ status }, { floor }));
    expect(text()).toContain('Giữ chỗ');
    expect(text()).toContain('còn 2 phút');
    expect(document.querySelector('button')!.textContent).toContain('Rút đăng ký');
  });
});

describe('the notices', () => {
  const show = (page: SitePage) => {
    shown = mount(Notices, { target: document.body, props: { page } });
    flushSync();
    return [...document.querySelectorAll<HTMLElement>('[data-notice]')].map((one) => one.dataset['notice']);
  };

  it('say nothing on an ordinary day', () => {
    expect(show(pageOf())).toEqual([]);
  });

  it('say what people should do while the line is checked, and what was found', async () => {
    const page = pageOf();
    show(page);
    page.lineCheck.handle({ state: 'observing', started_at: 1, ended_at: null, by: 'lan', report: null });
    await tick();
    expect(document.querySelector('[data-check="observing"]')).not.toBeNull();
    const items = [{ item: 'up' as const, verdict: 'weak' as const, fault: 'narrow_up' as const, value: 300 }];
    const report = { verdict: 'weak' as const, fault: 'narrow_up' as const, items, echo_judged: true };
    page.lineCheck.handle({ state: 'done', started_at: 1, ended_at: 2, by: 'lan', report });
    await tick();
    expect(document.querySelector('[data-check="done"]')?.textContent).toContain('chiều lên quá hẹp');
  });

  it('say that it is a rehearsal', () => {
    const { conference } = conferenceView([]);
    expect(show(pageOf({}, { conference: { ...conference, phase: 'rehearsal' } }))).toEqual(['rehearsal']);
  });

  it('ring until somebody answers or hangs up', () => {
    const send = vi.fn(() => true);
    const call = new CentreCall(send);
    expect(show(pageOf({ call }))).toEqual([]);
    call.begin();
    call.handleLive(48_000);
    flushSync();
    expect(text()).toContain('00:12');
    document.querySelector<HTMLButtonElement>('[data-action="hang-up"]')!.click();
    call.handleLive(null);
    flushSync();
    expect(document.querySelector('[data-notice]')).toBeNull();
    expect(send.mock.calls).toEqual([[true], [false]]);
  });

  it('give way to the voice of the control room', () => {
    const call = new CentreCall(() => true);
    call.begin();
    expect(show(pageOf({ call }, {}, true))).toEqual(['talkback']);
  });

  it('say during the device check that the site is on air', () => {
    expect(show(pageOf({ status: { name: 'check' }, onAir: true, heard: true }))).toEqual(['air']);
    expect(text()).toContain('ĐANG LÊN HÌNH');
  });
});

describe('what is said beside the status of being on air', () => {
  it.each<[Partial<SitePage>, string]>([
    [{}, ''],
    [{ onAir: true, heard: true }, 'MICRO ĐANG MỞ'],
    [{ onAir: true, heard: false }, 'MICRO ĐANG BỊ TẮT'],
    [{ onAir: true, touring: true }, 'micro không phát'],
    [{ onAir: true, touring: true, heard: true }, 'MICRO ĐANG MỞ'],
    [{ heard: true, onlyHeard: true }, 'hình không phát'],
    [{ onAir: true, heard: true, onlyHeard: true }, 'hình không phát'],
    [{ heard: true }, ''],
  ])('%o', (changes, words) => {
    const said = airText(pageOf(changes));
    expect(words === '' ? said : said.includes(words) || said).toBe(words === '' ? '' : true);
  });
});

describe('documents of the agenda', () => {
  const document1: Document = { id: 'd1', name: 'Chỉ thị 45.pdf', bytes: 1_263_000 };

  it('are named beside their item; items that are left out are not shown', () => {
    const items = [itemView('a', { documents: [document1] }), itemView('b', { skipped: true })];
    shown = mount(SiteAgenda, {
      target: document.body,
      props: { page: pageOf({}, { agenda: { items, current: null } }) },
    });
    flushSync();
    expect(document.querySelectorAll('li')).toHaveLength(1);
    expect(text()).toContain('Chỉ thị 45.pdf 1,3 MB');
  });

  it.each([
    [true, 'saved'],
    [false, 'failed'],
  ])('say whether they came: %s', async (came, state) => {
    shown = mount(DocumentButton, {
      target: document.body,
      props: { document: document1, ready: true, save: async () => came },
    });
    flushSync();
    const button = document.querySelector('button')!;
    button.click();
    flushSync();
    expect(button.disabled).toBe(true);
    await new Promise((done) => setTimeout(done));
    flushSync();
    expect(document.querySelector<HTMLElement>('[data-document]')!.dataset['state']).toBe(state);
    expect(button.disabled).toBe(false);
  });
});
