/**
 * Who speaks, as programmes write it: `Đồng chí Nguyễn Văn A, Chủ tịch UBND tỉnh Cao Bằng`, `Lãnh đạo Bộ Nội vụ`,
 * `Phó Bí thư Tỉnh ủy Trần Thị B trình bày`. Pure.
 */
import type { SpeakerView } from '$lib/wire';

/** Forms of address; a lower third does without them. */
export const ADDRESS = String.raw`(?:các\s+)?(?:đồng\s+chí|đ\/c|đ\/chí|đc\.|ông|bà|ngài)\.?(?![\p{L}])`;
/** Ranks and degrees belong to the name as it is shown. */
export const RANK = String.raw`(?:(?:GS|PGS|TS|TSKH|ThS|CN|KS|BS|LS|NCS)\.?(?:[.,\s]*(?:GS|PGS|TS|TSKH|ThS))*\.?(?![\p{L}])|(?:đại|thượng|trung|thiếu)\s+(?:tướng|tá)|giáo\s+sư|phó\s+giáo\s+sư|tiến\s+sĩ|thạc\s+sĩ|luật\s+sư|hòa\s+thượng|linh\s+mục)`;
/** Offices by which a speaker is named instead of, or before, a name. */
const OFFICE = String.raw`(?:quyền\s+)?(?:tổng\s+bí\s+thư|(?:phó\s+)?(?:chủ\s+tịch|bí\s+thư|thủ\s+tướng|giám\s+đốc|tổng\s+giám\s+đốc|trưởng\s+(?:ban|đoàn|phòng)|tổng\s+thư\s+ký|chủ\s+nhiệm|viện\s+trưởng|vụ\s+trưởng|cục\s+trưởng|hiệu\s+trưởng|tổng\s+cục\s+trưởng|chánh\s+(?:văn\s+phòng|án|thanh\s+tra))|phó\s+(?:ban|trưởng\s+ban)|bộ\s+trưởng|thứ\s+trưởng|ủy\s+viên|uỷ\s+viên|chánh\s+(?:văn\s+phòng|án)|viện\s+trưởng|(?:đại\s+diện\s+)?lãnh\s+đạo|đại\s+diện|đại\s+biểu\s+(?:quốc\s+hội|hđnd)|báo\s+cáo\s+viên|chủ\s+tọa|chủ\s+toạ|chủ\s+trì|thư\s+ký|ban\s+(?:tổ\s+chức|chỉ\s+đạo|thư\s+ký)|thường\s+trực|mc|người\s+dẫn\s+chương\s+trình)(?![\p{L}])`;
/** Bodies; a part of a title that begins with one is an organisation. */
const BODY = String.raw`(?:UBND|HĐND|UBMTTQ|MTTQ|ủy\s+ban|uỷ\s+ban|hội\s+đồng|bộ|sở|văn\s+phòng|ban|cục|vụ|viện|trường|đoàn|hội|liên\s+đoàn|tập\s+đoàn|tổng\s+cục|tổng\s+công\s+ty|công\s+ty|quốc\s+hội|chính\s+phủ|tỉnh\s+ủy|tỉnh\s+uỷ|thành\s+ủy|thành\s+uỷ|mặt\s+trận|tòa\s+án|toà\s+án|học\s+viện|đại\s+học|tỉnh|thành\s+phố)(?![\p{L}])`;
const SURNAMES =
  'Nguyễn|Trần|Lê|Phạm|Hoàng|Huỳnh|Phan|Vũ|Võ|Đặng|Bùi|Đỗ|Hồ|Ngô|Dương|Lý|Vương|Đinh|Trương|Lâm|Mai|Tô|Đào|Đoàn|Hà|Chu|Cao|Thái|Tạ|Phùng|Quách|Nông|Lò|Sùng|Giàng|Ma|Tòng|Vàng|Lương|Lưu|Kiều|Triệu|Tống|Trịnh|Từ|Tăng|Thạch|Sơn|Kim|Danh|Châu|Bế|Hứa|La|Lục|Lù|Mùa|Thào|Vừ|Rơ|Điểu|Đàm|Khuất|Nghiêm|Ninh|Ông|Phí|Tôn|Uông|Viên|Âu|Bạch|Cù|Diệp|Doãn|Giang|Hầu|Quàng|Cầm|Ksor|Siu|Y|H’';

