import type { ItemPlan, SitePlan } from '$lib/wire';
import { describe, expect, it } from 'vitest';
import type { ReadItem } from '../text/programme';
import { MAX_ITEMS, MAX_SITES } from './bounds';
import { checkAgenda, checkDetails, checkSites, checkTemplates } from './checks';
import { idFor, isId } from './ids';
import { importAgenda } from './importAgenda';
import { importSites, newSite } from './importSites';
import { changesOf, countChanges } from './listChange';
import { mergeLists } from './merge';
import { locate } from './serverProblems';

const item = (id: string, more: Partial<ItemPlan> = {}): ItemPlan => ({
  id,
  title: `Mục ${id}`,
  speaker: null,
  site: null,
  planned_ms: 0,
  layout: null,
  documents: [],
  ...more,
});
const site = (slug: string, more: Partial<SitePlan> = {}): SitePlan => ({ ...newSite(slug, slug), ...more });
const keyOf = (one: { id: string }) => one.id;

describe('ids', () => {
  it('say what a title says, within bounds, and are free', () => {
    expect(idFor('Phát biểu khai mạc Hội nghị', new Set(), 'muc')).toBe('phat-bieu-khai-mac-hoi-nghi');
    expect(idFor('Khai mạc', new Set(['khai-mac', 'khai-mac-2']), 'muc')).toBe('khai-mac-3');
    expect(idFor('Báo cáo Nghị quyết liên tịch số 09/2021/NQLT/UBTVQH14', new Set(), 'muc')).toBe(
      'bao-cao-nghi-quyet-lien-tich-so',
    );
    expect(idFor('—', new Set(), 'muc')).toBe('muc');
    expect(idFor('Đắk Lắk', new Set(), 'x')).toBe('dak-lak');
  });

  it('are judged as the server judges them', () => {
    expect(['a', 'cao-bang', '1'].every(isId)).toBe(true);
    expect(['', 'Cao', 'cao_bang', 'đ', 'a'.repeat(65)].some(isId)).toBe(false);
  });
});

describe('changes between two lists', () => {
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((id) => item(id)) as [ItemPlan, ItemPlan, ItemPlan, ItemPlan];

  it('are none between equal ones', () => {
    expect(changesOf([a, b], [{ ...a }, b], keyOf)).toEqual([]);
  });

  it('are told by kind and field', () => {
    const changed = { ...b, title: 'khác', planned_ms: 60_000 };
    const changes = changesOf([a, b, c], [changed, c, d], keyOf);
    expect(changes).toEqual([
      { kind: 'changed', before: b, after: changed, fields: ['title', 'planned_ms'], place: 0 },
      { kind: 'added', after: d, place: 2 },
      { kind: 'removed', before: a, place: 0 },
    ]);
    expect(countChanges(changes)).toEqual({ added: 1, removed: 1, changed: 1, moved: 0 });
  });

  it('call only that moved which was moved', () => {
    expect(changesOf([a, b, c, d], [d, a, b, c], keyOf)).toEqual([{ kind: 'moved', after: d, from: 3, place: 0 }]);
    expect(changesOf([a, b, c, d], [a, c, b, d], keyOf)).toHaveLength(1);
    expect(
      changesOf([a, b], [b, d, a], keyOf)
        .map(({ kind }) => kind)
        .toSorted(),
    ).toEqual(['added', 'moved']);
  });
});

describe('two edits of one list', () => {
  const base = [item('a'), item('b'), item('c')];
  const ids = (list: readonly ItemPlan[]) => list.map(keyOf).join('');

  it('go together where they do not meet', () => {
    const mine = [item('a', { title: 'của tôi' }), item('b'), item('x'), item('c')];
    const theirs = [item('a', { planned_ms: 5 }), item('c'), item('y')];
    const { list, clashes } = mergeLists(base, mine, theirs, keyOf);
    expect(clashes).toEqual([]);
    expect(list.find(({ id }) => id === 'a')).toMatchObject({ title: 'của tôi', planned_ms: 5 });
    expect(ids(list)).toBe('axcy');
  });

  it('clash where both changed one field, and this page’s stands', () => {
    const mine = [item('a', { title: 'của tôi' }), item('b'), item('c')];
    const theirs = [item('a', { title: 'của người khác' }), item('b'), item('c')];
    const { list, clashes } = mergeLists(base, mine, theirs, keyOf);
    expect(clashes).toEqual(['a']);
    expect(list[0]?.title).toBe('của tôi');
  });

  it('clash where one removed what the other changed: it stays', () => {
    const theirs = [item('a'), item('b', { title: 'khác' }), item('c')];
    const { list, clashes } = mergeLists(base, [item('a'), item('c')], theirs, keyOf);
    expect(clashes).toEqual(['b']);
    expect(ids(list)).toBe('abc');
  });

  it('are no clash where both did the same', () => {
    const both = [item('b'), item('a', { title: 'x' })];
    expect(mergeLists(base, both, structuredClone(both), keyOf)).toEqual({ list: both, clashes: [] });
  });

  it('keep the order that was changed, whoever changed it', () => {
    const turned = [item('c'), item('b'), item('a')];
    expect(ids(mergeLists(base, turned, [...base, item('y')], keyOf).list)).toBe('cyba');
    expect(ids(mergeLists(base, [item('x'), ...base], turned, keyOf).list)).toBe('xcba');
  });
});

