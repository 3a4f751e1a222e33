import { setLocale } from '$lib/i18n/locale.svelte';
import { qualityReasonText, readinessReasonText } from '$lib/i18n/wording';
import type { Layout, MessageView, Readiness, ReadinessReason, SiteLive, SourceRef, TakeReport } from '$lib/wire';
import { siteView } from '$lib/state/samples';
import { afterEach, describe, expect, it } from 'vitest';
import { awaitsCentre } from './openMessages';
import { obstacleText } from './obstacleText';
import { LAYOUTS, obstacleTo, pick, previewOf } from './previewPlan';
import {
  activeEndpoint,
  type ContentFacts,
  contentReadiness,
  JUDGED_OF_QUEUE,
  previewVerdict,
  queueMark,
  READINESS_MARK,
  verdictText,
} from './readiness';
import { shortName } from './shortName';
import { areStale, STALE_MS } from './staleness';
import { DEBOUNCE_MS, PressGuard } from '$lib/ui/pressGuard';
import { takeGrade, takeSummary } from './takeSummary';
import { matches } from './wallFilter';
import { tallyLabel, unseenWords } from './tileText';
import { moveInWall, wallGrid } from './wallGrid';

afterEach(() => setLocale('vi'));

describe('the wall’s grid', () => {
  // Inner sizes of the wall as the page's layout leaves them at these windows.
  it.each([
    ['1920×1080', 1_524, 720, 8, 8],
    ['1536×730', 1_214, 470, 10, 7],
    ['1366×650', 1_064, 412, 10, 7],
  ])('at %s is as large as it can be', (_window, width, height, columns, rows) => {
    expect(wallGrid(64, width, height)).toMatchObject({ columns, rows });
  });

  it('beats every other number of columns', () => {
    const best = wallGrid(64, 1_300, 500);
    for (let columns = 1; columns <= 64; columns += 1) {
      const rows = Math.ceil(64 / columns);
      const width = (1_300 - (columns - 1) * 4) / columns;
      const height = (500 - (rows - 1) * 4) / rows;
      expect(best.pictureWidth).toBeGreaterThanOrEqual(Math.min(width, (height * 16) / 9));
    }
  });

  it('has room for any number of sites, also where there is no room', () => {
    expect(wallGrid(1, 800, 600)).toMatchObject({ columns: 1, rows: 1 });
    expect(wallGrid(35, 1_000, 0).columns * wallGrid(35, 1_000, 0).rows).toBeGreaterThanOrEqual(35);
    expect(wallGrid(0, 100, 100).columns).toBe(1);
  });

  it('is walked with the arrows; the edges stop', () => {
    expect(moveInWall('down', 3, 64, 10)).toBe(13);
    expect(moveInWall('down', 60, 64, 10)).toBe(60);
    expect(moveInWall('up', 3, 64, 10)).toBe(3);
    expect(moveInWall('left', 0, 64, 10)).toBe(0);
    expect(moveInWall('right', 9, 64, 10)).toBe(10);
    expect(moveInWall('last', 5, 64, 10)).toBe(63);
    expect(moveInWall('first', 5, 64, 10)).toBe(0);
  });
});

describe('short names', () => {
  it('keep what fits and shorten what does not', () => {
    expect(shortName('Cao Bằng')).toBe('Cao Bằng');
    expect(shortName('Thừa Thiên Huế')).toBe('TT Huế');
    expect(shortName('Bà Rịa – Vũng Tàu')).toBe('BRV Tàu');
  });
});

