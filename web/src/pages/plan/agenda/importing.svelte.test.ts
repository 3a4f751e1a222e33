import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ItemPlan } from '$lib/wire';
import { describe, expect, it } from 'vitest';
import { countChanges } from '../model/listChange';
import { SiteMatcher } from '../model/siteMatch';
import { SAMPLE_SITES } from '../text/sampleSites';
import { AgendaImporting } from './importing.svelte';

const matcher = new SiteMatcher(SAMPLE_SITES);
const HELD: readonly ItemPlan[] = [
  { id: 'khai-mac', title: 'Khai mạc', speaker: null, site: null, planned_ms: 0, layout: null, documents: [] },
];
const begun = () =>
  new AgendaImporting(
    () => matcher,
    () => HELD,
    'dien-hong',
  );

describe('an import that is looked through', () => {
  it('reads plain text, and a text with tabs as a table', async () => {
    const importing = begun();
    await importing.readText('1. Khai mạc (10 phút)\n2. Báo cáo – Đồng chí Nguyễn Văn A');
    expect(importing.rows).toBeNull();
    expect(importing.result.map(({ id, site, planned_ms }) => [id, site, planned_ms])).toEqual([
      ['khai-mac', null, 600_000],
      ['bao-cao', 'dien-hong', 0],
    ]);
    expect(countChanges(importing.changes)).toEqual({ added: 1, removed: 0, changed: 1, moved: 0 });

    await importing.readText('Nội dung\tPhút\nKhai mạc\t5\nBế mạc\t7');
    expect(importing.layout.columns).toEqual(['title', 'minutes']);
    expect(importing.items.map(({ minutes }) => minutes)).toEqual([5, 7]);
  });

  it('lets a person leave items out, choose sites and correct minutes; what was corrected needs no look', async () => {
    const importing = begun();
    await importing.readText('1. Tham luận tại điểm cầu Xứ Mơ (10 phút)\n2. Bế mạc');
    expect(importing.open).toBe(1);
    importing.correct(1, { site: 'cao-bang' });
    expect(importing.open).toBe(0);
    importing.correct(1, { minutes: 12 });
    importing.correct(2, { left: true });
    expect(importing.result.map(({ site, planned_ms }) => [site, planned_ms])).toEqual([['cao-bang', 720_000]]);
  });

  it('takes a line that was left out after all', async () => {
    const importing = begun();
    await importing.readText('CHƯƠNG TRÌNH HỘI NGHỊ\n1. Khai mạc');
    const [line] = importing.skipped;
    importing.take(line!);
    expect(importing.items.map(({ title }) => title)).toEqual(['CHƯƠNG TRÌNH HỘI NGHỊ', 'Khai mạc']);
    expect(importing.skipped).toEqual([]);
  });

  it('appends where it is told to', async () => {
    const importing = begun();
    await importing.readText('1. Bế mạc');
    importing.mode = 'append';
    expect(importing.result.map(({ id }) => id)).toEqual(['khai-mac', 'be-mac']);
  });

  it('reads a workbook, and says why it cannot read another file', async () => {
    const importing = begun();
    const bytes = readFileSync(resolve(import.meta.dirname, '../table/programme.xlsx'));
    await importing.readFile(new File([new Uint8Array(bytes)], 'chuong-trinh.xlsx'));
    expect(importing.items.map(({ title, site }) => [title, site])).toEqual([
      ['Khai mạc', 'dien-hong'],
      ['Báo cáo kết quả thực hiện', 'cao-bang'],
      ['Kết luận hội nghị', 'dien-hong'],
    ]);
    expect(importing.items[0]?.minutes).toBe(15);
    await importing.readFile(new File(['x'], 'a.pdf'));
    expect([importing.fault, importing.items.length]).toEqual(['wrong_kind', 0]);
  });

  it('reads copied cells', () => {
    const importing = begun();
    expect(importing.readMarkup('<p>1. Khai mạc</p>')).toBe(false);
    const table = '<table><tr><th>Nội dung</th><th>Phút</th></tr><tr><td>Khai mạc</td><td>5</td></tr></table>';
    expect(importing.readMarkup(table)).toBe(true);
    expect(importing.items).toMatchObject([{ title: 'Khai mạc', minutes: 5 }]);
    importing.assign(1, null);
    expect(importing.items[0]?.minutes).toBeNull();
  });
});