const read = (title: string, more: Partial<ReadItem> = {}): ReadItem => ({
  line: 1,
  source: title,
  title,
  speaker: null,
  site: null,
  place: '',
  minutes: null,
  layout: null,
  id: '',
  notes: [],
  ...more,
});

describe('an import of the agenda', () => {
  const document = { id: 'd1', name: 'bao-cao.pdf', bytes: 10 };
  const current = [
    item('khai-mac', { title: 'Khai mạc', planned_ms: 600_000, documents: [document] }),
    item('bc-01', { title: 'Báo cáo kết quả công tác', site: 'cao-bang', layout: 'content_speaker' }),
    item('nghi', { title: 'Giải lao' }),
  ];

  it('keeps identity, documents and what it does not say of items that are there', () => {
    const made = importAgenda([read('Báo cáo kết quả công tác năm', { minutes: 20 }), read('KHAI MẠC')], current, {
      mode: 'replace',
      home: null,
    });
    expect(made).toEqual([
      { ...current[1], title: 'Báo cáo kết quả công tác năm', planned_ms: 1_200_000 },
      { ...current[0], title: 'KHAI MẠC' },
    ]);
  });

  it('knows an item by what its id was made of, and gives no new item the id of one that goes', () => {
    const held = [item('khai-mac', { title: 'Lễ khai mạc trọng thể', documents: [document] }), item('bao-cao')];
    const made = importAgenda([read('Khai mạc'), read('Báo cáo', { id: '' }), read('Khai mạc phiên chiều')], held, {
      mode: 'replace',
      home: null,
    });
    expect(made.map(({ id, documents }) => [id, documents.length])).toEqual([
      ['khai-mac', 1],
      ['bao-cao', 0],
      ['khai-mac-phien-chieu', 0],
    ]);
  });

  it('puts speakers without a site where they are at home, and nobody else', () => {
    const speaker = { name: 'A', title: '', organisation: '' };
    const made = importAgenda([read('Báo cáo', { speaker }), read('Nghỉ trưa')], [], { mode: 'replace', home: 'hall' });
    expect(made.map((one) => one.site)).toEqual(['hall', null]);
    const [lost] = importAgenda([read('Tham luận', { speaker, place: 'Xứ Mơ' })], [], {
      mode: 'replace',
      home: 'hall',
    });
    expect(lost?.site, 'a place that is not there is asked for').toBeNull();
  });

  it('appends without touching what is there, under ids that are free', () => {
    const made = importAgenda([read('Khai mạc'), read('Mới', { id: 'bc-01' })], current, {
      mode: 'append',
      home: null,
    });
    expect(made.slice(0, 3)).toEqual(current);
    expect(made.slice(3).map(keyOf)).toEqual(['khai-mac-2', 'bc-01-2']);
  });

  it('gives two new items of one title two ids', () => {
    const made = importAgenda([read('Thảo luận'), read('Thảo luận')], [], { mode: 'replace', home: null });
    expect(made.map(keyOf)).toEqual(['thao-luan', 'thao-luan-2']);
  });
});

describe('an import of sites', () => {
  const hall = site('hall', { hall: true });
  const current = [
    hall,
    site('cao-bang', { name: 'Cao Bằng', code: '04', carrier: 'VNPT' }),
    site('ha-nam', { name: 'Hà Nam' }),
  ];
  const row = (fields: Partial<SitePlan>) => ({ line: 1, source: '', fields, faults: [] });

  it('as the whole list leaves the hall and removes who is not named', () => {
    const made = importSites([row({ name: 'Tỉnh Cao Bằng', code: '05' }), row({ name: 'Sơn La' })], current, 'replace');
    expect(made.map((one) => one.slug)).toEqual(['hall', 'cao-bang', 'son-la']);
    expect(made[1]).toMatchObject({ code: '05', carrier: 'VNPT' });
  });

  it('as an update changes and adds, in the order that is there', () => {
    const made = importSites(
      [row({ slug: 'ha-nam', name: 'Hà Nam', code: '35' }), row({ name: 'Lào Cai' })],
      current,
      'update',
    );
    expect(made.map((one) => one.slug)).toEqual(['hall', 'cao-bang', 'ha-nam', 'lao-cai']);
    expect(made[2]?.code).toBe('35');
  });

  it('may bring another hall, which is then the only one and the first', () => {
    const made = importSites([row({ name: 'Hà Nam', hall: true })], current, 'update');
    expect(made.filter((one) => one.hall).map((one) => one.slug)).toEqual(['ha-nam']);
    expect(made[0]?.slug).toBe('ha-nam');
  });
});

