import type { JoinLink } from '$lib/wire';
import { describe, expect, it } from 'vitest';
import { documentFault, MAX_DOCUMENT_BYTES, sizeText } from './agenda/documents';
import { addAfter, agendaTable, changeItem, emptyItem, moveItem, removeItem, startsOf, totalMs } from './agenda/edit';
import { kioskCommand, linksBySite, selected, serverAddress } from './links/joinSheet';
import { qrPath } from './links/qr';
import { agendaBarrier, controlBarrier, planBarrier, type PlanStanding } from './model/barrier';
import { newSite } from './model/importSites';
import { checklist } from './rehearsal/checklist';
import { isSection } from './sections';
import { addSite, changeSite, moveSite, removeSite, restructures, sitesTable } from './sites/edit';
import { companionSettings } from './surfaces/companion';

const ITEMS = ['a', 'b', 'c'].map((id) => ({ ...emptyItem(new Set()), id, title: id, planned_ms: 60_000 }));
const ids = (list: readonly { id: string }[]) => list.map(({ id }) => id).join('');

describe('edits of the agenda', () => {
  it('add behind the selected item, under a free id', () => {
    expect(ids(addAfter(ITEMS, 'a').list)).toBe('amucbc');
    const twice = addAfter(addAfter(ITEMS, null).list, null);
    expect(twice.added.id).toBe('muc-2');
  });

  it('move within the list, and nowhere else', () => {
    expect(ids(moveItem(ITEMS, 'c', 0))).toBe('cab');
    expect(moveItem(ITEMS, 'a', 0)).toBe(ITEMS);
    expect(moveItem(ITEMS, 'a', 3)).toBe(ITEMS);
    expect(moveItem(ITEMS, 'x', 1)).toBe(ITEMS);
    expect(ids(removeItem(ITEMS, 'b'))).toBe('ac');
  });

  it('know when each item would begin', () => {
    expect(startsOf(ITEMS)).toEqual([0, 60_000, 120_000]);
    expect(totalMs(changeItem(ITEMS, 'b', { planned_ms: 0 }))).toBe(120_000);
  });

  it('can be written as a table', () => {
    const item = { ...ITEMS[0]!, site: 'cao-bang', speaker: { name: 'A', title: 'T', organisation: 'O' } };
    expect(agendaTable([item], () => 'Cao Bằng')[1]).toEqual(['a', 'a', 'A', 'T', 'O', 'Cao Bằng', 1, '']);
  });
});

const SITES = [
  { ...newSite('hall', 'Hội trường'), hall: true },
  { ...newSite('cao-bang', 'Cao Bằng'), column: 1, region: 'Bắc' },
  { ...newSite('ca-mau', 'Cà Mau'), column: 2, region: 'Nam' },
];
const slugs = (list: readonly { slug: string }[]) => list.map(({ slug }) => slug).join(' ');

describe('edits of the sites', () => {
  it('add under a slug of the name, on a free place', () => {
    const { added } = addSite(SITES, 'Đắk Lắk');
    expect(added).toMatchObject({ slug: 'dak-lak', full_name: 'Đắk Lắk', column: 0, row: 1 });
    expect(addSite(SITES, 'Cao Bằng').added.slug).toBe('cao-bang-2');
  });

  it('keep the hall first, and one', () => {
    expect(moveSite(SITES, 'ca-mau', 0)).not.toBe(SITES);
    expect(slugs(moveSite(SITES, 'ca-mau', 0))).toBe('hall ca-mau cao-bang');
    expect(moveSite(SITES, 'hall', 2)).toBe(SITES);
    const changed = changeSite(SITES, 'ca-mau', { hall: true });
    expect(slugs(changed)).toBe('ca-mau hall cao-bang');
    expect(changed.filter((site) => site.hall)).toHaveLength(1);
  });

  it('make pages join anew when sites come, go or change places, and then only', () => {
    expect(restructures(SITES, changeSite(SITES, 'cao-bang', { name: 'x' }))).toBe(false);
    expect(restructures(SITES, moveSite(SITES, 'ca-mau', 1))).toBe(true);
    expect(restructures(SITES, removeSite(SITES, 'ca-mau'))).toBe(true);
    expect(sitesTable(SITES)[1]).toEqual(['', 'hall', 'Hội trường', 'Hội trường', '', 0, 0, '', '', '', '', '1']);
  });
});

