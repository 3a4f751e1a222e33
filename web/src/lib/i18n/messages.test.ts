import { describe, expect, it } from 'vitest';
import settings from '../../../project.inlang/settings.json';

type Texts = Record<string, string>;
const files = import.meta.glob<Texts>('../../../messages/*/*.json', { eager: true, import: 'default' });
const groups = [...new Set(Object.keys(files).map((path) => path.split('/').at(-2)!))];
const of = (group: string, locale: 'vi' | 'en') => files[`../../../messages/${group}/${locale}.json`]!;

/** Sites and screens are spoken of by name: a room is not one person. */
const PERSONAL = { vi: /(^|\P{L})bạn(?!\p{L})/iu, en: /\byou(r|rs)?\b/i };

describe('messages', () => {
  it('are all compiled, and none is compiled that is not there', () => {
    const compiled = settings['plugin.inlang.messageFormat'].pathPattern;
    expect(groups.map((group) => `./messages/${group}/{locale}.json`).sort()).toEqual([...compiled].sort());
  });

  it('have each a name in one group alone: all groups are compiled into one', () => {
    const names = groups.flatMap((group) => Object.keys(of(group, 'vi')));
    expect(names.filter((name, place) => names.indexOf(name) !== place)).toEqual([]);
  });

  it.each(groups)('of %s exist in both languages with the same parameters, and none is empty', (group) => {
    const [vi, en] = [of(group, 'vi'), of(group, 'en')];
    const parameters = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();
    expect(Object.keys(en)).toEqual(Object.keys(vi));
    for (const key of Object.keys(vi)) {
      expect(parameters(en[key]!), key).toEqual(parameters(vi[key]!));
      expect(vi[key]!.trim() && en[key]!.trim(), key).not.toBe('');
    }
  });

  it.each(groups)('of %s call nobody “bạn” or “you”', (group) => {
    for (const locale of ['vi', 'en'] as const) {
      for (const [key, text] of Object.entries(of(group, locale))) expect(text, key).not.toMatch(PERSONAL[locale]);
    }
  });

  it('that call somebody so would be found', () => {
    expect('Chào bạn, mời vào').toMatch(PERSONAL.vi);
    expect('Bạn đang lên hình').toMatch(PERSONAL.vi);
    expect('Your picture').toMatch(PERSONAL.en);
  });
});
