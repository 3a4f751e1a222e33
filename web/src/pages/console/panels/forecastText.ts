/** Early, late and the end of the day in words. Pure. */
import { minutes, shortTime } from '$lib/i18n/format';
import { m } from '$lib/paraglide/messages';
import { type Forecast, ON_TIME_MS } from '$lib/state/forecast';

/** `chậm 5′`, `sớm 3′`, `đúng giờ`. */
export function behindText({ behindMs }: Forecast): string {
  if (Math.abs(behindMs) < ON_TIME_MS) return m.on_time();
  return behindMs > 0 ? m.behind({ time: minutes(behindMs) }) : m.ahead({ time: minutes(-behindMs) });
}

/** `dự kiến xong 11:45`, with what is missing for that to be certain; before the start, how long it will take. */
export function endText(sum: Forecast, begun: boolean): string {
  const { endsAt, plannedMs, unplanned } = sum;
  if (endsAt === null) return m.agenda_over();
  const end = begun ? m.forecast_end({ time: shortTime(endsAt) }) : m.forecast_length({ time: minutes(plannedMs) });
  return unplanned > 0 ? `${end} ${m.forecast_unplanned({ count: unplanned })}` : end;
}

/** The same where there is little room: `xong 11:45`, and `xong 11:45+` where items without a plan make it later. */
export function shortEndText({ endsAt, plannedMs, unplanned }: Forecast, begun: boolean): string {
  if (endsAt === null) return m.agenda_over();
  const time = `${begun ? shortTime(endsAt) : minutes(plannedMs)}${unplanned > 0 ? '+' : ''}`;
  return begun ? m.forecast_end_short({ time }) : m.forecast_length({ time });
}