describe('documents', () => {
  it('are refused before they are sent, with the reason', () => {
    const file = (name: string, size = 10) => ({ name, size });
    expect(documentFault(file('báo cáo.PDF'), [])).toBeNull();
    expect(documentFault(file('a.exe'), [])).toBe('wrong_kind');
    expect(documentFault(file('pdf'), [])).toBe('wrong_kind');
    expect(documentFault(file('a.pdf', 0), [])).toBe('empty');
    expect(documentFault(file('a.pdf', MAX_DOCUMENT_BYTES + 1), [])).toBe('too_large');
    expect(documentFault(file('a.pdf'), [file('a.pdf')])).toBe('twice');
    expect(
      documentFault(
        file('a.pdf'),
        Array.from({ length: 10 }, (_, i) => file(`${i}.pdf`)),
      ),
    ).toBe('too_many');
    expect(sizeText(1_400_000, 'vi')).toBe('1,4 MB');
  });
});

describe('join sheets', () => {
  const link = (site: string, endpoint: JoinLink['endpoint'], path: string, revoked = false): JoinLink => ({
    site,
    endpoint,
    path,
    revoked,
    last_used_at: null,
  });

  it('have the link of each endpoint that counts', () => {
    const rows = linksBySite(SITES, [
      link('cao-bang', 'screen', '/join/s'),
      link('cao-bang', 'main', '/join/old', true),
      link('cao-bang', 'main', '/join/new'),
      link('ca-mau', 'main', '/join/x', true),
    ]);
    expect(rows.map(({ links }) => links.map(({ path }) => path))).toEqual([[], ['/join/new', '/join/s'], ['/join/x']]);
    expect(slugs(selected(rows, { region: 'Nam' }).map(({ site }) => site))).toBe('ca-mau');
    expect(selected(rows, { site: 'hall' })).toHaveLength(1);
    expect(selected(rows, { all: true })).toHaveLength(3);
  });

  it.each([
    ['https://hop.example.gov.vn', 'https://hop.example.gov.vn'],
    ['hop.example.gov.vn:8443/', 'https://hop.example.gov.vn:8443'],
    ['http://10.0.0.5:8080', 'http://10.0.0.5:8080'],
    ['https://[fd00::1]:8443', 'https://[fd00::1]:8443'],
    ['https://hop.example.gov.vn/console', null],
    ['javascript:alert(1)', null],
    ['', null],
    ['hai từ', null],
  ])('take the address %s for %s', (text, address) => {
    expect(serverAddress(text)).toBe(address);
  });

  it('tell the big screen’s machine what to run', () => {
    expect(kioskCommand('https://h/join/x')).toMatch(
      /^chromium --kiosk .*--autoplay-policy=no-user-gesture-required https:\/\/h\/join\/x$/,
    );
  });

  it('draw codes whose finder patterns stand in their corners, inside a quiet zone', () => {
    const { size, path } = qrPath('https://hop.example.gov.vn/join/AW-V43Tq_QrbAW-V43Tq_Qrb');
    expect(path.startsWith('M4 4h7v1h-7z')).toBe(true);
    expect(path).toContain(`M${size - 11} 4h7v1h-7z`);
    expect(path).toContain(`M4 ${size - 11}h7v1h-7z`);
  });
});

