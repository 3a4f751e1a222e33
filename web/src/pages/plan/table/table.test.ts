import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { decodeText } from './decode';
import { htmlTable } from './html';
import { cleaned, MAX_FILE_BYTES, MAX_ROWS, readFile, readSeparated, type ReadTable, type Rows } from './rows';

const rowsOf = (table: ReadTable): Rows => {
  if (!table.ok) throw new Error(table.fault);
  return table.rows;
};
const utf16 = (text: string, big: boolean, mark: boolean) => {
  const units = [...(mark ? `\uFEFF${text}` : text)].map((letter) => letter.charCodeAt(0));
  return Uint8Array.from(units.flatMap((unit) => (big ? [unit >> 8, unit & 255] : [unit & 255, unit >> 8])));
};

describe('the text of a file', () => {
  const TEXT = 'Mã,Tên\n04,Cao Bằng\n10,Lào Cai, Đắk Lắk và các tỉnh khác';

  it.each([
    ['UTF-8', new TextEncoder().encode(TEXT)],
    ['UTF-8 with a mark', new TextEncoder().encode(`\uFEFF${TEXT}`)],
    ['decomposed UTF-8', new TextEncoder().encode(TEXT.normalize('NFD'))],
    ['UTF-16, little end first, with a mark', utf16(TEXT, false, true)],
    ['UTF-16, big end first, with a mark', utf16(TEXT, true, true)],
    ['UTF-16, little end first, without a mark', utf16(TEXT, false, false)],
    ['UTF-16, big end first, without a mark', utf16(TEXT, true, false)],
  ])('is read from %s', (_, bytes) => {
    expect(decodeText(bytes)).toBe(TEXT);
  });

  it('is read from the old Vietnamese code page', () => {
    // "Hà Nội, Đắk" in windows-1258: à, ô with a combining dot below, Đ, ă with a combining acute.
    const bytes = [0x48, 0xe0, 0x20, 0x4e, 0xf4, 0xf2, 0x69, 0x2c, 0x20, 0xd0, 0xe3, 0xec, 0x6b];
    expect(decodeText(Uint8Array.from(bytes))).toBe('Hà Nội, Đắk');
  });
});

describe('separated text', () => {
  it.each([
    ['commas', 'a,b\n"x, y",2\n'],
    ['semicolons', 'a;b\n"x, y";2\n'],
    ['tabs', 'a\tb\nx, y\t2\n'],
    ['Windows line ends', 'a,b\r\n"x, y",2\r\n'],
  ])('with %s', async (_, text) => {
    expect(rowsOf(await readSeparated(text))).toEqual([
      ['a', 'b'],
      ['x, y', '2'],
    ]);
  });

  it('may have lines and quotes inside its cells', async () => {
    expect(rowsOf(await readSeparated('tên,số\n"Báo cáo\n""chính""",1'))).toEqual([
      ['tên', 'số'],
      ['Báo cáo "chính"', '1'],
    ]);
  });

  it('is bounded', async () => {
    const long = 'a,b\n'.repeat(MAX_ROWS + 1);
    expect(await readSeparated(long)).toEqual({ ok: false, fault: 'too_many_rows' });
    expect(await readSeparated('\n , \n')).toEqual({ ok: false, fault: 'empty' });
    expect(cleaned([Array.from({ length: 100 }, () => 'x')])).toMatchObject({ rows: [{ length: 40 }] });
  });
});

