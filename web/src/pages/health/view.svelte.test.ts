import { flushSync, mount, unmount } from 'svelte';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { alarm, curve, healthView, incident, lineHealth, moment, NOON, siteHealth } from '$lib/health/samples';
import { Bench } from './bench';
import HealthView from './HealthView.svelte';
import { listenToKeys } from './keyboard';
import { FRAME_MEASURE } from './healthDesk.svelte';

let shown: object | null = null;
let deafen = () => {};

function show(bench: Bench): HTMLElement {
  shown = mount(HealthView, { target: document.body, props: { desk: bench.desk, ticker: bench.ticker } });
  deafen = listenToKeys(bench.desk, () => NOON);
  flushSync();
  return document.body;
}

afterEach(async () => {
  deafen();
  if (shown) await unmount(shown);
  shown = null;
});

const TROUBLE = healthView(
  {
    hall: siteHealth(),
    'cao-bang': siteHealth({ quality: 'weak', reason: 'loss', faults: ['echo'], up: lineHealth({ loss: 0.05 }) }),
    'ha-noi': siteHealth({ quality: null, since: null, up: null, down: null, score: null }),
  },
  { alarms: [alarm(7, { kind: 'echo', gone_at: NOON - 10_000 }), alarm(8)], incidents: [incident(1)] },
);
const names = (root: HTMLElement) => [...root.querySelectorAll('tbody th')].map((cell) => cell.textContent.trim());
const strike = (target: EventTarget, code: string) =>
  target.dispatchEvent(new KeyboardEvent('keydown', { code, bubbles: true, cancelable: true }));

describe('the health page', () => {
  it('says that it waits until the first figures have come', async () => {
    const bench = new Bench();
    const root = show(bench);
    expect(root.querySelector('main')!.getAttribute('aria-busy')).toBe('true');
    await bench.tell(TROUBLE);
    expect(root.querySelector('main')!.getAttribute('aria-busy')).toBeNull();
  });

  it('tells every site’s state in words on the map and in the table, the worst first', async () => {
    const bench = new Bench();
    const root = show(bench);
    await bench.tell(TROUBLE);
    const tile = root.querySelector('[data-map] [data-site="cao-bang"]')!;
    expect(tile.getAttribute('data-standing')).toBe('weak');
    expect(tile.textContent.replaceAll(/\s+/g, ' ')).toContain('Yếu – mất gói tin');
    expect(tile.textContent).toContain('tiếng vọng');
    expect(names(root)).toEqual(['Cao Bằng', 'Hà Nội', 'Hội trường']);
    expect(root.querySelector('[data-row="cao-bang"]')!.textContent).toContain('5,0 %');
    expect(root.querySelector('[data-row="ha-noi"]')!.textContent).toContain('Vắng');
  });

  it('does the work of a second in two frames, each between marks that tests can read', async () => {
    const bench = new Bench();
    show(bench);
    const before = performance.getEntriesByName(FRAME_MEASURE).length;
    await bench.tell(TROUBLE);
    // The elements in one frame, the canvases in the next.
    await vi.waitFor(() => expect(performance.getEntriesByName(FRAME_MEASURE).length).toBe(before + 2));
  });

  it('says that what went before could not be read, and reads it again', async () => {
    const bench = new Bench();
    const root = show(bench);
    await bench.tell(TROUBLE);
    bench.api.answers['/health/recent'] = undefined;
    await bench.desk.refresh();
    flushSync();
    const told = root.querySelector('.sites .unread')!;
    expect(told.textContent).toContain('bắt đầu từ bây giờ');

    bench.api.answers['/health/recent'] = [];
    told.querySelector('button')!.click();
    await vi.waitFor(() => {
      flushSync();
      expect(root.querySelector('.sites .unread')).toBeNull();
    });
  });

  it('greys figures that are old and says how old', async () => {
    const bench = new Bench();
    const root = show(bench);
    await bench.tell({ ...TROUBLE, at: NOON - 7_400 });
    expect(root.querySelector('[data-stale]')).not.toBeNull();
    expect(root.querySelector('[data-banner="stale"]')!.textContent).toContain('số liệu cũ 7 s');
  });

  it('opens a site by a click or by Enter on the map, where arrows move, and Escape comes back', async () => {
    const bench = new Bench();
    const root = show(bench);
    await bench.tell(TROUBLE);
    const tile = (site: string) => root.querySelector<HTMLElement>(`[data-map] [data-site="${site}"]`)!;
    tile('cao-bang').focus();
    strike(tile('cao-bang'), 'ArrowDown');
    expect(document.activeElement).toBe(tile('ha-noi'));
    strike(tile('ha-noi'), 'Enter');
    flushSync();
    expect(root.querySelector('[data-detail="ha-noi"]')).not.toBeNull();
    strike(window, 'Escape');
    flushSync();
    expect(root.querySelector('[data-detail]')).toBeNull();
    root.querySelector<HTMLElement>('[data-row="cao-bang"] button')!.click();
    flushSync();
    expect(root.querySelector('[data-detail="cao-bang"]')).not.toBeNull();
  });
});

