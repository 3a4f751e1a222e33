import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SiteMatcher } from '../model/siteMatch';
import { SAMPLE_SITES, SITES_FILE } from '../text/sampleSites';
import { agendaColumns, readAgendaRows } from './agendaTable';
import { assign } from './columns';
import { readSeparated, type Rows } from './rows';
import { readSiteRows, siteColumns } from './siteTable';

const matcher = new SiteMatcher(SAMPLE_SITES);

async function rowsOf(text: string): Promise<Rows> {
  const table = await readSeparated(text);
  if (!table.ok) throw new Error(table.fault);
  return table.rows;
}

const programme = (rows: Rows) => readAgendaRows(rows, agendaColumns(rows), matcher);

describe('a table as a programme', () => {
  it('of three columns out of a document', async () => {
    const rows = await rowsOf(`CHƯƠNG TRÌNH HỘI NGHỊ\t\t
Thời gian\tNội dung\tThực hiện
I. Phần khai mạc\t\t
08h00 - 08h10\tTuyên bố lý do, giới thiệu đại biểu\tVăn phòng Quốc hội
08h10 - 08h30\tPhát biểu khai mạc\tĐồng chí Nguyễn Văn A, Chủ tịch Quốc hội
08h30\tBáo cáo của tỉnh Cao Bằng\tĐ/c Trần Văn B, Chủ tịch UBND tỉnh Cao Bằng
08h45 - 09h00\tGiải lao\t`);
    const { items, skipped } = programme(rows);
    expect(items.map(({ title, speaker, site, minutes }) => [title, speaker?.name ?? null, site, minutes])).toEqual([
      ['Tuyên bố lý do, giới thiệu đại biểu', 'Văn phòng Quốc hội', null, 10],
      ['Phát biểu khai mạc', 'Nguyễn Văn A', null, 20],
      ['Báo cáo của tỉnh Cao Bằng', 'Trần Văn B', 'cao-bang', 15],
      ['Giải lao', null, null, 15],
    ]);
    expect(skipped).toEqual([{ line: 3, text: 'I. Phần khai mạc' }]);
  });

  it('with a column for everything', async () => {
    const rows = await rowsOf(`id,Tiêu đề,Người phát biểu,Chức danh,Cơ quan,Điểm cầu,Số phút,Bố cục
bc-01,Báo cáo trung tâm,Nguyễn Văn A,Vụ trưởng,Bộ Nội vụ,Điểm cầu trung tâm,25,content_speaker
bc-02,Tham luận,Trần B,,,Cao Băng,15 phút,
bc-03,Thảo luận,,,,Thượng Hải,mười,
bc-04,Kết luận,,,,,2000,`);
    const { items } = programme(rows);
    expect(items[0]).toMatchObject({
      id: 'bc-01',
      speaker: { name: 'Nguyễn Văn A', title: 'Vụ trưởng', organisation: 'Bộ Nội vụ' },
      site: 'dien-hong',
      minutes: 25,
      layout: 'content_speaker',
      notes: [],
    });
    expect(items[1]).toMatchObject({ site: 'cao-bang', minutes: 15, layout: null });
    expect(items[2]).toMatchObject({ site: null, place: 'Thượng Hải', minutes: null });
    expect(items[2]?.notes.toSorted()).toEqual(['bad_time', 'unknown_site']);
    expect(items[3]).toMatchObject({ minutes: null, notes: ['bad_time'] });
  });

  it('whose minutes stand below “Thời gian (phút)”', async () => {
    const rows = await rowsOf('TT;Nội dung;Thời gian (phút)\n1;Khai mạc;15\n2;Báo cáo;40\n');
    expect(programme(rows).items.map(({ minutes }) => minutes)).toEqual([15, 40]);
  });

  it('without a heading is read by the looks of its cells', async () => {
    const rows = await rowsOf(`8h00 - 8h15\tKhai mạc hội nghị\tChủ tịch Quốc hội
8h15 - 8h45\tBáo cáo kết quả công tác\tLãnh đạo Bộ Nội vụ`);
    expect(agendaColumns(rows)).toEqual({ columns: ['time', 'title', 'speaker'], heading: null });
    expect(programme(rows).items[1]).toMatchObject({ title: 'Báo cáo kết quả công tác', minutes: 30 });
  });

  it('is read anew when a person says what a column is', async () => {
    const rows = await rowsOf('Nội dung,Ghi chú,Phút\nKhai mạc,Nguyễn Văn A,10');
    const { columns, heading } = agendaColumns(rows);
    expect(columns).toEqual(['title', null, 'minutes']);
    const corrected = { columns: assign(columns, 1, 'speaker' as const), heading };
    expect(readAgendaRows(rows, corrected, matcher).items[0]?.speaker?.name).toBe('Nguyễn Văn A');
    expect(assign(columns, 1, 'title')).toEqual([null, 'title', 'minutes']);
  });
});

describe('a table as a list of sites', () => {
  it('has the columns of the sample’s own file', async () => {
    const rows = await rowsOf(readFileSync(SITES_FILE, 'utf8'));
    const { sites, skipped } = readSiteRows(rows, siteColumns(rows));
    expect(sites).toHaveLength(63);
    expect(skipped).toEqual([]);
    expect(sites.find(({ fields }) => fields.slug === 'cao-bang')?.fields).toEqual({
      slug: 'cao-bang',
      code: '04',
      name: 'Cao Bằng',
      full_name: 'Tỉnh Cao Bằng',
      region: 'Trung du và miền núi phía Bắc',
      column: 5,
      row: 0,
    });
  });

  it('may be a ministry’s, in its words', async () => {
    const rows = await rowsOf(`DANH SÁCH ĐẦU MỐI KỸ THUẬT
STT;Tỉnh/Thành phố;Đầu mối;Số điện thoại;Nhà mạng
1;Cao Bằng;Nguyễn Văn A;0912 345 678;Viettel
2;;Trần B;;`);
    const { sites, skipped } = readSiteRows(rows, siteColumns(rows));
    expect(sites.map(({ fields }) => fields)).toEqual([
      { name: 'Cao Bằng', carrier: 'Viettel', contact: { name: 'Nguyễn Văn A', phone: '0912 345 678' } },
    ]);
    expect(skipped).toEqual([{ line: 4, text: '2 | Trần B' }]);
  });

  it('says which number is none', async () => {
    const rows = await rowsOf('code,name,column,row,receive_kbps,hall\n1,A,x,2,,có\n2,B,3,4,900,');
    const { sites } = readSiteRows(rows, siteColumns(rows));
    expect(sites[0]).toMatchObject({
      fields: { column: 0, row: 2, receive_kbps: null, hall: true },
      faults: [{ field: 'column', text: 'x' }],
    });
    expect(sites[1]).toMatchObject({ fields: { receive_kbps: 900, hall: false }, faults: [] });
  });
});