/** A workbook with one sheet; its cells are given as their markup. */
function workbook(rows: string, more: Record<string, string> = {}): Uint8Array {
  const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
  const relations = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
  const parts: Record<string, string> = {
    'xl/workbook.xml': `<workbook xmlns="${main}" xmlns:r="${relations}"><sheets><sheet name="A" sheetId="1" r:id="rId1"/></sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': `<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>`,
    'xl/worksheets/sheet1.xml': `<worksheet xmlns="${main}"><sheetData>${rows}</sheetData></worksheet>`,
    ...more,
  };
  return zipSync(Object.fromEntries(Object.entries(parts).map(([name, text]) => [name, strToU8(text)])));
}

describe('a workbook', () => {
  it('saved by another program gives its first visible sheet that has anything in it', async () => {
    const bytes = readFileSync(resolve(import.meta.dirname, 'programme.xlsx'));
    const rows = rowsOf(await readFile('Chương trình.XLSX', new Uint8Array(bytes)));
    expect(rows[0]?.[0]).toBe('CHƯƠNG TRÌNH HỘI NGHỊ TRỰC TUYẾN');
    expect(rows[1]).toEqual(['STT', 'Thời gian', 'Nội dung', 'Người trình bày', 'Điểm cầu']);
    expect(rows[2]?.slice(2)).toEqual(['Khai mạc', 'Đồng chí Nguyễn Văn A, Chủ tịch Quốc hội', 'Điểm cầu trung tâm']);
    expect(Number(rows[2]?.[1])).toBeCloseTo(8 / 24);
    expect(rows.at(-1)?.[2]).toBe('Kết luận hội nghị');
  });

  it('has shared, rich, inline and computed texts, and gaps', async () => {
    const bytes = workbook(
      `<row r="1"><c r="A1" t="s"><v>1</v></c><c r="C1" t="inlineStr"><is><t>trong ô</t></is></c></row>
       <row r="2"><c r="A2" t="s"><v>0</v></c><c r="B2"><f>1+1</f><v>2</v></c><c r="C2" t="str"><v>tính ra</v></c><c r="D2" t="e"><v>#N/A</v></c></row>
       <row r="1048576"><c r="A1048576"/></row>`,
      {
        'xl/sharedStrings.xml':
          '<sst><si><r><t>Cao </t></r><r><t>Bằng</t></r><rPh><t>x</t></rPh></si><si><t>đầu</t></si></sst>',
      },
    );
    expect(rowsOf(await readFile('a.xlsx', bytes))).toEqual([
      ['đầu', '', 'trong ô'],
      ['Cao Bằng', '2', 'tính ra', ''],
    ]);
  });

  it('that is none is refused with the reason', async () => {
    const word = zipSync({ 'word/document.xml': strToU8('<w/>') });
    expect(await readFile('a.docx', word)).toEqual({ ok: false, fault: 'wrong_kind' });
    expect(await readFile('a.xlsx', word)).toEqual({ ok: false, fault: 'damaged' });
    expect(await readFile('a.xlsx', workbook('').slice(0, 200))).toEqual({ ok: false, fault: 'damaged' });
    expect(await readFile('a.xlsx', workbook(''))).toEqual({ ok: false, fault: 'empty' });
    expect(await readFile('a.pdf', strToU8('%PDF-1.7'))).toEqual({ ok: false, fault: 'wrong_kind' });
    expect(await readFile('a.csv', new Uint8Array())).toEqual({ ok: false, fault: 'empty' });
    expect(await readFile('a.csv', new Uint8Array(MAX_FILE_BYTES + 1))).toEqual({ ok: false, fault: 'too_large' });
  });

  it('whose sheet unpacks to far more than it packs is not unpacked', async () => {
    const bytes = workbook(' '.repeat(25 * 1024 * 1024));
    expect(bytes.length).toBeLessThan(MAX_FILE_BYTES);
    expect(await readFile('a.xlsx', bytes)).toEqual({ ok: false, fault: 'too_large' });
  });
});

describe('copied markup', () => {
  it('gives its largest table, lines within a cell apart by a blank', () => {
    const markup = `<html><body><table><tr><td>nhỏ</td></tr></table>
      <table><tr><th>Thời gian</th><th>Nội dung</th></tr>
      <tr><td><p>8h00</p></td><td><p>Khai mạc</p><p>Đồng chí Nguyễn Văn A</p></td></tr>
      <tr><td>8h15<br>8h30</td><td>Báo cáo</td></tr></table></body></html>`;
    expect(htmlTable(markup)).toEqual([
      ['Thời gian', 'Nội dung'],
      ['8h00', 'Khai mạc Đồng chí Nguyễn Văn A'],
      ['8h15 8h30', 'Báo cáo'],
    ]);
  });

  it('keeps columns where cells span rows and columns', () => {
    const markup = `<table><tr><td colspan="2">Sáng</td><td>C</td></tr>
      <tr><td rowspan="2">8h</td><td>Khai mạc</td><td>x</td></tr><tr><td>Báo cáo</td><td>y</td></tr></table>`;
    expect(htmlTable(markup)).toEqual([
      ['Sáng', '', 'C'],
      ['8h', 'Khai mạc', 'x'],
      ['', 'Báo cáo', 'y'],
    ]);
  });

  it('without a table, or with one column, is left to the plain text', () => {
    expect(htmlTable('<p>1. Khai mạc</p>')).toBeNull();
    expect(htmlTable('<table><tr><td>a</td></tr><tr><td>b</td></tr></table>')).toBeNull();
  });

  it('runs nothing that is in it', () => {
    const markup =
      '<table><tr><td>a<img src=x onerror="window.ran=true"></td><td><script>window.ran=true</script>b</td></tr><tr><td>c</td><td>d</td></tr></table>';
    expect(htmlTable(markup)?.[0]).toEqual(['a', 'b']);
    expect((window as { ran?: boolean }).ran).toBeUndefined();
  });
});