describe('one site in detail', () => {
  it('is whom to ring, what to do, what is measured, its curves and its history', async () => {
    const bench = new Bench();
    bench.api.answers['/curve'] = curve([NOON / 1_000 - 2, NOON / 1_000 - 1], [30, 40]);
    const log = [{ entry: 1, at: NOON, what: { type: 'verdict', site: 'cao-bang', quality: 'weak', reason: 'loss' } }];
    bench.api.answers['/health/log'] = log;
    bench.api.answers['/replay'] = {
      from: NOON - 9_000,
      to: NOON,
      marks: [{ at: NOON - 5_000, kind: 'endpoint_joined', actor: null, site: 'cao-bang' }],
    };
    const root = show(bench);
    await bench.tell({ ...TROUBLE, entry: 1 });
    bench.desk.open('cao-bang');
    await vi.waitFor(() => expect(root.querySelector('[data-curves="shown"]')).not.toBeNull());
    flushSync();
    const detail = root.querySelector('[data-detail]')!;
    expect(detail.querySelector('a[href="tel:0912345678"]')!.textContent).toContain('0912 345 678');
    expect(detail.querySelector('[data-advice]')!.textContent).toContain('Giảm âm lượng loa');
    expect(detail.textContent).toContain('rất tốt');
    expect(detail.querySelector('canvas')!.getAttribute('aria-label')).toContain('mới nhất 40 ms');
    await vi.waitFor(() => expect(detail.textContent).toContain('thiết bị kết nối'));
    expect(detail.textContent).toContain('Cao Bằng: Yếu – mất gói tin');
  });

  it('says that its curve could not be read, and tries again', async () => {
    const bench = new Bench();
    bench.api.answers['/curve'] = undefined;
    const root = show(bench);
    await bench.tell(TROUBLE);
    bench.desk.open('cao-bang');
    await vi.waitFor(() => expect(root.querySelector('[data-detail] [role="alert"]')).not.toBeNull());
    bench.api.answers['/curve'] = curve([NOON / 1_000], [1]);
    root.querySelector<HTMLElement>('[data-detail] [role="alert"] button')!.click();
    await vi.waitFor(() => expect(root.querySelector('[data-curves="shown"]')).not.toBeNull());
  });
});

describe('alarms', () => {
  it('that nobody has seen are counted; A acknowledges the first of them', async () => {
    const bench = new Bench();
    const root = show(bench);
    await bench.tell(TROUBLE);
    expect(root.querySelector('[data-unseen]')!.textContent).toContain('2 báo động');
    expect([...root.querySelectorAll('[data-alarm]')].map((item) => item.getAttribute('data-alarm'))).toEqual([
      'lost',
      'echo',
    ]);
    strike(window, 'KeyA');
    await vi.waitFor(() => expect(bench.api.asked).toContain('health/alarms/8/acknowledge'));
    await vi.waitFor(() => expect(root.querySelector('[data-outcome="accepted"]')).not.toBeNull());
  });

  it('can be cleared by hand once their cause has gone', async () => {
    const bench = new Bench();
    const root = show(bench);
    await bench.tell(TROUBLE);
    const clear = (kind: string) => root.querySelector<HTMLElement>(`[data-alarm="${kind}"] [data-action="clear"]`);
    expect(clear('lost')).toBeNull();
    expect(root.querySelector('[data-alarm="echo"]')!.textContent).toContain('tự xóa sau 50 s');
    clear('echo')!.click();
    await vi.waitFor(() => expect(bench.api.asked).toContain('health/alarms/7/clear'));
  });

  it('are locked without the server', async () => {
    const bench = new Bench(false);
    const root = show(bench);
    await bench.tell(TROUBLE);
    expect(root.querySelector('[data-banner="lost"]')).not.toBeNull();
    expect(root.querySelector<HTMLButtonElement>('[data-action="acknowledge"]')!.disabled).toBe(true);
  });
});

describe('incidents', () => {
  it('are told with their cause and how many of its sites dropped', async () => {
    const bench = new Bench();
    const root = show(bench);
    await bench.tell(TROUBLE);
    root.querySelector<HTMLElement>('[data-tab="incidents"]')!.click();
    flushSync();
    expect(root.querySelector('[data-incident="carrier"]')!.textContent).toContain(
      'Nhà mạng Viettel: 1 trên 1 điểm cầu',
    );
  });
});

describe('a replay', () => {
  it('shows who was on air, the map of then, and leads back to live', async () => {
    const bench = new Bench();
    const then = moment(NOON - 60_000, { alarms: [alarm(3, { site: 'hall', kind: 'clipping' })] });
    bench.api.answers['/replay/moment'] = {
      ...then,
      state: { ...then.state, sites: bench.conference.sites.map((site) => site.view) },
    };
    const root = show(bench);
    await bench.tell(TROUBLE);
    strike(window, 'KeyR');
    await vi.waitFor(() => expect(root.querySelector('[data-moment]')).not.toBeNull());
    flushSync();
    expect(root.querySelector('[data-moment]')!.textContent).toContain('Hội trường');
    const tile = (site: string) =>
      root.querySelector(`[data-map] [data-site="${site}"]`)!.getAttribute('data-standing');
    expect([tile('hall'), tile('cao-bang')]).toEqual(['good', 'absent']);
    expect(root.querySelector<HTMLButtonElement>('[data-action="acknowledge"]')!.disabled).toBe(true);
    root.querySelector<HTMLElement>('[data-action="live"]')!.click();
    flushSync();
    expect([root.querySelector('[data-replay]'), tile('cao-bang')]).toEqual([null, 'weak']);
  });
});
