import { floorView, itemView } from '$lib/state/samples';
import type { ItemView, Phase } from '$lib/wire';
import { flushSync } from 'svelte';
import { afterEach, describe, expect, it, vi } from 'vitest';
import RunningItem from '../parts/RunningItem.svelte';
import AgendaPanel from './AgendaPanel.svelte';
import { Bench } from './bench.svelte';

vi.mock('svelte-sonner', () => ({ toast: { error: vi.fn(), success: vi.fn(), info: vi.fn() } }));

const MINUTE = 60_000;
/** 08:30 in the hall. */
const START = Date.UTC(2021, 0, 21, 1, 30);
const ITEMS: ItemView[] = [
  itemView('opening', { planned_ms: 20 * MINUTE, started_at: START, finished_at: START + 24 * MINUTE }),
  itemView('report', {
    planned_ms: 15 * MINUTE,
    started_at: START + 24 * MINUTE,
    site: 'Cao Bằng',
    speaker: { name: 'Bà A', title: 'Chủ tịch', organisation: 'UBND tỉnh' },
    documents: [{ id: 'd 1', name: 'Báo cáo.pdf', bytes: 10 }],
  }),
  itemView('break', { planned_ms: 10 * MINUTE, skipped: true }),
  itemView('second', { planned_ms: 15 * MINUTE, site: 'Huế' }),
  itemView('third', { planned_ms: 10 * MINUTE }),
];

let bench: Bench;
afterEach(() => bench.end());

function agenda(minute: number, items = ITEMS, phase: Phase = 'live', current: string | null = 'report') {
  bench = new Bench(['Cao Bằng', 'Huế'], { agenda: { items, current }, floor: floorView() });
  bench.conference.info = { ...bench.conference.info!, phase };
  bench.pass(START + minute * MINUTE);
  return bench.show(AgendaPanel, {});
}
const row = (title: string) => [...document.querySelectorAll('li')].find((one) => one.textContent?.includes(title))!;

describe('the run of the day', () => {
  it('shows what is on with its speaker, site and documents, and what comes next', () => {
    agenda(30);
    expect(row('report').textContent).toMatch(/ĐANG DIỄN RA.*06:00.*15′.*Bà A, Chủ tịch, UBND tỉnh.*Cao Bằng/s);
    expect(row('report').getAttribute('aria-current')).toBe('step');
    expect(row('report').querySelector('a')?.getAttribute('href')).toBe('/api/v1/conferences/x/documents/d%201');
    // What is left out is not next.
    expect(row('second').textContent).toContain('TIẾP THEO');
    expect(row('break').textContent).not.toContain('TIẾP THEO');
  });

  it('says how late it is, and when it will be over', () => {
    const page = agenda(30);
    expect(page.querySelector('.sum')?.textContent).toMatch(/1\/4.*chậm 4′.*xong 09:34/s);
    bench.pass(15 * MINUTE);
    expect(page.querySelector('.sum')?.textContent).toMatch(/chậm 10′.*xong 09:40/s);
    expect(row('report').textContent).toContain('quá 06:00 so với kế hoạch');
  });

  it('starts the next item with the current one as it is seen here', async () => {
    agenda(30);
    row('second').querySelectorAll<HTMLButtonElement>('.buttons button')[0]!.click();
    await bench.settle();
    expect(bench.server.commands).toEqual([{ type: 'start_item', item: 'second', current: 'report' }]);
  });

  it('is told when somebody else was first', async () => {
    agenda(30);
    bench.server.answer = () => ({ accepted: false, reason: { code: 'item_changed', current: 'third' } });
    row('second').querySelectorAll<HTMLButtonElement>('.buttons button')[0]!.click();
    await bench.settle();
    expect(bench.desk.last).toMatchObject({ outcome: 'refused', reason: expect.stringContaining('sang mục khác') });
  });

  it('shows an item’s details when asked, and leaves it out or takes it up again', async () => {
    agenda(30);
    row('third').querySelector<HTMLButtonElement>('.title')!.click();
    flushSync();
    const skip = [...row('third').querySelectorAll('button')].find((one) => one.textContent?.includes('Bỏ qua'))!;
    skip.click();
    await bench.settle();
    row('break').querySelector<HTMLButtonElement>('.title')!.click();
    flushSync();
    await bench.press('Không bỏ qua');
    expect(bench.server.commands).toEqual([
      { type: 'skip_item', item: 'third', skipped: true },
      { type: 'skip_item', item: 'break', skipped: false },
    ]);
  });

  it('cannot start before the opening, and says why', () => {
    agenda(0, [itemView('opening', { planned_ms: MINUTE })], 'preparing', null);
    const start = row('opening').querySelector<HTMLButtonElement>('.buttons button')!;
    expect([start.disabled, start.title]).toEqual([true, 'Hội nghị chưa khai mạc.']);
  });

  it('opens with a press, but out of a rehearsal only when that is held', async () => {
    agenda(0, ITEMS, 'preparing', null);
    await bench.press('Tổng duyệt');
    await bench.press('Khai mạc');
    bench.conference.info = { ...bench.conference.info!, phase: 'rehearsal' };
    flushSync();
    bench.button('Khai mạc').click();
    await bench.press('Kết thúc tổng duyệt');
    expect(bench.server.commands.map((command) => command.type)).toEqual([
      'start_rehearsal',
      'open_conference',
      'end_rehearsal',
    ]);
    bench.hold('Khai mạc', 1_000);
    expect(bench.server.commands.at(-1)).toEqual({ type: 'open_conference' });
  });

  it('ends only after its id was typed', async () => {
    const page = agenda(30);
    await bench.press('Bế mạc');
    const last = [...page.querySelectorAll<HTMLButtonElement>('dialog button')].at(-1)!;
    expect(last.disabled).toBe(true);
    const field = page.querySelector<HTMLInputElement>('dialog input')!;
    field.value = 'x';
    field.dispatchEvent(new Event('input', { bubbles: true }));
    flushSync();
    expect(last.disabled).toBe(false);
    last.click();
    await bench.settle();
    expect(bench.server.commands).toEqual([{ type: 'end_conference', confirmation: 'x' }]);
  });

  it('is empty in words', () => {
    expect(agenda(0, [], 'live', null).textContent).toContain('Chương trình trống.');
  });
});

describe('the header’s line', () => {
  it('says which item runs, its time against its plan, and the expected end', () => {
    bench = new Bench(['Cao Bằng'], { agenda: { items: ITEMS, current: 'report' } });
    bench.pass(START + 30 * MINUTE);
    const text = bench.show(RunningItem, {}).textContent!;
    expect(text).toMatch(/Mục 2\/5.*report.*06:00.*15′.*xong 09:34.*chậm 4′/s);
  });
});
