import { itemView } from '$lib/state/samples';
import { expect, it } from 'vitest';
import { betweenItemsText } from './betweenItems';

const done = (id: string) => itemView(id, { started_at: 1, finished_at: 2 });
const agenda = (...items: ReturnType<typeof itemView>[]) => ({ items, current: null });

it('says that nothing has begun only while nothing has', () => {
  expect(betweenItemsText(agenda())).toBe('Chương trình trống.');
  expect(betweenItemsText(agenda(itemView('Khai mạc'), itemView('Báo cáo')))).toContain('chưa bắt đầu mục nào');
});

it('says between items how many are done and which comes next', () => {
  const text = betweenItemsText(agenda(done('Khai mạc'), itemView('Nghỉ', { skipped: true }), itemView('Báo cáo')));
  expect(text).toBe('Đã xong 1/2 mục. Tiếp theo: Báo cáo');
});

it('says at the end that all are done', () => {
  expect(betweenItemsText(agenda(done('Khai mạc'), done('Báo cáo')))).toBe('Đã xong 2/2 mục');
});
