import { deskView, floorView, messageView, operatorLive, queueEntry, siteView } from '$lib/state/samples';
import { flushSync } from 'svelte';
import { toast } from 'svelte-sonner';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Bench, key } from './bench.svelte';
import LeaseGroup from '../parts/LeaseGroup.svelte';
import LeaseNotice from './LeaseNotice.svelte';
import MessagesPanel from './MessagesPanel.svelte';
import PeoplePanel from './PeoplePanel.svelte';
import { neighbour, TABS, tabsAt } from './railTabs.svelte';
import RailTabBar from './RailTabBar.svelte';
import TemplatesDialog from './TemplatesDialog.svelte';

vi.mock('svelte-sonner', () => ({ toast: { error: vi.fn(), success: vi.fn(), info: vi.fn() } }));

let bench: Bench;
afterEach(() => bench.end());

const field = () => document.querySelector('textarea')!;
function write(text: string) {
  field().value = text;
  field().dispatchEvent(new Event('input', { bubbles: true }));
  flushSync();
}
const audience = (name: string) => {
  document.querySelector<HTMLInputElement>(`input[value=${name}]`)!.click();
  flushSync();
};

describe('messages', () => {
  it('go to the selected site, to those that were picked, or to all, and to nobody by mistake', async () => {
    bench = new Bench([siteView('Huế', { region: 'Trung' }), siteView('Đà Nẵng', { region: 'Trung' }), 'Cao Bằng']);
    bench.show(MessagesPanel, {});
    write('Xin chào');
    key(field(), 'Enter', { key: 'Enter' });
    await bench.settle();
    expect(bench.server.commands).toEqual([]);

    bench.desk.selected = 'Huế';
    flushSync();
    key(field(), 'Enter', { key: 'Enter' });
    await bench.settle();
    expect(field().value).toBe('');

    audience('several');
    await bench.press('Trung');
    await bench.press('Xong');
    write('Đề nghị chuẩn bị');
    await bench.press(/^Gửi/);

    audience('all');
    write('Hội nghị bắt đầu');
    await bench.press(/^Gửi/);
    expect(bench.server.commands).toEqual([
      { type: 'send_message', to: ['Huế'], text: 'Xin chào' },
      { type: 'send_message', to: expect.arrayContaining(['Huế', 'Đà Nẵng']), text: 'Đề nghị chuẩn bị' },
      { type: 'send_message', to: [], text: 'Hội nghị bắt đầu' },
    ]);
  });

  it('are kept in the field when they are refused, and while an input method composes', async () => {
    bench = new Bench(['Huế']);
    bench.desk.selected = 'Huế';
    bench.show(MessagesPanel, {});
    write('Xin chào');
    key(field(), 'Enter', { key: 'Enter', isComposing: true });
    key(field(), 'Enter', { key: 'Enter', shiftKey: true });
    await bench.settle();
    expect(bench.server.commands).toEqual([]);
    bench.server.answer = () => ({ accepted: false, reason: { code: 'busy' } });
    key(field(), 'Enter', { key: 'Enter' });
    await bench.settle();
    expect(field().value).toBe('Xin chào');
  });

  it('outlive the panel that they are written in', async () => {
    bench = new Bench(['Huế']);
    bench.show(MessagesPanel, {});
    write('Đang viết');
    await bench.end();
    bench.show(MessagesPanel, {});
    expect(field().value).toBe('Đang viết');
  });

  it('begin with a template, behind what was written by hand', () => {
    bench = new Bench(['Huế'], { desk: deskView({ templates: ['Đề nghị kiểm tra micro.'] }) });
    bench.show(MessagesPanel, {});
    const templates = document.querySelector('select')!;
    const choose = () => {
      templates.value = 'Đề nghị kiểm tra micro.';
      templates.dispatchEvent(new Event('change', { bubbles: true }));
      flushSync();
    };
    choose();
    expect(field().value).toBe('Đề nghị kiểm tra micro.');
    expect(document.activeElement).toBe(field());
    write('Chào Huế. ');
    choose();
    expect(field().value).toBe('Chào Huế. Đề nghị kiểm tra micro.');
  });

  it('of sites that wait come first, the oldest with the key; those of the centre say who has read them', async () => {
    bench = new Bench(['Đà Nẵng', 'An Giang'], {
      messages: [
        messageView(1, { from: 'Đà Nẵng', text: 'Micro không kêu' }),
        messageView(2, { to: [], text: 'Chuẩn bị', acknowledged: ['An Giang'] }),
        messageView(3, { from: 'An Giang', text: 'Đã rõ' }),
      ],
    });
    const page = bench.show(MessagesPanel, {});
    const items = () => [...page.querySelectorAll('li')].map((one) => one.textContent ?? '');
    expect(items().map((text) => /Micro|Đã rõ|Chuẩn bị/.exec(text)?.[0])).toEqual(['Micro', 'Đã rõ', 'Chuẩn bị']);
    expect(items()[0]).toMatch(/Đã nhận\s*A/);
    await bench.press('1/3 điểm cầu đã xác nhận');
    expect(items()[2]).toMatch(/Chưa xác nhận: Đà Nẵng, hall.*Đã xác nhận: An Giang/s);
    bench.desk.messages.acknowledgeOldest();
    expect(bench.server.commands).toEqual([{ type: 'acknowledge_message', message: 1 }]);
  });
});

