import { floorView, holderView, itemView, queueEntry } from '$lib/state/samples';
import type { ConferenceView, Role } from '$lib/wire';
import { flushSync, mount, unmount } from 'svelte';
import { afterEach, describe, expect, it } from 'vitest';
import { Bench } from './bench';
import PodiumView from './PodiumView.svelte';

let shown: object | null = null;

function show(bench: Bench): HTMLElement {
  shown = mount(PodiumView, { target: document.body, props: { podium: bench.podium, ticker: bench.ticker } });
  flushSync();
  return document.body;
}

afterEach(async () => {
  if (shown) await unmount(shown);
  shown = null;
});

const FULL: Partial<ConferenceView> = {
  floor: floorView({
    queue: [queueEntry('cao-bang', { kind: 'response' }), queueEntry('ha-noi')],
    microphones_allowed: true,
  }),
  agenda: { items: [itemView('a', { started_at: 1 }), itemView('b')], current: 'a' },
};
/** Names of all that can be pressed, but for what belongs to the page itself. */
const actions = (root: HTMLElement) =>
  [...root.querySelectorAll<HTMLElement>('main button')]
    .map((button) => button.dataset['action'] ?? '')
    .filter(Boolean);
const button = (root: HTMLElement, action: string) =>
  root.querySelector<HTMLButtonElement>(`button[data-action="${action}"]`);

describe('the page of', () => {
  it('the chair has all that the chair may do', () => {
    expect(actions(show(new Bench('chair', FULL)))).toEqual([
      'clock',
      'extend',
      'end_speech',
      'interrupt',
      'grant_next',
      'next_item',
      'finish_item',
      'open-microphone',
      'allow-microphones',
    ]);
  });

  it.each<Role>(['lead', 'assistant', 'technician'])('a %s has nothing to press', (role) => {
    const root = show(new Bench(role, FULL));
    expect(actions(root)).toEqual([]);
    // The programme's sound is for everybody who looks.
    expect(root.querySelectorAll('main button')).toHaveLength(1);
  });

  it('the secretary has the speaking order and the roll', () => {
    const root = show(new Bench('secretary', FULL));
    expect(actions(root)).toEqual([]);
    const labels = [...root.querySelectorAll('main [data-site] button')].map((one) => one.getAttribute('aria-label'));
    expect(labels).toContain('Mời cao-bang');
    expect(labels).toContain('Rút đăng ký của ha-noi');
    expect(labels).toContain('Đưa ha-noi lên trước');
    expect(labels).toContain('cao-bang có mặt');
    expect(labels.some((label) => label?.includes('phát biểu'))).toBe(false);
  });
});

describe('the next of the queue', () => {
  it('is offered by name and is called by one press', () => {
    const bench = new Bench('chair', FULL);
    const grant = button(show(bench), 'grant_next')!;
    expect(grant.textContent).toContain('Trao quyền phát biểu cho cao-bang');
    expect(grant.disabled).toBe(false);
    grant.click();
    expect(bench.sent).toEqual([{ type: 'grant', site: 'cao-bang' }]);
    flushSync();
    expect(grant.getAttribute('aria-busy')).toBe('true');
  });

  it('cannot be called while somebody has the floor, and the button says so in its place', () => {
    const bench = new Bench('chair', FULL);
    const root = show(bench);
    bench.floor({ queue: [queueEntry('ha-noi')], holder: holderView('cao-bang') });
    flushSync();
    const grant = button(root, 'grant_next')!;
    expect(grant.disabled).toBe(true);
    expect(grant.textContent).toContain('sau khi kết thúc');
    expect(button(root, 'interrupt')!.disabled).toBe(false);
  });

  it('moves by its arrows and by Alt with the arrow keys', () => {
    const bench = new Bench('secretary', FULL);
    const root = show(bench);
    root.querySelector<HTMLElement>('[aria-label="Lùi cao-bang lại sau"]')!.click();
    const second = root.querySelector<HTMLElement>('ol li[data-site="ha-noi"]')!;
    second.dispatchEvent(new KeyboardEvent('keydown', { code: 'ArrowUp', altKey: true, bubbles: true }));
    second.dispatchEvent(new KeyboardEvent('keydown', { code: 'ArrowUp', bubbles: true }));
    expect(bench.sent).toEqual([
      { type: 'reorder_queue', site: 'cao-bang', position: 1 },
      { type: 'reorder_queue', site: 'ha-noi', position: 0 },
    ]);
  });
});

describe('the clock', () => {
  const clockOf = (root: HTMLElement) => root.querySelector<HTMLElement>('[data-clock]')!;
  const at = (spoken_ms: number) => ({ allowed_ms: 300_000, warning_ms: 60_000, spoken_ms, running_since: null });

  it.each([
    [100_000, 'normal', '03:20', 'Còn lại'],
    [250_000, 'warning', '00:50', 'SẮP HẾT GIỜ'],
    [312_000, 'overrun', '+00:12', 'QUÁ GIỜ'],
  ])('after %i ms is %s: %s, in words “%s”', (spoken, phase, figure, words) => {
    const floor = floorView({ holder: holderView('cao-bang', { clock: at(spoken) }) });
    const clock = clockOf(show(new Bench('chair', { floor })));
    expect(clock.dataset['clock']).toBe(phase);
    expect(clock.querySelector('[role="timer"]')!.textContent).toBe(figure);
    expect(clock.textContent).toContain(words);
  });

  it('of somebody who dropped out stands; the grace and who could go on are told', () => {
    const bench = new Bench('chair');
    const holder = holderView('cao-bang', { clock: at(100_000), grace_until: bench.ticker.now + 42_000 });
    bench.floor({ holder, queue: [queueEntry('ha-noi')] });
    const root = show(bench);
    expect(root.querySelector('[data-speech]')!.getAttribute('data-speech')).toBe('dropped');
    expect(clockOf(root).textContent).toContain('00:42');
    // None of its endpoints sends.
    expect(root.querySelector('.standby')!.textContent).toContain('Chưa có điểm cầu');
  });
});

describe('without the server', () => {
  it('all buttons of commands are locked and a banner says why', () => {
    const root = show(new Bench('chair', { ...FULL, floor: { ...FULL.floor!, holder: holderView('hall') } }, false));
    expect(root.querySelector('[data-banner="lost"]')!.textContent).toContain('Mất kết nối');
    const open = [...root.querySelectorAll<HTMLButtonElement>('main button:not(:disabled)')];
    expect(open.map((one) => one.textContent?.trim())).toEqual(['Không tiếng']);
  });
});

describe('microphones beyond the speaker’s', () => {
  it('are forbidden with one press, and those that are open are closed by name', () => {
    const bench = new Bench('chair', { floor: floorView({ microphones_allowed: true, open_microphones: ['ha-noi'] }) });
    const root = show(bench);
    root.querySelector<HTMLElement>('[data-open-microphone="ha-noi"]')!.click();
    button(root, 'allow-microphones')!.click();
    expect(bench.sent).toEqual([
      { type: 'close_microphone', site: 'ha-noi' },
      { type: 'allow_microphones', allowed: false },
    ]);
  });
});