describe('the preview of a layout', () => {
  const everybody = () => true;
  const nobody = () => false;
  const sites = (layout: Layout, picked: string[], shares = everybody) =>
    previewOf(layout, picked, 'hall', shares)?.sources.map((source) => `${source.site}/${source.kind}`);

  it('takes the picked sites, and the hall where another is needed', () => {
    expect(sites('single', ['a', 'b'])).toEqual(['a/camera']);
    expect(sites('side_by_side', ['a', 'b'])).toEqual(['a/camera', 'b/camera']);
    expect(sites('side_by_side', ['a'])).toEqual(['a/camera', 'hall/camera']);
    expect(sites('speaker_hall', ['a', 'b'])).toEqual(['a/camera', 'hall/camera']);
    expect(sites('grid', ['a', 'b', 'c', 'd'])).toEqual(['a/camera', 'b/camera', 'c/camera', 'd/camera']);
    expect(sites('grid', ['a'])).toEqual(['a/camera', 'hall/camera']);
    expect(sites('grid', ['a', 'hall', 'b', 'c'])).toEqual(['a/camera', 'b/camera', 'c/camera', 'hall/camera']);
    expect(sites('content_speaker', ['a'])).toEqual(['a/content', 'a/camera']);
  });

  it('shows the hall alone where it cannot be beside itself', () => {
    for (const layout of ['side_by_side', 'speaker_hall', 'grid'] as const) {
      expect(previewOf(layout, ['hall'], 'hall', everybody)).toEqual({
        layout: 'single',
        sources: [{ site: 'hall', kind: 'camera' }],
      });
    }
  });

  it('shows the camera alone of a site that shares nothing, and says beforehand that content would be in vain', () => {
    expect(sites('content_speaker', ['a'], nobody)).toEqual(['a/camera']);
    expect(obstacleTo('content_speaker', ['a'], nobody)).toEqual({ name: 'no_content', site: 'a' });
    expect(obstacleTo('content_speaker', [], everybody)).toEqual({ name: 'nothing_picked' });
    expect(obstacleTo('content_speaker', ['a'], everybody)).toBeNull();
    for (const layout of LAYOUTS.filter((one) => one !== 'content_speaker')) {
      expect(obstacleTo(layout, ['a'], nobody)).toBeNull();
    }
    expect(obstacleText({ name: 'no_content', site: 'a' }, () => 'Cao Bằng')).toBe('Cao Bằng chưa chia sẻ màn hình');
  });

  it('never has the same source twice or too many visitors, and is nothing when nothing was picked', () => {
    for (const layout of LAYOUTS) {
      expect(previewOf(layout, [], 'hall', everybody)).toBeNull();
      const sources = previewOf(layout, ['a', 'b', 'hall', 'c'], 'hall', everybody)!.sources.map((one) =>
        JSON.stringify(one),
      );
      expect(new Set(sources).size).toBe(sources.length);
      expect(sources.length).toBeLessThanOrEqual(4);
    }
  });

  it('adds sites only where the layout holds more than one', () => {
    expect(pick(['a'], 'b', false, 'grid')).toEqual(['b']);
    expect(pick(['a'], 'b', true, 'grid')).toEqual(['a', 'b']);
    expect(pick(['a', 'b'], 'a', true, 'grid')).toEqual(['b']);
    expect(pick(['a'], 'a', true, 'grid')).toEqual(['a']);
    expect(pick(['a', 'b', 'c', 'd'], 'e', true, 'grid')).toEqual(['b', 'c', 'd', 'e']);
    expect(pick(['a'], 'b', true, 'single')).toEqual(['b']);
  });
});

describe('a take by hand', () => {
  it('counts once: not while the key repeats, not within 300 ms', () => {
    const guard = new PressGuard();
    expect(guard.admit(0, true)).toBe(false);
    expect(guard.admit(0, false)).toBe(true);
    expect(guard.admit(DEBOUNCE_MS - 1, false)).toBe(false);
    expect(guard.admit(DEBOUNCE_MS, false)).toBe(true);
    expect(guard.admit(10_000, true)).toBe(false);
  });
});