describe('templates', () => {
  it('are edited together and kept without empty ones', async () => {
    bench = new Bench([], { desk: deskView({ templates: ['Một', 'Hai'] }) });
    const close = vi.fn();
    const page = bench.show(TemplatesDialog, { close });
    await bench.press('Thêm mẫu');
    const fields = page.querySelectorAll('textarea');
    fields[2]!.value = '  Ba ';
    fields[2]!.dispatchEvent(new Event('input', { bubbles: true }));
    flushSync();
    page.querySelectorAll<HTMLButtonElement>('[aria-label="Chuyển lên"]')[1]!.click();
    flushSync();
    page.querySelectorAll<HTMLButtonElement>('[aria-label="Xóa mẫu"]')[1]!.click();
    flushSync();
    await bench.press('Thêm mẫu');
    await bench.press(/^Lưu/);
    expect(bench.server.commands).toEqual([{ type: 'set_templates', texts: ['Hai', 'Ba'] }]);
    expect(close).toHaveBeenCalledOnce();
  });

  it('say when somebody else has changed them meanwhile', () => {
    bench = new Bench([], { desk: deskView({ templates: ['Một'] }) });
    const page = bench.show(TemplatesDialog, { close: () => {} });
    expect(page.querySelector('[role=alert]')).toBeNull();
    bench.conference.desk = deskView({ templates: ['Một', 'Hai'] });
    flushSync();
    expect(page.querySelector('[role=alert]')?.textContent).toContain('Người khác');
    expect(page.querySelectorAll('textarea')).toHaveLength(1);
  });
});

