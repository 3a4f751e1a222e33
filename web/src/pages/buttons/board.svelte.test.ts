import { act, type ActionResult, keepAccess } from '$lib/link/surface';
import type { Problem } from '$lib/wire';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Board } from './board.svelte';

vi.mock('$lib/link/surface', async (original) => ({ ...(await original<object>()), act: vi.fn() }));

/** What the server is asked for; the test answers each when it likes. */
const asked: { action: string; answer: (result: ActionResult) => void }[] = [];
const actions = () => asked.map(({ action }) => action);
let board: Board;

beforeEach(() => {
  asked.length = 0;
  vi.mocked(act).mockImplementation((_access, action) => new Promise((answer) => asked.push({ action, answer })));
  keepAccess({ conference: 'x', token: 't' });
  board = new Board();
});

describe('a press', () => {
  it('waits for the one before it', async () => {
    void board.press('next', 'next_item');
    void board.press('undo', 'undo');
    expect(actions()).toEqual(['next_item']);
    asked[0]!.answer({ ok: true });
    await vi.waitFor(() => expect(board.last?.outcome).toBe('done'));
    void board.press('undo', 'undo');
    expect(actions()).toEqual(['next_item', 'undo']);
  });

  it('of the hall waits for nothing, and is what is told of from then on', async () => {
    void board.press('take', 'take');
    void board.press('hall', 'back_to_hall');
    expect(actions()).toEqual(['take', 'back_to_hall']);
    asked[0]!.answer({ ok: true });
    await Promise.resolve();
    expect(board.last).toMatchObject({ label: 'hall', outcome: 'pending' });
    asked[1]!.answer({ ok: true });
    await vi.waitFor(() => expect(board.last).toMatchObject({ label: 'hall', outcome: 'done' }));
  });

  it('that is refused is told of, also after the hall was pressed', async () => {
    void board.press('take', 'take');
    void board.press('hall', 'back_to_hall');
    asked[0]!.answer({ ok: false, problem: { detail: 'no' } as Problem });
    await vi.waitFor(() => expect(board.last).toMatchObject({ label: 'take', outcome: 'refused' }));
    asked[1]!.answer({ ok: true });
    await Promise.resolve();
    expect(board.last?.outcome).toBe('refused');
  });
});
