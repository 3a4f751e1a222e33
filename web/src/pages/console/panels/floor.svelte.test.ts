import { floorView, holderView, liveView, queueEntry, siteLive, siteView, stageView } from '$lib/state/samples';
import type { FloorView } from '$lib/wire';
import { flushSync } from 'svelte';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Bench, key } from './bench.svelte';
import CallsPanel from './CallsPanel.svelte';
import ClockPanel from './ClockPanel.svelte';
import QueuePanel from './QueuePanel.svelte';

vi.mock('svelte-sonner', () => ({ toast: { error: vi.fn(), success: vi.fn(), info: vi.fn() } }));

let bench: Bench;
afterEach(() => bench.end());

const withFloor = (floor: Partial<FloorView>, sites = ['Cao Bằng', 'Đà Nẵng', 'Huế']) =>
  new Bench(sites, { floor: floorView(floor) });

describe('the clock', () => {
  it('says who speaks, what is left of how much, and stops and runs', async () => {
    bench = withFloor({ holder: holderView('Cao Bằng') });
    const page = bench.show(ClockPanel, {});
    bench.pass(60_000);
    expect(page.textContent).toContain('Phát biểu: Cao Bằng');
    expect(page.querySelector('.time')?.textContent).toBe('09:00');
    await bench.press('Dừng');
    expect(bench.server.commands).toEqual([{ type: 'pause_clock' }]);
  });

  it('of a holder that has dropped out stands, and counts down how long its place is held', () => {
    bench = withFloor({
      holder: holderView('Cao Bằng', {
        clock: { allowed_ms: 600_000, warning_ms: 60_000, spoken_ms: 120_000, running_since: null },
        grace_until: 60_000,
      }),
    });
    const page = bench.show(ClockPanel, {});
    bench.pass(15_000);
    expect(page.querySelector('.grace')?.textContent).toMatch(/Cao Bằng mất tín hiệu.*00:45/s);
    expect(page.querySelector('.time')?.textContent).toBe('08:00');
    const run = bench.button('Chạy');
    expect([run.disabled, run.title]).toEqual([true, 'mất tín hiệu']);
  });

  it('waits for the air before it runs, and says so', () => {
    const clock = { allowed_ms: 600_000, warning_ms: 60_000, spoken_ms: 0, running_since: null };
    bench = withFloor({ holder: holderView('Cao Bằng', { on_air: false, clock }) });
    const page = bench.show(ClockPanel, {});
    expect(page.textContent).toContain('chờ lên hình');
    expect(bench.button('Chạy').disabled).toBe(true);
  });

  it('mutes the others at once, and everybody only when held for a second', async () => {
    bench = withFloor({});
    bench.show(ClockPanel, {});
    await bench.press('Tắt khác');
    bench.button('Tắt hết').click();
    bench.hold('Tắt hết', 900);
    expect(bench.server.commands).toEqual([{ type: 'mute_others' }]);
    bench.hold('Tắt hết', 1_000);
    expect(bench.server.commands.at(-1)).toEqual({ type: 'mute_all' });
  });

  it('lists microphones beyond the picture, closes them, and opens the selected one when the chair allows it', async () => {
    bench = withFloor({ microphones_allowed: true, open_microphones: ['Huế'] });
    bench.conference.applyLive(
      liveView({ 'Đà Nẵng': siteLive({ endpoints: [{ media: true } as never] }) }, { lease: 'minh' }),
    );
    bench.desk.selected = 'Đà Nẵng';
    bench.show(ClockPanel, {});
    await bench.press('Đóng micro của Huế');
    await bench.press('Mở Đà Nẵng');
    expect(bench.server.commands).toEqual([
      { type: 'close_microphone', site: 'Huế' },
      { type: 'open_microphone', site: 'Đà Nẵng' },
    ]);
    bench.desk.selected = 'Cao Bằng';
    flushSync();
    expect(bench.button('Mở Cao Bằng').title).toContain('không có tín hiệu');
    await bench.press('Chủ tọa cho phép');
    expect(bench.server.commands.at(-1)).toEqual({ type: 'allow_microphones', allowed: false });
  });

  it('is out of reach for whoever is not in control, and says who is', () => {
    bench = withFloor({ holder: holderView('Cao Bằng') });
    bench.conference.lease = 'lan';
    bench.show(ClockPanel, {});
    for (const name of ['Dừng', 'Kết thúc', 'Ngắt', 'Tắt khác']) {
      expect(bench.button(name).title, name).toContain('lan đang giữ quyền điều khiển');
    }
  });
});

