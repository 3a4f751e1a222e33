import { describe, expect, it } from 'vitest';
import { SiteMatcher } from '../model/siteMatch';
import { speakerOf } from './person';
import { SAMPLE_SITES } from './sampleSites';
import { speechOf } from './speech';

const { isPlace } = new SiteMatcher(SAMPLE_SITES);

describe('a speaker', () => {
  it.each([
    ['Đồng chí Nguyễn Văn A, Chủ tịch UBND tỉnh Cao Bằng', 'Nguyễn Văn A', 'Chủ tịch UBND tỉnh Cao Bằng', ''],
    ['Đ/c Trần Thị B - Bí thư Tỉnh ủy', 'Trần Thị B', 'Bí thư Tỉnh ủy', ''],
    ['Ông Lê C, Viện trưởng, Viện Khoa học Tổ chức nhà nước', 'Lê C', 'Viện trưởng', 'Viện Khoa học Tổ chức nhà nước'],
    [
      'Nguyễn Thị Kim Ngân, Ủy viên Bộ Chính trị, Chủ tịch Quốc hội',
      'Nguyễn Thị Kim Ngân',
      'Ủy viên Bộ Chính trị, Chủ tịch Quốc hội',
      '',
    ],
    ['GS.TS. Phạm Văn D, Phó Chủ nhiệm', 'GS.TS. Phạm Văn D', 'Phó Chủ nhiệm', ''],
    ['Thượng tướng Hoàng Văn E, Thứ trưởng Bộ Quốc phòng', 'Thượng tướng Hoàng Văn E', 'Thứ trưởng Bộ Quốc phòng', ''],
    ['Chủ tịch UBND tỉnh Cao Bằng Nguyễn Văn A', 'Nguyễn Văn A', 'Chủ tịch UBND tỉnh Cao Bằng', ''],
    ['Chủ tịch UBND tỉnh Cao Bằng', 'Chủ tịch UBND tỉnh Cao Bằng', '', ''],
    ['Phó Bí thư Tỉnh ủy Hà Giang', 'Phó Bí thư Tỉnh ủy Hà Giang', '', ''],
    ['Lãnh đạo Bộ Nội vụ', 'Lãnh đạo Bộ Nội vụ', '', ''],
    [
      'Chủ tịch Quốc hội, Chủ tịch Hội đồng bầu cử quốc gia',
      'Chủ tịch Quốc hội',
      'Chủ tịch Hội đồng bầu cử quốc gia',
      '',
    ],
    ['Chủ tịch UBND thành phố, đồng chí Võ Văn G', 'Võ Văn G', 'Chủ tịch UBND thành phố', ''],
    ['Bùi Thị H (Giám đốc Sở Nội vụ)', 'Bùi Thị H', 'Giám đốc Sở Nội vụ', ''],
    ['do đồng chí Đỗ Văn I, Trưởng Ban Chỉ đạo trình bày', 'Đỗ Văn I', 'Trưởng Ban Chỉ đạo', ''],
    ['Ban Tổ chức', 'Ban Tổ chức', '', ''],
  ])('%s', (text, name, title, organisation) => {
    expect(speakerOf(text, isPlace)).toEqual({ name, title, organisation });
  });

  it('may be several, who stay together', () => {
    const text = 'Đồng chí Nguyễn Văn A và đồng chí Trần Văn B';
    expect(speakerOf(text, isPlace)?.name).toBe('Nguyễn Văn A và đồng chí Trần Văn B');
  });

  it('is nobody where nobody is named', () => {
    expect(speakerOf('', isPlace)).toBeNull();
    expect(speakerOf('Đồng chí', isPlace)).toBeNull();
  });
});

describe('a speech', () => {
  it.each([
    ['Phát biểu khai mạc – Đồng chí Nguyễn Văn A, Chủ tịch Quốc hội', 'Phát biểu khai mạc', 'Nguyễn Văn A'],
    [
      'Đồng chí Nguyễn Văn A, Chủ tịch Quốc hội phát biểu khai mạc Hội nghị',
      'Phát biểu khai mạc Hội nghị',
      'Nguyễn Văn A',
    ],
    ['Báo cáo kết quả do đồng chí Trần Văn B trình bày', 'Báo cáo kết quả', 'Trần Văn B'],
    ['Báo cáo kết quả (Đ/c Trần Văn B, Vụ trưởng)', 'Báo cáo kết quả', 'Trần Văn B'],
    ['Báo cáo kết quả. Trình bày: Trần Văn B', 'Báo cáo kết quả', 'Trần Văn B'],
    ['Tuyên bố lý do, giới thiệu đại biểu - Chánh Văn phòng', 'Tuyên bố lý do, giới thiệu đại biểu', 'Chánh Văn phòng'],
    [
      'Báo cáo Chỉ thị số 45-CT/TW của Bộ Chính trị: Lãnh đạo Ban Tổ chức Trung ương',
      'Báo cáo Chỉ thị số 45-CT/TW của Bộ Chính trị',
      'Lãnh đạo Ban Tổ chức Trung ương',
    ],
    ['Tham luận của đồng chí Lê Văn C, Bí thư Tỉnh ủy Sơn La', 'Tham luận', 'Lê Văn C'],
    ['Lãnh đạo Bộ Nội vụ báo cáo tình hình chuẩn bị', 'Báo cáo tình hình chuẩn bị', 'Lãnh đạo Bộ Nội vụ'],
    ['Tham luận – Nguyễn Văn A, Chủ tịch UBND tỉnh', 'Tham luận', 'Nguyễn Văn A'],
  ])('%s', (line, title, name) => {
    const speech = speechOf(line, isPlace);
    expect(speech.title).toBe(title);
    expect(speech.speaker?.name).toBe(name);
  });

  it.each([
    ['Giải lao', 'Giải lao'],
    ['thảo luận của các điểm cầu', 'Thảo luận của các điểm cầu'],
    ['Tuyên bố lý do, giới thiệu đại biểu', 'Tuyên bố lý do, giới thiệu đại biểu'],
    [
      'Triển khai Nghị quyết 42-NQ/TW – giai đoạn 2021 - 2026',
      'Triển khai Nghị quyết 42-NQ/TW – giai đoạn 2021 - 2026',
    ],
    ['Xem phóng sự: Chặng đường 75 năm', 'Xem phóng sự: Chặng đường 75 năm'],
    ['Kết nối với điểm cầu – Hà Giang', 'Kết nối với điểm cầu – Hà Giang'],
  ])('without a speaker: %s', (line, title) => {
    expect(speechOf(line, isPlace)).toEqual({ title, speaker: null });
  });
});
