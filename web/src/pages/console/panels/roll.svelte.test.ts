import { saveText } from '$lib/link/save';
import { deskView, endpointLive, liveView, siteLive, siteView } from '$lib/state/samples';
import type { SiteView } from '$lib/wire';
import { flushSync } from 'svelte';
import { afterEach, describe, expect, it, vi } from 'vitest';
import AbsenceDialog from './AbsenceDialog.svelte';
import { reasonByKey } from './absence';
import { Bench, key } from './bench.svelte';
import RollCallDialog from './RollCallDialog.svelte';
import RollCallPanel from './RollCallPanel.svelte';

vi.mock('svelte-sonner', () => ({ toast: { error: vi.fn(), success: vi.fn(), info: vi.fn() } }));
vi.mock('$lib/link/save', () => ({ saveText: vi.fn() }));

let bench: Bench;
afterEach(() => bench.end());

const PRESENT: Partial<SiteView> = { presence: { state: 'present' } };
const SITES = [
  siteView('An Giang', { ...PRESENT, region: 'Nam', delegates: 6, delegates_present: 5 }),
  siteView('Cao Bằng', { region: 'Bắc' }),
  siteView('Đà Nẵng', { region: 'Trung' }),
  siteView('Huế', { presence: { state: 'absent', reason: 'mất điện' }, region: 'Trung' }),
];
const shown = () => [...document.querySelectorAll<HTMLElement>('[data-roll]')].map((row) => row.dataset['roll']);
const row = (site: string) => document.querySelector<HTMLElement>(`[data-roll="${site}"]`)!;

describe('the roll', () => {
  it('begins where it stands, and goes on to the next that was not called', async () => {
    bench = new Bench(SITES);
    bench.show(RollCallDialog, {});
    expect(document.activeElement).toBe(row('Cao Bằng'));
    expect(key(row('Cao Bằng'), 'KeyP').defaultPrevented).toBe(true);
    await bench.settle();
    expect(bench.server.commands).toEqual([{ type: 'mark_presence', site: 'Cao Bằng', present: true, reason: '' }]);
    expect(document.activeElement).toBe(row('Đà Nẵng'));
  });

  it('asks for the reason of an absence, and a held key calls nobody twice', () => {
    bench = new Bench(SITES);
    bench.show(RollCallDialog, {});
    key(row('Cao Bằng'), 'KeyP', { shiftKey: true });
    expect(bench.desk.rollCall.asking).toBe('Cao Bằng');
    key(row('Đà Nẵng'), 'KeyP', { repeat: true });
    expect(bench.server.commands).toEqual([]);
  });

  it('is walked by arrows, and its hall is not called', () => {
    bench = new Bench(SITES);
    bench.show(RollCallDialog, {});
    expect(shown()).toEqual(['An Giang', 'Cao Bằng', 'Đà Nẵng', 'Huế']);
    key(row('Cao Bằng'), 'ArrowDown');
    expect(document.activeElement).toBe(row('Đà Nẵng'));
    key(row('Đà Nẵng'), 'End');
    key(row('Huế'), 'ArrowDown');
    expect(document.activeElement).toBe(row('Huế'));
    key(row('Huế'), 'Home');
    expect(document.activeElement).toBe(row('An Giang'));
  });

  it('is narrowed by answer, region and name', async () => {
    bench = new Bench(SITES);
    const page = bench.show(RollCallDialog, {});
    await bench.press(/^Chưa gọi/);
    expect(shown()).toEqual(['Cao Bằng', 'Đà Nẵng']);
    const region = page.querySelector('select')!;
    region.value = 'Trung';
    region.dispatchEvent(new Event('change', { bubbles: true }));
    flushSync();
    expect(shown()).toEqual(['Đà Nẵng']);
    const search = page.querySelector<HTMLInputElement>('input[type=search]')!;
    search.value = 'hue';
    search.dispatchEvent(new Event('input', { bubbles: true }));
    flushSync();
    expect(shown()).toEqual([]);
    expect(page.textContent).toContain('Không có điểm cầu nào.');
  });

  it('says whether enough are here', () => {
    bench = new Bench(SITES, { desk: deskView({ quorum: { sites: 3, delegates: 5 } }) });
    const page = bench.show(RollCallDialog, {});
    expect(page.textContent).toContain('Chưa đủ túc số: thiếu 2 điểm cầu');
    bench.conference.desk = deskView({ quorum: { sites: 1, delegates: 5 } });
    flushSync();
    expect(page.textContent).toContain('Đủ túc số');
  });

  it('is kept as a sheet', async () => {
    bench = new Bench(SITES);
    bench.show(RollCallDialog, {});
    await bench.press('Điểm danh (CSV)');
    const [name, text, type] = vi.mocked(saveText).mock.calls[0]!;
    expect([name, type]).toEqual(['x-diem-danh.csv', 'text/csv;charset=utf-8']);
    expect(text).toContain('Huế,Trung,Vắng,mất điện');
  });

  it('is not drawn anew for the figures of its sites', async () => {
    const sites = Array.from({ length: 63 }, (_, at) => `s${at}`);
    bench = new Bench(sites);
    const tell = (kbps: number) =>
      bench.conference.applyLive(
        liveView(
          Object.fromEntries(
            sites.map((site) => [site, siteLive({ level_dbfs: -kbps, endpoints: [endpointLive({ kbps })] })]),
          ),
          { lease: 'minh' },
        ),
      );
    tell(1);
    const page = bench.show(RollCallDialog, {});
    let changes = 0;
    const watch = new MutationObserver((list) => (changes += list.length));
    watch.observe(page, { subtree: true, childList: true, characterData: true, attributes: true });
    for (let kbps = 2; kbps < 10; kbps += 1) {
      tell(kbps);
      await bench.settle();
    }
    expect(changes).toBe(0);
    bench.conference.applyLive(liveView({}, { lease: 'minh' }));
    await bench.settle();
    expect(changes).toBeGreaterThan(0);
    watch.disconnect();
  });
});

