/**
 * Prepared texts of the holding slide. They are the conference's words and not the page's, so the language of the console does not
 * change them: 63 halls read them.
 */
import type { Holding } from '$lib/wire';

/** In the order of the editor; the first one is there when nobody has chosen. */
export const HOLDING_TEXTS: readonly Holding[] = [
  { title: 'Hội nghị tạm nghỉ', text: 'Hội nghị sẽ tiếp tục trong ít phút' },
  { title: 'Hội nghị sẽ bắt đầu trong ít phút', text: 'Kính mời các đại biểu ổn định chỗ ngồi' },
  { title: 'Hội nghị nghỉ trưa', text: 'Hội nghị tiếp tục lúc 14 giờ' },
  { title: 'Đang khắc phục sự cố kỹ thuật', text: 'Đề nghị các điểm cầu giữ nguyên kết nối' },
  { title: 'Hội nghị đã kết thúc', text: 'Trân trọng cảm ơn các đại biểu' },
];
