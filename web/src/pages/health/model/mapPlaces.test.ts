// @vitest-environment node
import { readFileSync } from 'node:fs';
import { siteView } from '$lib/state/samples';
import { describe, expect, it } from 'vitest';
import { mapPlan, stepOnMap } from './mapPlaces';

const sitesOf = (file: string) =>
  readFileSync(new URL(`../../../../../config/sites/${file}`, import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','))
    .map(([, slug = '', , , , column, row]) => siteView(slug, { column: Number(column), row: Number(row) }));

describe.each(['sites-63-2021.csv', 'sites-34-2025.csv'])('the map of %s', (file) => {
  const sites = sitesOf(file);
  const plan = mapPlan(sites);

  it('has a tile for each site where its row and column say, and no two on one place', () => {
    expect(plan.places.map(({ column, row }) => [column, row])).toEqual(sites.map(({ column, row }) => [column, row]));
    const taken = new Set(plan.places.map(({ column, row }) => `${column}:${row}`));
    expect(taken.size).toBe(sites.length);
  });

  it('has both archipelagos, each beside its province and over no other', () => {
    expect(plan.islands.map(({ name }) => name)).toEqual(['hoang_sa', 'truong_sa']);
    for (const { column, row } of plan.islands) {
      expect(plan.places.some((place) => place.row === row && place.column >= column)).toBe(false);
      expect(column + 2).toBeLessThanOrEqual(plan.columns);
    }
  });

  it('can be walked with the arrows: from anywhere each site is reached', () => {
    const reached = new Set<string>([plan.places[0]!.slug]);
    for (const slug of reached)
      for (const step of ['left', 'right', 'up', 'down'] as const) reached.add(stepOnMap(plan.places, slug, step));
    expect(reached.size).toBe(sites.length);
  });
});

describe('the map', () => {
  it('puts a site whose place is taken beside it, and hides none', () => {
    const { places } = mapPlan([siteView('a'), siteView('b'), siteView('c', { column: 1 })]);
    expect(places.map(({ column, row }) => `${column}:${row}`)).toEqual(['0:0', '1:0', '2:0']);
  });

  it('stays where it is at its edge', () => {
    const { places } = mapPlan([siteView('a'), siteView('b', { row: 1 })]);
    expect([stepOnMap(places, 'a', 'up'), stepOnMap(places, 'a', 'down'), stepOnMap(places, 'b', 'left')]).toEqual([
      'a',
      'b',
      'b',
    ]);
  });

  it('of a conference without sites is empty', () => {
    expect(mapPlan([])).toEqual({ places: [], islands: [], columns: 1, rows: 1 });
  });
});
