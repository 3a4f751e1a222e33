import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const read = (path: string) => readFileSync(resolve(import.meta.dirname, '../../../..', path), 'utf8');
const COMMANDS = [...read('web/src/lib/wire/Command.ts').matchAll(/"type": "(\w+)"/g)].map((hit) => hit[1]!);
const LAMPS = [...read('web/src/lib/wire/Lamp.ts').matchAll(/"(\w+)"/g)].map((hit) => hit[1]!);
const FIELDS = [...read('web/src/lib/wire/TallyView.ts').matchAll(/^(\w+):/gm)].map((hit) => hit[1]!);
const GUIDE = read('docs/control-surfaces.md');
const rows = (heading: string) =>
  GUIDE.split(heading)[1]!
    .split('\n## ')[0]!
    .split('\n')
    .filter((line) => line.startsWith('|'));

describe('the guide of control surfaces', () => {
  it('has a row for every command, and for none that is not there', () => {
    const named = rows('### All commands').flatMap((row) =>
      [...row.split('|')[1]!.matchAll(/`(\w+)`/g)].map((hit) => hit[1]!),
    );
    expect(COMMANDS.length).toBeGreaterThan(50);
    expect(named.toSorted()).toEqual(COMMANDS.toSorted());
  });

  it('says what every lamp and every field of the feed means', () => {
    const said = rows('## Lamps')
      .map((row) => row.split('|')[1]!)
      .join(' ');
    for (const name of [...LAMPS, ...FIELDS]) expect(said, name).toMatch(new RegExp(`\`${name}[\`.]`));
  });
});