describe('readiness beside the take', () => {
  const camera = (site: string): SourceRef => ({ site, kind: 'camera' });
  const of = (states: Record<string, Readiness>) =>
    previewVerdict(Object.keys(states).map(camera), ({ site }) => states[site] ?? null);
  const ready: Readiness = { state: 'ready' };

  it('is green only when every source is ready, and names the first that is not', () => {
    expect(of({})).toEqual({ state: 'empty' });
    expect(of({ a: ready, b: ready })).toEqual({ state: 'ready' });
    expect(of({ a: ready, b: { state: 'warning', reason: 'silent' } })).toEqual({
      state: 'warning',
      source: camera('b'),
      reason: 'silent',
    });
  });

  it('is never green for a site that is muted', () => {
    const isMuted = (site: string) => site === 'b';
    expect(previewVerdict([camera('a'), camera('b')], () => ready, isMuted)).toEqual({
      state: 'warning',
      source: camera('b'),
      reason: 'muted',
    });
    expect(previewVerdict([camera('a')], () => ready, isMuted)).toEqual({ state: 'ready' });
  });

  it('tells an offline source before a warning; unknown is offline', () => {
    expect(of({ a: { state: 'warning', reason: 'loss' }, b: { state: 'offline' } })).toEqual({
      state: 'offline',
      source: camera('b'),
      why: 'lost',
    });
    expect(previewVerdict([camera('x')], () => null)).toEqual({ state: 'offline', source: camera('x'), why: 'lost' });
  });

  it('does not call ready what is still checked, and tells a known fault before it', () => {
    const checking: Readiness = { state: 'checking' };
    expect(of({ a: ready, b: checking })).toEqual({ state: 'checking' });
    const silent: Readiness = { state: 'warning', reason: 'silent' };
    const expected = { state: 'warning', source: camera('b'), reason: 'silent' };
    expect(of({ a: checking, b: silent })).toEqual(expected);
    expect(of({ b: silent, c: checking })).toEqual(expected);
    expect(of({ a: checking, b: { state: 'offline' } })).toMatchObject({ state: 'offline', source: camera('b') });
  });

  it('names the site and the first reason, in both languages', () => {
    const name = (site: string) => (site === 'a' ? 'Cao Bằng' : site);
    const warning = { state: 'warning', source: camera('a'), reason: 'clipping' } as const;
    expect(verdictText(warning, name)).toBe('Cao Bằng: micro quá to, vỡ tiếng');
    expect(verdictText({ state: 'offline', source: camera('a'), why: 'lost' }, name)).toContain('không thể lên hình');
    setLocale('en');
    expect(verdictText(warning, name)).toBe('Cao Bằng: microphone clips');
    expect(verdictText({ state: 'checking' }, name)).toBe('Checking the source');
  });

  it('has words of their own for all reasons, and a mark of its own for every verdict', () => {
    const reasons: readonly ReadinessReason[] = [
      'no_picture',
      'picture_stale',
      'high_layer_missing',
      'no_sound',
      'no_sync',
      'silent',
      'clipping',
      'loss',
    ];
    for (const locale of ['vi', 'en'] as const) {
      setLocale(locale);
      const words = new Set(reasons.map(readinessReasonText));
      expect(words.size).toBe(reasons.length);
      expect(words.has('')).toBe(false);
    }
    const marks = Object.values(READINESS_MARK);
    expect(new Set(marks).size).toBe(marks.length);
  });

  it('marks the first three of the queue and no more', () => {
    const silent: Readiness = { state: 'warning', reason: 'silent' };
    expect(queueMark(0, ready)).toEqual({ state: 'ready', text: 'Sẵn sàng lên hình' });
    expect(queueMark(JUDGED_OF_QUEUE - 1, silent)).toEqual({ state: 'warning', text: 'micro không có tiếng' });
    expect(queueMark(1, { state: 'checking' })?.state).toBe('checking');
    expect(queueMark(0, null)?.state).toBe('offline');
    expect(queueMark(JUDGED_OF_QUEUE, ready)).toBeNull();
    expect(queueMark(-1, ready)).toBeNull();
  });

  it('tells content that is no longer shared, beside a camera that is ready', () => {
    const content: SourceRef = { site: 'a', kind: 'content' };
    const verdict = previewVerdict([content, camera('a')], ({ kind }) =>
      kind === 'camera' ? ready : { state: 'not_shared' },
    );
    expect(verdict).toEqual({ state: 'offline', source: content, why: 'not_shared' });
    expect(verdictText(verdict, () => 'Cao Bằng')).toBe('Cao Bằng chưa chia sẻ màn hình');
  });

  it('judges content by the line that it comes by, and says what is wrong with it', () => {
    const content: SourceRef = { site: 'a', kind: 'content' };
    const said = (changes: Partial<ContentFacts>) => {
      const facts = { online: true, sharing: true, quality: 'good', reason: null, ...changes } as const;
      return verdictText(
        previewVerdict([content], () => contentReadiness(facts)),
        () => 'Cao Bằng',
      );
    };
    expect(said({})).toBe('Sẵn sàng lên hình');
    expect(said({ quality: 'weak', reason: 'loss' })).toBe('Sẵn sàng lên hình');
    expect(said({ sharing: false })).toContain('chưa chia sẻ');
    expect(said({ online: false, quality: 'lost' })).toContain('không thể lên hình');
    expect(said({ quality: 'lost' })).toContain('không thể lên hình');
    expect(said({ quality: 'bad', reason: 'loss' })).toBe(`Cao Bằng: tín hiệu kém, ${qualityReasonText('loss')}`);
    expect(said({ quality: 'bad' })).toBe('Cao Bằng: tín hiệu kém');
    expect(contentReadiness(undefined)).toEqual({ state: 'offline' });
  });

  it('looks at the endpoint that would be on air, never at a screen', () => {
    const endpoint = (role: 'main' | 'backup' | 'screen', media: boolean) =>
      ({ role, media }) as unknown as SiteLive['endpoints'][number];
    const live = (...endpoints: SiteLive['endpoints']) => ({ endpoints }) as unknown as SiteLive;
    expect(activeEndpoint(live(endpoint('screen', true), endpoint('backup', true), endpoint('main', true)))?.role).toBe(
      'main',
    );
    expect(activeEndpoint(live(endpoint('main', false), endpoint('backup', true)))?.role).toBe('backup');
    expect(activeEndpoint(live(endpoint('screen', true)))).toBeNull();
  });
});

