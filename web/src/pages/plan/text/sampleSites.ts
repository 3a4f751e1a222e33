/** The hall and the 63 provinces of 2021 as the sample conference has them, for tests. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { NamedSite } from '../model/siteMatch';

/** The list of the sample conference. */
export const SITES_FILE = resolve(import.meta.dirname, '../../../../../config/sites/sites-63-2021.csv');

const HALL: NamedSite = {
  slug: 'dien-hong',
  code: '00',
  name: 'Hội trường Diên Hồng',
  full_name: 'Điểm cầu trung tâm - Hội trường Diên Hồng, Nhà Quốc hội',
  hall: true,
};

export const SAMPLE_SITES: readonly NamedSite[] = [
  HALL,
  ...readFileSync(SITES_FILE, 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [code = '', slug = '', name = '', full_name = ''] = line.split(',');
      return { code, slug, name, full_name, hall: false };
    }),
];
