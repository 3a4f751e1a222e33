/** Splits what a line says into the speech and its speaker. Pure. */
import type { SpeakerView } from '$lib/wire';
import { ADDRESS, ANNOUNCED, announcesSpeaker, DEEDS, PERSON, RANK, speakerOf } from './person';

/** A speech and who gives it. */
export type Speech = { title: string; speaker: SpeakerView | null };

const LABEL = String.raw`(?:người\s+)?(?:trình\s+bày|báo\s+cáo\s+viên|báo\s+cáo|thực\s+hiện|phụ\s+trách|chủ\s+trì|điều\s+hành|phát\s+biểu|diễn\s+giả|chuẩn\s+bị)`;
const LABEL_FIRST = new RegExp(`^\\(?(?:${LABEL})\\s*:\\s*(.+?)\\)?$`, 'iu');
/** `Đồng chí A, Chủ tịch … phát biểu khai mạc`: deeds are in small letters, the Ban Chỉ đạo is not. */
const DEED = new RegExp(`(?<![Bb]an)\\s+((?:lên\\s+)?${DEEDS}(?![\\p{L}]).*)$`, 'u');
/** Where a speaker begins behind the title; the first that fits counts. */
const JOINTS: readonly RegExp[] = [
  new RegExp(`^(.+?)[\\s.;,–—-]*[(.;,–—-]\\s*${LABEL}\\s*:\\s*(.+?)\\)?$`, 'iu'),
  new RegExp(`^(.+?)[\\s,(–—-]+do\\s+(${ANNOUNCED}.+?)\\)?$`, 'iu'),
  new RegExp(`^(.+?)\\s*(?:\\s[-–—]|[–—:;(])\\s*(${ANNOUNCED}.*?)\\)?$`, 'iu'),
  new RegExp(`^(.+?)\\s*[,.]\\s*((?:${ADDRESS}|${RANK}).*?)\\)?$`, 'iu'),
  new RegExp(`^(.+?)\\s+của\\s+(${ADDRESS}.+)$`, 'iu'),
  new RegExp(`^(.+?)\\s*(?:\\s[-–—]|[–—:(])\\s*(${PERSON}(?:\\s*[,(–—-].*)?)$`, 'u'),
];

/** A line that names only a speaker: `Trình bày: …`, `(Đồng chí …)`, `Đồng chí …, Chủ tịch …`. */
export function speakerLine(line: string, isPlace: (name: string) => boolean): SpeakerView | null {
  const labelled = LABEL_FIRST.exec(line);
  if (labelled) return speakerOf(labelled[1]!, isPlace);
  const bare = line.replace(/^\(([^()]+)\)\.?$/u, '$1');
  if (!announcesSpeaker(bare) || DEED.test(bare)) return null;
  return speakerOf(bare, isPlace);
}

/** Title and speaker of a line. */
export function speechOf(line: string, isPlace: (name: string) => boolean): Speech {
  if (announcesSpeaker(line)) {
    const deed = DEED.exec(line);
    const speaker = deed && speakerOf(line.slice(0, deed.index), isPlace);
    if (deed && speaker) return { title: sentence(deed[1]!.replace(/^lên\s+/u, '')), speaker };
  }
  for (const joint of JOINTS) {
    const hit = joint.exec(line);
    const speaker = hit && !isPlace(hit[2]!) ? speakerOf(hit[2]!, isPlace) : null;
    if (hit && speaker) return { title: sentence(hit[1]!), speaker };
  }
  return { title: sentence(line), speaker: null };
}

/** A title as it is shown: its first letter large, no joint at either end. */
export function sentence(text: string): string {
  const plain = text
    .replace(/\s+/gu, ' ')
    .replace(/^[\s:;,.\-–—*•]+|[\s:;,\-–—(]+$/gu, '')
    .replace(/(\p{L})\.$/u, '$1')
    .trim();
  return plain.charAt(0).toLocaleUpperCase('vi') + plain.slice(1);
}