describe('checks', () => {
  it('find what the server would refuse in an agenda, each with its item', () => {
    const items = [
      item('a', { title: ' ' }),
      item('b', { site: 'nowhere', planned_ms: 86_400_001 }),
      item('b', { speaker: { name: 'x'.repeat(301), title: 'a\u202Eb', organisation: '' } }),
    ];
    expect(checkAgenda(items, new Set(['cao-bang']))).toEqual([
      { key: 'a', problem: { code: 'missing', field: 'title' } },
      { key: 'b', problem: { code: 'out_of_range', field: 'minutes', min: 0, max: 1_440 } },
      { key: 'b', problem: { code: 'twice', field: 'id', value: 'b' } },
      { key: 'b', problem: { code: 'unknown_site', site: 'nowhere' } },
      { key: 'b', problem: { code: 'too_long', field: 'speaker_name', max: 300 } },
      { key: 'b', problem: { code: 'unreadable', field: 'speaker_title' } },
      { key: 'b', problem: { code: 'twice', field: 'id', value: 'b' } },
    ]);
    const many = Array.from({ length: MAX_ITEMS + 1 }, (_, index) => item(`i${index}`));
    expect(checkAgenda(many, new Set())).toEqual([
      { key: null, problem: { code: 'too_many', limit: MAX_ITEMS, found: MAX_ITEMS + 1 } },
    ]);
  });

  it('find what the server would refuse in a list of sites', () => {
    const found = checkSites([
      site('hall', { hall: true }),
      site('b', { hall: true, receive_kbps: 100, column: 64, row: 1 }),
      site('C', { column: 2 }),
    ]);
    expect(found).toEqual([
      { key: 'b', problem: { code: 'out_of_range', field: 'column', min: 0, max: 63 } },
      { key: 'b', problem: { code: 'out_of_range', field: 'receive_kbps', min: 250, max: 100_000 } },
      { key: 'C', problem: { code: 'bad_id', value: 'C' } },
      { key: null, problem: { code: 'halls', found: 2 } },
    ]);
    const many = Array.from({ length: MAX_SITES + 1 }, (_, index) =>
      site(`s${index}`, { hall: index === 0, column: index % 60, row: Math.floor(index / 60) }),
    );
    expect(checkSites(many)).toEqual([
      { key: null, problem: { code: 'too_many', limit: MAX_SITES, found: MAX_SITES + 1 } },
    ]);
  });

  it('see two sites on one place of the map', () => {
    const found = checkSites([site('a', { hall: true, name: 'A' }), site('b', { name: 'B' })]);
    expect(found).toEqual([
      { key: 'a', problem: { code: 'same_place', others: ['B'] } },
      { key: 'b', problem: { code: 'same_place', others: ['A'] } },
    ]);
  });

  it('find what is wrong with details and prepared texts', () => {
    const speech = { allowed_ms: -1, warning_ms: 60_000, grace_ms: 600_001 };
    expect(
      checkDetails({ title: '', support_phone: '', floor_mode: 'closed', speech }).map(({ code }) => code),
    ).toEqual(['missing', 'out_of_range', 'out_of_range']);
    expect(checkTemplates(['', 'x'.repeat(301)]).map(({ key }) => key)).toEqual(['0', '1']);
    expect(checkTemplates(Array.from({ length: 21 }, () => 'x'))).toHaveLength(1);
  });
});

describe('problems of the server', () => {
  it('stand at the rows that they name, in words of this page', () => {
    const found = locate(
      [
        'agenda item bc-01 names the unknown site ha-tay',
        'title of bc-1 must have 1 to 300 characters',
        'exactly one site must be the hall, found 0',
        'planned_ms is 90000000 ms, at most 86400000 ms',
        'the moon is full',
        'site slug bc-01 is used twice',
        '"Hà" is no id: 1 to 64 of a–z, 0–9 and -',
      ],
      ['bc', 'bc-1', 'bc-01'],
    );
    expect(found).toEqual([
      { key: 'bc-01', problem: { code: 'unknown_site', site: 'ha-tay' } },
      { key: 'bc-1', problem: { code: 'missing', field: 'title' } },
      { key: null, problem: { code: 'halls', found: 0 } },
      { key: null, problem: { code: 'server', text: 'planned_ms is 90000000 ms, at most 86400000 ms' } },
      { key: null, problem: { code: 'server', text: 'the moon is full' } },
      { key: 'bc-01', problem: { code: 'twice', field: 'slug', value: 'bc-01' } },
      { key: null, problem: { code: 'bad_id', value: 'Hà' } },
    ]);
  });
});