describe('the wall’s filter', () => {
  const view = (region: string) => siteView('a', { region });
  const idle = { name: 'idle' } as const;

  it('answers by region and state', () => {
    const tile = { site: { view: view('Bắc'), quality: 'weak' as const }, tally: idle };
    const lost = { ...tile, site: { ...tile.site, quality: 'lost' as const } };
    expect(matches({ region: '', state: 'all' }, tile)).toBe(true);
    expect(matches({ region: 'Nam', state: 'all' }, tile)).toBe(false);
    expect(matches({ region: 'Bắc', state: 'trouble' }, tile)).toBe(true);
    expect(matches({ region: '', state: 'trouble' }, lost)).toBe(false);
    expect(matches({ region: '', state: 'lost' }, tile)).toBe(false);
    expect(matches({ region: '', state: 'lost' }, lost)).toBe(true);
    expect(matches({ region: '', state: 'absent' }, tile)).toBe(false);
    expect(matches({ region: '', state: 'waiting' }, { ...tile, tally: { name: 'requested', place: 1 } })).toBe(true);
  });
});

describe('what a tile says', () => {
  it('has a word for every icon', () => {
    const none = { muted: false, heard: false, sharing: false, solo: false, silentPlayback: false };
    expect(unseenWords(none)).toBe('');
    expect(unseenWords({ ...none, heard: true, sharing: true })).toBe('micro đang mở, đang chia sẻ màn hình');
    expect(unseenWords({ ...none, muted: true, heard: true })).toBe('đã tắt tiếng');
    expect(unseenWords({ ...none, solo: true })).toBe('Nghe riêng');
    expect(unseenWords({ ...none, silentPlayback: true })).toContain('chặn âm thanh');
  });

  it('distinguishes all tallies and all verdicts', () => {
    const tallies = [
      { name: 'program' },
      { name: 'preview' },
      { name: 'cued' },
      { name: 'requested', place: 1 },
    ] as const;
    expect(new Set(tallies.map(tallyLabel)).size).toBe(tallies.length);
  });
});

describe('facts of the sites', () => {
  it('are old after five seconds, at once without control, and not before any have come', () => {
    expect(areStale(true, 10_000, 10_000 + STALE_MS)).toBe(false);
    expect(areStale(true, 10_000, 10_001 + STALE_MS)).toBe(true);
    expect(areStale(false, 10_000, 10_000)).toBe(true);
    expect(areStale(true, 0, 99_000)).toBe(false);
  });
});

describe('messages that wait', () => {
  it('are those of sites that nobody at the centre has acknowledged', () => {
    const message = (from: string | null, acknowledged: string[]): MessageView => ({
      id: 1,
      from,
      sender: 's',
      to: [],
      text: 't',
      sent_at: 0,
      acknowledged,
    });
    expect(awaitsCentre(message('a', []))).toBe(true);
    expect(awaitsCentre(message('a', ['centre']))).toBe(false);
    expect(awaitsCentre(message(null, []))).toBe(false);
  });
});

describe('the report of a take', () => {
  const report: TakeReport = {
    take: 1,
    site: 'cao-bang',
    elapsed_ms: 84,
    forwarded: 63,
    receivers: 63,
    shown: 62,
    failed: null,
  };

  it('says how many have it and how many show it', () => {
    expect(takeSummary(report, 'Cao Bằng')).toBe('Cao Bằng lên hình: chuyển tới 63/63, hiển thị 62/63, 84 ms');
    expect(takeGrade(report)).toBe('partial');
    expect(takeGrade({ ...report, shown: 63 })).toBe('complete');
  });

  it('says why it failed', () => {
    const failed = { ...report, failed: 'no_keyframe' as const };
    expect(takeGrade(failed)).toBe('failed');
    expect(takeSummary(failed, 'Cao Bằng')).toContain('Cao Bằng');
  });
});
