import type { Problem, TallyView } from '$lib/wire';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { act, followTally, keepAccess, takeAccess } from './surface';

const ACCESS = { conference: 'bau-cu-2021', token: 'surface-abc' };
const TALLY = { sites: {} } as TallyView;
const PROBLEM: Problem = {
  type: '/problems/refused',
  title: 'Conflict',
  status: 409,
  detail: 'refused',
  refusal: null,
};

describe('an action', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('is posted with its fields in the query and the token in a header, and without anybody’s cookie', async () => {
    const fetched = vi.fn(async () => new Response(JSON.stringify({ id: 'x', revision: 3 })));
    vi.stubGlobal('fetch', fetched);

    expect(await act(ACCESS, 'take', { preview: '7' })).toEqual({ ok: true });

    const [path, init] = fetched.mock.calls[0] as unknown as [string, RequestInit];
    expect(path).toBe('/api/v1/conferences/bau-cu-2021/actions/take?preview=7');
    expect(init).toMatchObject({ method: 'POST', credentials: 'omit' });
    expect(init.headers).toMatchObject({ authorization: 'Bearer surface-abc' });
  });

  it('that is refused says why; one that is not answered says nothing', async () => {
    vi.stubGlobal('fetch', async () => new Response(JSON.stringify(PROBLEM), { status: 409 }));
    expect(await act(ACCESS, 'undo')).toEqual({ ok: false, problem: PROBLEM });
    vi.stubGlobal('fetch', async () => Promise.reject(new Error('down')));
    expect(await act(ACCESS, 'undo')).toEqual({ ok: false, problem: null });
  });
});

class FakeSocket {
  static made: FakeSocket[] = [];
  readonly sent: string[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  constructor(readonly url: string) {
    FakeSocket.made.push(this);
  }
  send = (text: string) => this.sent.push(text);
  close(): void {
    this.onclose?.();
  }
}

describe('the lamps', () => {
  beforeEach(() => {
    FakeSocket.made = [];
    vi.stubGlobal('WebSocket', FakeSocket);
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  const follow = () => {
    const heard: unknown[] = [];
    const end = followTally(ACCESS, {
      tally: (tally) => heard.push(tally),
      connected: (up) => heard.push(up),
      refused: (problem) => heard.push(problem),
    });
    return { heard, end, latest: () => FakeSocket.made.at(-1)! };
  };

  it('are asked for by the token as the first text, and come back after a cut', () => {
    const { heard, end, latest } = follow();
    expect(latest().url).toBe('/api/v1/conferences/bau-cu-2021/tally/ws');
    latest().onopen?.();
    expect(latest().sent).toEqual(['surface-abc']);
    latest().onmessage?.({ data: JSON.stringify(TALLY) });
    latest().close();
    expect(heard).toEqual([true, TALLY, false]);
    vi.advanceTimersByTime(1_000);
    expect(FakeSocket.made).toHaveLength(2);
    end();
    vi.advanceTimersByTime(10_000);
    expect(FakeSocket.made).toHaveLength(2);
  });

  it('are given up when the token opens nothing', () => {
    const { heard, latest } = follow();
    latest().onmessage?.({ data: JSON.stringify(PROBLEM) });
    vi.advanceTimersByTime(10_000);
    expect(heard).toEqual([PROBLEM]);
    expect(FakeSocket.made).toHaveLength(1);
  });
});

describe('the access', () => {
  afterEach(() => {
    keepAccess(null);
    history.replaceState(null, '', '/');
  });

  it('is taken out of the address, and kept for the tab', () => {
    history.replaceState(null, '', '/buttons#bau-cu-2021:surface-abc');
    expect(takeAccess()).toEqual(ACCESS);
    expect(location.hash).toBe('');
    expect(takeAccess()).toEqual(ACCESS);
    keepAccess(null);
    expect(takeAccess()).toBeNull();
  });
});