describe('the queue', () => {
  const queue = [
    queueEntry('Huế', { invited: true, spoken_ms: 200_000, allowed_ms: 600_000 }),
    queueEntry('Đà Nẵng', { kind: 'response' }),
    queueEntry('Cao Bằng'),
  ];
  const rows = () => [...document.querySelectorAll('[role=listitem]')].map((row) => row.textContent ?? '');

  it('shows responses, who was called, and what is left of a speech that was cut off', () => {
    bench = withFloor({ queue });
    bench.show(QueuePanel, {});
    const [hue, danang, caobang] = rows();
    expect(hue).toMatch(/đã mời.*nói dở, còn 06:40/s);
    expect(danang).toContain('tranh luận');
    expect(caobang).not.toMatch(/tranh luận|nói dở|đã mời/);
  });

  it('tells how long each has spoken in all', () => {
    const held = queueEntry('Huế', { spoken_ms: 120_000, allowed_ms: 600_000 });
    bench = new Bench([siteView('Huế', { spoken_ms: 420_000 }), 'Vinh'], {
      floor: floorView({ queue: [held, queueEntry('Vinh')] }),
    });
    bench.show(QueuePanel, {});
    expect([...document.querySelectorAll('.spoken')].map((one) => one.textContent)).toEqual(['Σ9′']);
  });

  it('is moved by Alt and an arrow, and says where to', async () => {
    bench = withFloor({ queue });
    const page = bench.show(QueuePanel, {});
    const row = page.querySelector('[aria-label="Thứ 2: Đà Nẵng, xem trước"]')!;
    key(row, 'ArrowUp', { altKey: true });
    await bench.settle();
    expect(bench.server.commands).toEqual([{ type: 'reorder_queue', site: 'Đà Nẵng', position: 0 }]);
    expect(page.querySelector('[aria-live=assertive]')?.textContent).toBe('Đà Nẵng chuyển tới vị trí 1 trên 3');
    key(page.querySelector('[aria-label="Thứ 3: Cao Bằng, xem trước"]')!, 'ArrowDown', { altKey: true });
    await bench.settle();
    expect(bench.server.commands).toHaveLength(1);
  });

  it('says why the floor cannot be granted', async () => {
    bench = withFloor({ queue: queue.slice(1) });
    bench.desk.selected = 'Cao Bằng';
    bench.show(QueuePanel, {});
    const grants = [...document.querySelectorAll('button')].filter((one) => one.textContent?.includes('Trao quyền'));
    expect(grants.map((one) => one.disabled)).toEqual([false, true]);
    expect(grants[1]?.title).toContain('Đà Nẵng');
    bench.conference.floor = floorView({ queue: queue.slice(1), holder: holderView('Huế') });
    flushSync();
    expect(bench.button('Trao quyền').title).toContain('Huế đang có quyền phát biểu');
  });

  it('takes the selected site in without a request', async () => {
    bench = withFloor({ mode: 'closed' });
    bench.desk.selected = 'Cao Bằng';
    bench.show(QueuePanel, {});
    await bench.press('Mời Cao Bằng');
    expect(bench.server.commands).toEqual([{ type: 'invite', site: 'Cao Bằng' }]);
    bench.desk.selected = 'hall';
    flushSync();
    expect(() => bench.button('Mời')).toThrow();
  });

  it('lets an assistant act at sites of its regions alone', () => {
    const sites = [siteView('Huế', { region: 'Trung' }), siteView('Cao Bằng', { region: 'Bắc' })];
    bench = new Bench(sites, { floor: floorView({ queue: [queueEntry('Huế'), queueEntry('Cao Bằng')] }) });
    bench.server.you = { ...bench.server.you!, role: 'assistant', name: 'lan' };
    bench.conference.desk = { ...bench.conference.desk, delegations: { lan: ['Trung'] } };
    bench.desk.selected = 'Cao Bằng';
    bench.show(QueuePanel, {});
    const disabled = (word: string) =>
      [...document.querySelectorAll('button')]
        .filter((one) => one.textContent?.includes(word))
        .map((one) => one.disabled);
    expect(disabled('Chuẩn bị')).toEqual([false, true]);
    expect(disabled('Rút')).toEqual([false, true]);
    expect(disabled('Trao quyền')).toEqual([true, true]);
  });

  it('changes its mode, and is cleared only when that is held', async () => {
    bench = withFloor({ queue });
    const page = bench.show(QueuePanel, {});
    const select = page.querySelector('select')!;
    select.value = 'open';
    select.dispatchEvent(new Event('change', { bubbles: true }));
    await bench.settle();
    bench.button('Xóa hết').click();
    expect(bench.server.commands).toEqual([{ type: 'set_floor_mode', mode: 'open' }]);
    bench.hold('Xóa hết', 1_000);
    expect(bench.server.commands.at(-1)).toEqual({ type: 'clear_queue' });
  });
});