describe('barriers', () => {
  const standing: PlanStanding = {
    ready: true,
    role: 'assistant',
    name: 'An',
    lease: 'An',
    journalOk: true,
    phase: 'preparing',
    locked: false,
  };

  it.each<[string, Partial<PlanStanding>, string | undefined, string | undefined]>([
    ['nothing', {}, undefined, undefined],
    ['a connection that is lost', { ready: false }, 'connecting', 'connecting'],
    ['a role that only reads', { role: 'secretary', lease: 'Bình' }, 'role', 'role'],
    ['a technician', { role: 'technician' }, 'role', 'role'],
    ['nobody in control', { lease: null }, 'lease', 'lease'],
    ['a rehearsal', { phase: 'rehearsal' }, 'rehearsal', undefined],
    ['the end', { phase: 'ended' }, 'ended', undefined],
    ['a lock', { locked: true, lease: null }, 'locked', 'lease'],
    ['a journal that cannot be written', { journalOk: false }, 'journal', 'journal'],
  ])('%s', (_, changes, plan, control) => {
    expect(planBarrier({ ...standing, ...changes })?.why).toBe(plan);
    expect(controlBarrier({ ...standing, ...changes })?.why).toBe(control);
  });

  it('the secretary keeps the agenda without the control lease, and nothing else', () => {
    const secretary: PlanStanding = { ...standing, role: 'secretary', name: 'Thư', lease: 'Bình' };
    expect(agendaBarrier(secretary)).toBeNull();
    expect(planBarrier(secretary)?.why).toBe('role');
    expect(agendaBarrier({ ...secretary, locked: true })?.why).toBe('locked');
    expect(agendaBarrier({ ...secretary, phase: 'live' })?.why).toBe('live');
    expect(agendaBarrier({ ...standing, lease: 'Bình' })?.why).toBe('lease');
  });
});

describe('what is missing before the day', () => {
  const details = {
    title: 't',
    support_phone: '',
    floor_mode: 'closed' as const,
    speech: { allowed_ms: 0, warning_ms: 0, grace_ms: 0 },
    quorum: { sites: 0, delegates: 0 },
    templates: [],
  };

  it('is counted, with the section where it is mended', () => {
    const agenda = [{ ...ITEMS[0]!, planned_ms: 0, site: 'cao-bang' }];
    const checks = new Map(checklist({ agenda, sites: SITES, details }, 1, false).map((check) => [check.name, check]));
    expect(checks.get('minutes')).toMatchObject({ state: 'hint', count: 1, section: 'agenda' });
    expect(checks.get('speakers')).toMatchObject({ state: 'hint', count: 1 });
    expect(checks.get('phones')).toMatchObject({ count: 2, section: 'sites' });
    expect(checks.get('support_phone')).toMatchObject({ state: 'missing', section: 'details' });
    expect(checks.get('draft')).toMatchObject({ state: 'missing', count: 1 });
    expect(checks.get('locked')?.state).toBe('hint');
    expect(checks.get('agenda')?.state).toBe('done');
  });

  it('is much where there is nothing', () => {
    const missing = checklist({ agenda: [], sites: SITES.slice(0, 1), details }, 0, true).filter(
      ({ state }) => state === 'missing',
    );
    expect(missing.map(({ name }) => name)).toEqual(['agenda', 'sites', 'support_phone']);
  });
});

describe('small things', () => {
  it('sections are known by name', () => {
    expect(isSection('links')).toBe(true);
    expect(isSection('__proto__')).toBe(false);
  });

  it('Companion is told addresses of this conference', () => {
    const settings = companionSettings('https://h:8443', 'bau-cu-2021', 'T');
    expect(settings.find(({ name }) => name === 'base')?.value).toBe('https://h:8443/api/v1/conferences/bau-cu-2021');
    expect(settings.find(({ name }) => name === 'tally')?.value).toMatch(/^wss:\/\/h:8443\/.*\/tally\/ws$/);
    // The module puts its base in front of what a button says, as it is.
    expect(settings.find(({ name }) => name === 'take')?.value).toMatch(/^\/actions\/take\?preview=/);
    expect(JSON.parse(settings.find(({ name }) => name === 'header')!.value)).toEqual({ Authorization: 'Bearer T' });
  });
});