describe('the people', () => {
  function people(
    lease: string | null,
    missing: number | null = null,
    panel: typeof PeoplePanel | typeof LeaseGroup = PeoplePanel,
  ) {
    bench = new Bench([siteView('Huế', { region: 'Trung' }), siteView('Lào Cai', { region: 'Bắc' })]);
    bench.conference.operators = [
      operatorLive('minh', { role: 'lead' }),
      operatorLive('lan', { solo: 'Huế', talkback: ['Lào Cai'] }),
    ];
    bench.conference.lease = lease;
    bench.conference.leaseMissingSince = missing;
    return bench.show(panel, {});
  }

  it('are shown with what they do off air', () => {
    const page = people('minh');
    const lan = [...page.querySelectorAll('li')].find((one) => one.textContent?.includes('lan'));
    expect(lan?.textContent).toMatch(/Trợ lý đạo diễn.*nghe riêng Huế.*đang nói riêng với Lào Cai/s);
  });

  it('hand control over when that is held, and nobody else can', () => {
    people('minh');
    bench.button('giữ 1 s: lan').click();
    expect(bench.server.sent).toEqual([]);
    bench.hold('giữ 1 s: lan', 1_000);
    expect(bench.server.sent).toEqual([{ type: 'lease', action: { type: 'hand_over', to: 'lan' } }]);
    bench.conference.lease = 'lan';
    flushSync();
    expect(() => bench.button('Giao quyền')).toThrow();
  });

  it('are handed control in the header by a choice that is held as well, and to nobody who has left', () => {
    people('minh', null, LeaseGroup);
    const choice = document.querySelector('select')!;
    const choose = (name: string) => {
      choice.value = name;
      choice.dispatchEvent(new Event('change', { bubbles: true }));
      flushSync();
    };
    choose('lan');
    bench.button('giữ 1 s: lan').click();
    expect(bench.server.sent).toEqual([]);

    const { operators } = bench.conference;
    bench.conference.operators = operators.filter((one) => one.name !== 'lan');
    flushSync();
    expect(() => bench.button('giữ 1 s')).toThrow();
    bench.conference.operators = operators;
    flushSync();
    bench.hold('giữ 1 s: lan', 1_000);
    expect(bench.server.sent).toEqual([{ type: 'lease', action: { type: 'hand_over', to: 'lan' } }]);
    expect(() => bench.button('giữ 1 s')).toThrow();
  });

  it('take control of whoever is missing, and say since when', async () => {
    const page = people('hoa', 1_000);
    bench.pass(6_000);
    expect(page.textContent).toContain('hoa mất kết nối 00:05');
    await bench.press('Nhận quyền');
    expect(bench.server.sent).toEqual([{ type: 'lease', action: { type: 'claim' } }]);
  });

  it('cannot take it from whoever is here', () => {
    people('lan');
    expect(() => bench.button('Nhận quyền')).toThrow();
    bench.desk.control.claim();
    expect(bench.server.sent).toEqual([]);
    expect(bench.desk.last?.reason).toContain('lan');
  });

  it('are given regions', async () => {
    const page = people('minh');
    await bench.press('Giao vùng…');
    const trung = [...page.querySelectorAll('label')].find((one) => one.textContent?.includes('Trung'));
    trung!.querySelector('input')!.click();
    flushSync();
    await bench.press(/^Lưu/);
    expect(bench.server.commands).toEqual([{ type: 'delegate_regions', to: 'lan', regions: ['Trung'] }]);
  });

  it('are told when control changes hands', () => {
    people('minh');
    bench.show(LeaseNotice, {});
    expect(toast.info).not.toHaveBeenCalled();
    bench.conference.lease = 'lan';
    flushSync();
    expect(toast.info).toHaveBeenCalledWith('lan đã nhận quyền điều khiển', { description: 'Trước đó: minh' });
  });
});

describe('the tabs of the rail', () => {
  it('take the agenda in where the rail is low', () => {
    expect(tabsAt(38, true)).toEqual(TABS);
    expect(tabsAt(65, true)).not.toContain('agenda');
  });

  it('leave out incidents where nobody tells of them', () => {
    expect(tabsAt(38, false)).toEqual(TABS.filter((tab) => tab !== 'incidents'));
  });

  it('lead round', () => {
    expect(neighbour(TABS, 'people', 1)).toBe('agenda');
    expect(neighbour(TABS, 'agenda', -1)).toBe('people');
  });

  it('say what there is to see behind them, and are walked by arrows', () => {
    bench = new Bench(['Huế'], {
      messages: [messageView(1, { from: 'Huế' })],
      floor: floorView({ queue: [queueEntry('Huế')] }),
    });
    const page = bench.show(RailTabBar, { tabs: TABS, front: 'agenda' });
    expect(page.querySelector('#tab-messages')?.getAttribute('aria-label')).toBe('Tin nhắn: 1 chưa xác nhận');
    key(page.querySelector('#tab-agenda')!, 'ArrowRight');
    expect(bench.desk.rail.frontOf(TABS)).toBe('site');
    bench.desk.write('all');
    expect(bench.desk.rail.frontOf(TABS)).toBe('messages');
    expect(bench.desk.rail.frontOf(['site', 'people'])).toBe('site');
  });
});
