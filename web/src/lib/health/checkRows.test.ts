import { describe, expect, it } from 'vitest';
import type { CheckReport, CheckRun, SiteCheck } from '$lib/wire';
import { siteView } from '$lib/state/samples';
import { checkRows, countChecks, markOf, toMend } from './checkRows';

const report = (verdict: CheckReport['verdict']): CheckReport => ({
  verdict,
  fault: null,
  items: [],
  echo_judged: true,
});
const check = (state: SiteCheck['state'], verdict: CheckReport['verdict'] | null = null): SiteCheck => ({
  state,
  started_at: 1,
  ended_at: state === 'done' ? 2 : null,
  by: 'lan',
  report: verdict && report(verdict),
});
const run: CheckRun = {
  number: 3,
  conference: 'c',
  started_at: 1,
  ended_at: null,
  sites: {
    a: check('done', 'good'),
    b: check('absent'),
    c: check('observing'),
    d: check('done', 'bad'),
    e: check('done', 'unknown'),
    f: check('done', 'weak'),
  },
};
const sites = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((slug) => siteView(slug, { region: slug < 'c' ? 'Bắc' : 'Nam' }));

describe('checkRows', () => {
  it('puts what has to be mended first, and leaves out who is not checked', () => {
    expect(checkRows(run, sites).map(({ view }) => view.slug)).toEqual(['d', 'f', 'e', 'b', 'c', 'a']);
  });

  it('tells what has to be mended', () => {
    expect(toMend(checkRows(run, sites)).map(({ view }) => view.slug)).toEqual(['d', 'f', 'e']);
  });

  it('marks each by a shape of its own', () => {
    expect(Object.values(run.sites).map((one) => markOf(one!))).toEqual(['✓', '–', '…', '✗', '?', '▲']);
  });

  it('counts', () => {
    expect(countChecks(run)).toEqual({ running: 1, good: 1, weak: 1, bad: 1, unseen: 2 });
  });
});
