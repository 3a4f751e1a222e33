import { describe, expect, it } from 'vitest';
import { SiteMatcher } from '../model/siteMatch';
import { readProgramme } from './programme';
import { SAMPLE_SITES } from './sampleSites';

const sites = new SiteMatcher(SAMPLE_SITES);
const read = (text: string) => readProgramme(text, sites);
/** What of each item a clerk looks at first. */
const brief = (text: string) =>
  read(text).items.map(({ title, speaker, site, minutes }) => [title, speaker?.name ?? null, site, minutes]);

describe('a programme with times', () => {
  const TEXT = `
CHƯƠNG TRÌNH
Hội nghị trực tuyến toàn quốc triển khai công tác bầu cử đại biểu Quốc hội khóa XV
(Ngày 21 tháng 01 năm 2021)
----------
7h30 – 8h00: Đón tiếp đại biểu
8h00 – 8h15: Khai mạc: Đồng chí Nguyễn Thị Kim Ngân, Ủy viên Bộ Chính trị, Chủ tịch Quốc hội
8h15 - 8h40: Báo cáo Chỉ thị số 45-CT/TW của Bộ Chính trị – Lãnh đạo Ban Tổ chức Trung ương
8h40: Báo cáo của tỉnh Cao Bằng – Đồng chí Nguyễn Văn A, Chủ tịch UBND tỉnh Cao Bằng
9h00: Giải lao
9h15 – 9h00: Kết luận
`;

  it('becomes items with speakers and minutes; one without an end lasts until the next', () => {
    expect(brief(TEXT)).toEqual([
      ['Đón tiếp đại biểu', null, null, 30],
      ['Khai mạc', 'Nguyễn Thị Kim Ngân', null, 15],
      ['Báo cáo Chỉ thị số 45-CT/TW của Bộ Chính trị', 'Lãnh đạo Ban Tổ chức Trung ương', null, 25],
      ['Báo cáo của tỉnh Cao Bằng', 'Nguyễn Văn A', 'cao-bang', 20],
      ['Giải lao', null, null, 15],
      ['Kết luận', null, null, null],
    ]);
  });

  it('says what it left out, and which time makes no sense', () => {
    const { items, skipped } = read(TEXT);
    expect(skipped.map(({ line }) => line)).toEqual([2, 3, 4]);
    expect(items.at(-1)?.notes).toEqual(['bad_time']);
    expect(items[1]?.speaker?.title).toBe('Ủy viên Bộ Chính trị, Chủ tịch Quốc hội');
    expect(items[1]?.line).toBe(7);
  });
});

describe('a numbered programme', () => {
  it('takes durations in brackets and titles of speakers', () => {
    const text = `I. PHẦN KHAI MẠC
1. Ổn định tổ chức, chào cờ (5 phút).
2. Tuyên bố lý do, giới thiệu đại biểu - Đ/c Trần Văn B, Chánh Văn phòng (10 phút)
II. NỘI DUNG
3. Báo cáo kết quả – Đồng chí Nguyễn Văn A, Chủ tịch UBND tỉnh Cao Bằng (15 phút)
4. Đồng chí Lê Thị C, Bí thư Thành ủy Đà Nẵng phát biểu kết luận Hội nghị (1 giờ)`;
    expect(brief(text)).toEqual([
      ['Ổn định tổ chức, chào cờ', null, null, 5],
      ['Tuyên bố lý do, giới thiệu đại biểu', 'Trần Văn B', null, 10],
      ['Báo cáo kết quả', 'Nguyễn Văn A', 'cao-bang', 15],
      ['Phát biểu kết luận Hội nghị', 'Lê Thị C', 'da-nang', 60],
    ]);
    expect(read(text).skipped.map(({ text: line }) => line)).toEqual(['I. PHẦN KHAI MẠC', 'II. NỘI DUNG']);
  });

  it('takes the speaker from the line below', () => {
    const text = `1. Báo cáo Kế hoạch số 42/KH-HĐBCQG triển khai công tác
bầu cử trên cả nước
Trình bày: Đồng chí Bùi Văn Cường, Tổng Thư ký Quốc hội
2) Thảo luận
- Thời gian: 30 phút
3/ Phát biểu bế mạc
(Chủ tịch Quốc hội)`;
    expect(brief(text)).toEqual([
      ['Báo cáo Kế hoạch số 42/KH-HĐBCQG triển khai công tác bầu cử trên cả nước', 'Bùi Văn Cường', null, null],
      ['Thảo luận', null, null, 30],
      ['Phát biểu bế mạc', 'Chủ tịch Quốc hội', null, null],
    ]);
  });

  it('makes the speeches below an item its own items and shares its time', () => {
    const text = `5. Tham luận của các địa phương (60 phút)
- Tỉnh Cao Bằng: Đồng chí Nguyễn Văn A, Chủ tịch UBND tỉnh
- Tỉnh Sơn La (20 phút)
- Đồng chí Trần Thị B, Phó Chủ tịch UBND thành phố Cần Thơ
6. Kết luận`;
    expect(brief(text)).toEqual([
      ['Tham luận của các địa phương – Tỉnh Cao Bằng', 'Nguyễn Văn A', 'cao-bang', 20],
      ['Tham luận của các địa phương – Tỉnh Sơn La', null, 'son-la', 20],
      ['Tham luận của các địa phương – Trần Thị B', 'Trần Thị B', 'can-tho', 20],
      ['Kết luận', null, null, null],
    ]);
    expect(read(text).items.map(({ notes }) => notes)).toEqual([['shared_time'], [], ['shared_time'], []]);
    expect(read(text).skipped).toEqual([{ line: 1, text: '5. Tham luận của các địa phương (60 phút)' }]);
  });

  it('gives each speech the time that is named for each', () => {
    const text = `1. Tham luận (mỗi địa phương 7 phút)
a) Tỉnh Hà Nam
b) Tỉnh Cà Mau`;
    expect(brief(text)).toEqual([
      ['Tham luận – Tỉnh Hà Nam', null, 'ha-nam', 7],
      ['Tham luận – Tỉnh Cà Mau', null, 'ca-mau', 7],
    ]);
  });

  it('keeps an item whose parts say nothing that counts', () => {
    const text = `1. Công tác chuẩn bị (20 phút)
- Kiểm tra âm thanh
- Kiểm tra ánh sáng`;
    expect(brief(text)).toEqual([['Công tác chuẩn bị', null, null, 20]]);
    expect(read(text).skipped).toHaveLength(2);
  });
});

