import { alarm, healthView, incident, NOON } from '$lib/health/samples';
import { flushSync } from 'svelte';
import { siteView } from '$lib/state/samples';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MAX_INCIDENTS } from '../desk/incidents.svelte';
import { Bench } from './bench.svelte';
import IncidentsPanel from './IncidentsPanel.svelte';

const SITES = [siteView('cao-bang', { name: 'Cao Bằng', carrier: 'Viettel' })];
let bench: Bench;
let answers: Record<string, unknown>;
let asked: string[];

function show(): HTMLElement {
  bench.now = bench.ticker.now = NOON;
  return bench.show(IncidentsPanel, {});
}
const list = () => document.querySelector<HTMLElement>('[data-listed]')!;
const tell = (view: Parameters<typeof healthView>[1]) => {
  bench.desk.incidents.take(healthView({}, view));
  flushSync();
};

beforeEach(() => {
  asked = [];
  answers = { '/health/log': [], '/alarms/': null };
  vi.stubGlobal('fetch', async (path: string) => {
    asked.push(path);
    const answer = Object.entries(answers).find(([part]) => path.includes(part))?.[1];
    if (answer === undefined) return new Response('{}', { status: 404 });
    return answer === null ? new Response(null, { status: 204 }) : new Response(JSON.stringify(answer));
  });
  bench = new Bench(SITES);
});
afterEach(async () => {
  await bench.end();
  vi.unstubAllGlobals();
});

describe('incidents on the console', () => {
  it('are waited for, and none is said so', () => {
    const page = show();
    expect(page.querySelector('[role="status"]')!.textContent).toContain('Đang đọc');
    tell({});
    expect(list().textContent).toContain('Không có sự cố nào.');
  });

  it('are told with cause, sites and age; a site is found on the wall without a command', async () => {
    const page = show();
    tell({ incidents: [incident(1)] });
    expect(page.querySelector('[data-incident="carrier"]')!.textContent).toContain('Nhà mạng Viettel: 1 trên 1');
    expect(bench.button('Sự cố đang mở: 1').getAttribute('aria-pressed')).toBe('true');
    await bench.press('Cao Bằng');
    expect([bench.desk.selected, bench.server.commands]).toEqual(['cao-bang', []]);
    expect(page.querySelector('a[href="/health"]')!.getAttribute('target')).toBe('_blank');
  });

  it('are listed up to a bound, and how many more there are is said', () => {
    show();
    const many = Array.from({ length: MAX_INCIDENTS + 3 }, (_, id) => incident(id, { began: NOON - id * 1_000 }));
    tell({ incidents: many });
    expect(list().querySelectorAll('[data-incident]')).toHaveLength(MAX_INCIDENTS);
    expect(list().textContent).toContain('Còn 3 mục nữa');
  });

  it('that ended are shown for ten minutes', async () => {
    answers['/health/log'] = [
      { entry: 9, at: NOON, what: { type: 'closed', incident: incident(1, { ended: NOON, closed_at: NOON }) } },
    ];
    show();
    tell({ incidents: [incident(2)] });
    await vi.waitFor(() => expect(bench.desk.incidents.closed).toHaveLength(1));
    flushSync();
    expect(list().textContent).toContain('Vừa kết thúc');
    bench.pass(601_000);
    expect(list().textContent).not.toContain('Vừa kết thúc');
  });

  it('are asked for in the log only when one has ended', () => {
    show();
    tell({ incidents: [incident(1)] });
    tell({ incidents: [incident(1)], at: NOON + 2_000 });
    expect(asked).toHaveLength(1);
    tell({ at: NOON + 4_000 });
    expect(asked).toHaveLength(2);
  });

  it('that are old are greyed and say so', () => {
    const page = show();
    tell({ incidents: [incident(1)] });
    expect(page.querySelector('p.stale')).toBeNull();
    bench.pass(7_000);
    expect(page.querySelector('p.stale')!.textContent).toContain('Số liệu cũ');
  });
});

describe('alarms on the console', () => {
  it('are counted and acknowledged by those who may', async () => {
    show();
    tell({ alarms: [alarm(7), alarm(8, { acknowledged_by: 'An' })] });
    await bench.press('Báo động đang mở: 2');
    expect(list().textContent).toContain('1 báo động chưa xác nhận');
    await bench.press(/^Xác nhận/);
    await vi.waitFor(() => expect(asked.at(-1)).toContain('/health/alarms/7/acknowledge'));
  });

  it('are only told to others', async () => {
    bench.server.you = { ...bench.server.you!, role: 'secretary' };
    show();
    tell({ alarms: [alarm(7)] });
    await bench.press('Báo động đang mở');
    expect(list().querySelector('[data-alarm]')).not.toBeNull();
    expect(list().querySelector('[data-action="acknowledge"]')).toBeNull();
  });

  it('that could not be acknowledged say why', async () => {
    answers['/alarms/'] = undefined;
    const page = show();
    tell({ alarms: [alarm(7)] });
    await bench.press('Báo động đang mở');
    await bench.press(/^Xác nhận/);
    await vi.waitFor(() => {
      flushSync();
      expect(page.querySelector('[role="alert"]')!.textContent).toContain('Không còn trên máy chủ');
    });
  });
});