describe('the roll in short', () => {
  it('has the turn of the selected site, and leads to the next', async () => {
    bench = new Bench(SITES);
    const page = bench.show(RollCallPanel, {});
    expect(page.querySelector('.turn')?.textContent).toContain('Cao Bằng');
    await bench.press(/✓ Có mặt/);
    await bench.press('Tiếp: Đà Nẵng');
    expect(bench.desk.selected).toBe('Đà Nẵng');
    await bench.press(/✕ Vắng/);
    expect(bench.desk.rollCall.asking).toBe('Đà Nẵng');
    expect(bench.server.commands).toEqual([{ type: 'mark_presence', site: 'Cao Bằng', present: true, reason: '' }]);
  });
});

describe('the reason of an absence', () => {
  it('is chosen by its number, on any keyboard', () => {
    expect(['Digit1', 'Numpad2', 'Digit3', 'Digit0', 'KeyA'].map((code) => reasonByKey(code, ['a', 'b']))).toEqual([
      'a',
      'b',
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('is recorded by one key, unless something is being written', async () => {
    bench = new Bench(SITES);
    bench.desk.rollCall.askReason('Cao Bằng');
    const page = bench.show(AbsenceDialog, { site: 'Cao Bằng' });
    const field = page.querySelector('input')!;
    field.value = 'chờ ';
    field.dispatchEvent(new Event('input', { bubbles: true }));
    flushSync();
    expect(key(field, 'Digit1').defaultPrevented).toBe(false);
    field.value = '';
    field.dispatchEvent(new Event('input', { bubbles: true }));
    flushSync();
    key(field, 'Digit1');
    await bench.settle();
    expect(bench.server.commands).toEqual([
      { type: 'mark_presence', site: 'Cao Bằng', present: false, reason: 'Mất điện' },
    ]);
    expect(bench.desk.rollCall.asking).toBeNull();
  });

  it('may be any other in words, and is never empty', async () => {
    bench = new Bench(SITES);
    const page = bench.show(AbsenceDialog, { site: 'Cao Bằng' });
    const form = page.querySelector('form')!;
    const submit = () => form.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }));
    submit();
    expect(bench.server.commands).toEqual([]);
    const field = page.querySelector('input')!;
    field.value = '  bão  ';
    field.dispatchEvent(new Event('input', { bubbles: true }));
    flushSync();
    submit();
    await bench.settle();
    expect(bench.server.commands).toMatchObject([{ reason: 'bão' }]);
  });

  it('is not asked of the hall', () => {
    bench = new Bench(SITES);
    bench.desk.rollCall.askReason('hall');
    expect(bench.desk.rollCall.asking).toBeNull();
  });
});