describe('calls to the control room', () => {
  const calling = (since: Record<string, number>) =>
    liveView(Object.fromEntries(Object.entries(since).map(([site, at]) => [site, siteLive({ calling_since: at })])), {
      lease: 'minh',
    });

  it('are not there while nobody calls', () => {
    bench = withFloor({});
    expect(bench.show(CallsPanel, {}).querySelector('section')).toBeNull();
  });

  it('are answered by one key, the longest wait first, and ended by the same', async () => {
    bench = withFloor({});
    bench.now = 100_000;
    bench.conference.applyLive(calling({ Huế: 90_000, 'Cao Bằng': 40_000 }));
    const page = bench.show(CallsPanel, {});
    bench.pass(0);
    expect([...page.querySelectorAll('li')].map((row) => row.textContent)).toEqual([
      expect.stringMatching(/Cao Bằng.*01:00/s),
      expect.stringMatching(/Huế.*00:10/s),
    ]);

    bench.desk.calls.answerOldest();
    flushSync();
    expect([bench.desk.selected, bench.desk.sound.solo]).toEqual(['Cao Bằng', 'Cao Bằng']);
    expect(bench.server.sent).toEqual([{ type: 'solo', site: 'Cao Bằng' }]);
    expect(page.querySelector('li')?.textContent).toContain('Giữ K để nói');

    bench.desk.calls.answerOldest();
    expect(bench.server.sent.slice(1)).toEqual([
      { type: 'call', site: 'Cao Bằng', calling: false },
      { type: 'solo', site: null },
    ]);
  });

  it('that a colleague listens to already are left to the colleague', () => {
    bench = withFloor({});
    const live = calling({ Huế: 90_000, 'Cao Bằng': 40_000 });
    const lan = {
      name: 'lan',
      role: 'assistant',
      pages: ['console'],
      since: 0,
      solo: 'Cao Bằng',
      talkback: [],
    } as const;
    bench.conference.applyLive({ ...live, operators: [{ ...lan, pages: ['console'], talkback: [] }] });
    const page = bench.show(CallsPanel, {});
    expect(page.querySelector('li')?.textContent).toContain('lan đang nghe');
    bench.desk.calls.answerOldest();
    expect(bench.desk.sound.solo).toBe('Huế');
  });
});

it('a site on air has its microphone open already', () => {
  bench = new Bench(['Huế'], {
    floor: floorView({ microphones_allowed: true }),
    stage: { ...stageView(['Huế']), program: { ...stageView(['Huế']).program, microphones: ['hall', 'Huế'] } },
  });
  bench.desk.selected = 'Huế';
  bench.show(ClockPanel, {});
  expect(bench.button('Mở Huế').title).toContain('đang lên hình');
});