/** How a speaker is announced: a form of address, a rank or an office. */
export const ANNOUNCED = String.raw`(?:${ADDRESS}|${RANK}|${OFFICE})`;
/** What a speaker does, where it follows the name. */
export const DEEDS = String.raw`(?:trình\s+bày|phát\s+biểu|báo\s+cáo|tham\s+luận|quán\s+triệt|giới\s+thiệu|tuyên\s+bố|công\s+bố|điều\s+hành|chủ\s+trì|kết\s+luận|khai\s+mạc|bế\s+mạc|đọc|trả\s+lời|giải\s+đáp|phổ\s+biến|hướng\s+dẫn|triển\s+khai|trao|thực\s+hiện|tiếp\s+thu|thông\s+qua)`;

const LEADING_ADDRESS = new RegExp(`^(?:do\\s+)?(?:${ADDRESS}\\s*)+:?\\s*`, 'iu');
const OFFICE_FIRST = new RegExp(`^${OFFICE}`, 'iu');
const BODY_FIRST = new RegExp(`^${BODY}`, 'iu');
/** A name of two to five words, without a form of address. */
export const PERSON = `(?:${SURNAMES})(?:\\s+\\p{Lu}[\\p{L}’']*){1,4}`;

const FULL_NAME = new RegExp(`${PERSON}$`, 'u');
/** Behind a name only these: `Trưởng Ban Chỉ đạo thực hiện …` is an office. */
const TRAILING_DEED =
  /(?<!ban)\s+(?:trình\s+bày|phát\s+biểu|báo\s+cáo|tham\s+luận|quán\s+triệt|điều\s+hành|kết\s+luận|khai\s+mạc|bế\s+mạc|giới\s+thiệu|tuyên\s+bố|công\s+bố)(?:\s+\p{L}.*)?$/u;
const WORD = /\s+/u;

/** Several speakers are kept as they are written, in one name. */
const SEVERAL = /;|\svà\s+(?:đồng\s+chí|đ\/c|ông|bà)\s/iu;

/**
 * A speaker out of a text. `isPlace` knows the names of sites: `Hà Giang` at the end of an office is a province, not a name.
 * None: nothing is said.
 */
export function speakerOf(text: string, isPlace: (name: string) => boolean): SpeakerView | null {
  const plain = tidy(text.replace(LEADING_ADDRESS, '').replace(TRAILING_DEED, ''));
  if (plain === '') return null;
  if (SEVERAL.test(plain)) return { name: plain, title: '', organisation: '' };
  const [first = '', ...more] = plain
    .split(/\s*,\s*|\s+[-–—]\s+/u)
    .map(tidy)
    .filter(Boolean);
  const bracketed = /^(.+?)\s*\(([^)]+)\)$/u.exec(first);
  const head = bracketed ? bracketed[1]! : first;
  const offices = bracketed ? [bracketed[2]!, ...more] : more;
  if (!OFFICE_FIRST.test(head)) return named(head, offices);
  const name = nameAtEnd(head, isPlace);
  if (name !== null) return named(name, [tidy(head.slice(0, -name.length)), ...offices]);
  // `Chủ tịch UBND tỉnh Cao Bằng, đồng chí Nguyễn Văn A`: the name comes last.
  const last = offices.at(-1);
  const announced = last !== undefined && LEADING_ADDRESS.test(last);
  if (announced) return named(last.replace(LEADING_ADDRESS, ''), [head, ...offices.slice(0, -1)]);
  return { name: head, title: offices.join(', '), organisation: '' };
}

/** True if a text begins as a speaker is announced. */
export function announcesSpeaker(text: string): boolean {
  return new RegExp(`^(?:do\\s+)?${ANNOUNCED}`, 'iu').test(text);
}

function named(name: string, offices: readonly string[]): SpeakerView {
  const last = offices.at(-1);
  // `…, Viện trưởng, Viện Khoa học`: a last part that is a body, behind an office.
  const separate = offices.length > 1 && last !== undefined && BODY_FIRST.test(last) && !OFFICE_FIRST.test(last);
  return {
    name,
    title: (separate ? offices.slice(0, -1) : offices).join(', '),
    organisation: separate ? last : '',
  };
}

/** The longest name at the end of an office that does not begin with a place. */
function nameAtEnd(text: string, isPlace: (name: string) => boolean): string | null {
  const words = text.split(WORD);
  for (let from = Math.max(1, words.length - 5); from < words.length - 1; from++) {
    const tail = words.slice(from).join(' ');
    const beginsWithPlace = [2, 3, 4].some((count) => isPlace(words.slice(from, from + count).join(' ')));
    if (FULL_NAME.exec(tail)?.index === 0 && !beginsWithPlace) return tail;
  }
  return null;
}

function tidy(text: string): string {
  return text
    .replace(/\s+/gu, ' ')
    .replace(/^[\s:;,.\-–—(]+|[\s:;,\-–—]+$/gu, '')
    .replace(/^([^(]*)\)$/u, '$1')
    .replace(/(\p{L}{2,})\.$/u, '$1')
    .trim();
}