describe('other shapes', () => {
  it('bullets alone are items', () => {
    expect(brief('• Khai mạc (10 phút)\n• Báo cáo trung tâm – Lãnh đạo Bộ Nội vụ\n• Bế mạc')).toEqual([
      ['Khai mạc', null, null, 10],
      ['Báo cáo trung tâm', 'Lãnh đạo Bộ Nội vụ', null, null],
      ['Bế mạc', null, null, null],
    ]);
  });

  it('Roman numbers alone are items', () => {
    expect(brief('I. Khai mạc hội nghị\nII. Báo cáo của Chính phủ\nIII. Kết luận')).toEqual([
      ['Khai mạc hội nghị', null, null, null],
      ['Báo cáo của Chính phủ', null, null, null],
      ['Kết luận', null, null, null],
    ]);
  });

  it('plain lines are items, one each', () => {
    const text = 'Khai mạc\nBáo cáo trung tâm\nĐồng chí Phạm Văn D, Bộ trưởng Bộ Nội vụ\nKết luận';
    expect(brief(text)).toEqual([
      ['Khai mạc', null, null, null],
      ['Báo cáo trung tâm', 'Phạm Văn D', null, null],
      ['Kết luận', null, null, null],
    ]);
  });

  it('days, halves of days and what the programme is are headings', () => {
    const text = `Thời gian: 01 ngày
Địa điểm: Hội trường Diên Hồng
Buổi sáng (8h00 - 11h30)
1. Khai mạc
Chiều ngày 21/01/2021
2. Thảo luận`;
    expect(brief(text).map(([title]) => title)).toEqual(['Khai mạc', 'Thảo luận']);
    expect(read(text).skipped).toHaveLength(4);
  });

  it('a number before or behind the time is none of the title', () => {
    expect(brief('1. 8h00 – 8h10: Chào cờ\n8h10 – 8h30: 2. Khai mạc')).toEqual([
      ['Chào cờ', null, null, 10],
      ['Khai mạc', null, null, 20],
    ]);
  });

  it('a span and a duration that disagree are told', () => {
    const [item] = read('8h00 – 8h30: Khai mạc (20 phút)').items;
    expect(item).toMatchObject({ minutes: 20, notes: ['two_times'] });
  });

  it('decomposed letters and Windows line ends are read as any', () => {
    expect(brief('1. Khai mạc\r\n2. Bế mạc'.normalize('NFD'))).toEqual([
      ['Khai mạc', null, null, null],
      ['Bế mạc', null, null, null],
    ]);
  });

  it('nothing is read out of nothing', () => {
    expect(read('')).toEqual({ items: [], skipped: [] });
    expect(read(' \n---\n')).toEqual({ items: [], skipped: [] });
  });
});

describe('sites', () => {
  it('are found by the words “điểm cầu”, which leave the title when they stand in brackets', () => {
    expect(brief('1. Tham luận về nhân sự (điểm cầu tỉnh Nghệ An) (10 phút)')).toEqual([
      ['Tham luận về nhân sự', null, 'nghe-an', 10],
    ]);
  });

  it('that were misspelt are guessed and marked; others are asked for', () => {
    const { items } = read('1. Tham luận tại điểm cầu Cao Bắng\n2. Tham luận tại điểm cầu Xứ Mơ');
    expect(items[0]).toMatchObject({ site: 'cao-bang' });
    expect(items[1]).toMatchObject({ site: null, place: 'Xứ Mơ', notes: ['unknown_site'] });
  });

  it('are not taken out of the name of a person', () => {
    expect(brief('1. Báo cáo – Đồng chí Nguyễn Thái Bình, Vụ trưởng')).toEqual([
      ['Báo cáo', 'Nguyễn Thái Bình', null, null],
    ]);
  });

  it('are those of the speaker before those of the title', () => {
    const line = '1. Báo cáo kinh nghiệm của tỉnh Hà Nam – Đồng chí Lê Văn A, Chủ tịch UBND tỉnh Cao Bằng';
    expect(brief(line)[0]?.[2]).toBe('cao-bang');
  });
});
