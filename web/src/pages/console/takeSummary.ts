/** How a take went, in words. Pure. */
import { takeFailureText } from '$lib/i18n/wording';
import { m } from '$lib/paraglide/messages';
import type { TakeReport } from '$lib/wire';

/** Whether a report is good news: all have it, some are missing, or it failed. */
export type TakeGrade = 'complete' | 'partial' | 'failed';

/** Grade of a report. */
export function takeGrade(report: TakeReport): TakeGrade {
  if (report.failed !== null) return 'failed';
  return report.shown >= report.receivers ? 'complete' : 'partial';
}

/** `Cao Bằng lên hình: chuyển tới 63/63, hiển thị 62/63, 84 ms` */
export function takeSummary(report: TakeReport, siteName: string): string {
  if (report.failed !== null) return m.take_failed({ site: siteName, reason: takeFailureText(report.failed) });
  return m.take_report({
    site: siteName,
    forwarded: report.forwarded,
    shown: report.shown,
    receivers: report.receivers,
    elapsed: report.elapsed_ms,
  });
}
