/** Words for the line check: items, verdicts, what is wrong and how it is mended. Every code has them: the maps are exhaustive by type. */
import { decimal, percent } from '$lib/i18n/format';
import { faultAdvice, faultName } from '$lib/i18n/healthWording';
import { m } from '$lib/paraglide/messages';
import type { CheckedItem, CheckFault, CheckItem, CheckVerdict, ContentFault } from '$lib/wire';

/** An item of a check. */
export const checkItemName = (item: CheckItem): string => ITEM[item]();
/** How an item is. */
export const checkVerdictName = (verdict: CheckVerdict): string => VERDICT[verdict]();
/** What is wrong. */
export const checkFaultName = (fault: CheckFault): string => (isContent(fault) ? faultName(fault) : FAULT[fault]());
/** What is done about it. */
export const checkAdvice = (fault: CheckFault): string => (isContent(fault) ? faultAdvice(fault) : ADVICE[fault]());

/** What was measured, with its unit; empty: nothing that has a number. */
export function checkedValue({ item, value }: CheckedItem): string {
  if (value === null) return '';
  switch (item) {
    case 'up':
    case 'down':
      return bandwidth(value);
    case 'loss':
    case 'speaker':
    case 'path':
      return percent(value);
    case 'delay':
      return `${Math.round(value)} ms`;
    case 'stability':
      return m.check_breaks({ count: value });
    case 'camera':
    case 'microphone':
      return '';
  }
}

/** From here on a line is told in Mbit/s, kbit/s; with a digit behind the point below the second bound. */
const MEGABIT = 1_000;
const WHOLE = 100_000;

/** `812 kbit/s`, `4,8 Mbit/s`, `684 Mbit/s`. */
function bandwidth(kbps: number): string {
  if (kbps < MEGABIT) return `${Math.round(kbps)} kbit/s`;
  return `${kbps < WHOLE ? decimal(kbps / MEGABIT) : Math.round(kbps / MEGABIT)} Mbit/s`;
}

const CONTENT = {
  silent_microphone: true,
  clipping: true,
  too_low: true,
  too_loud: true,
  black_picture: true,
  frozen_picture: true,
  echo: true,
} satisfies Record<ContentFault, true>;
const isContent = (fault: CheckFault): fault is ContentFault => Object.hasOwn(CONTENT, fault);
type LineFault = Exclude<CheckFault, ContentFault>;

const ITEM: Record<CheckItem, () => string> = {
  camera: m.check_item_camera,
  microphone: m.check_item_microphone,
  speaker: m.check_item_speaker,
  up: m.check_item_up,
  down: m.check_item_down,
  loss: m.check_item_loss,
  delay: m.check_item_delay,
  stability: m.check_item_stability,
  path: m.check_item_path,
};

const VERDICT: Record<CheckVerdict, () => string> = {
  good: m.check_verdict_good,
  unknown: m.check_verdict_unknown,
  weak: m.check_verdict_weak,
  bad: m.check_verdict_bad,
};

const FAULT: Record<LineFault, () => string> = {
  no_picture: m.check_fault_no_picture,
  no_sound: m.check_fault_no_sound,
  sound_blocked: m.check_fault_sound_blocked,
  concealed_sound: m.check_fault_concealed_sound,
  narrow_up: m.check_fault_narrow_up,
  narrow_down: m.check_fault_narrow_down,
  loss: m.check_fault_loss,
  receiving_loss: m.check_fault_receiving_loss,
  delay: m.check_fault_delay,
  flapping: m.check_fault_flapping,
  slow_machine: m.check_fault_slow_machine,
  low_battery: m.check_fault_low_battery,
  over_tcp: m.check_fault_over_tcp,
};

const ADVICE: Record<LineFault, () => string> = {
  no_picture: m.advice_no_picture,
  no_sound: m.advice_no_sound,
  sound_blocked: m.check_advice_sound_blocked,
  concealed_sound: m.advice_loss,
  narrow_up: m.check_advice_narrow,
  narrow_down: m.check_advice_narrow,
  loss: m.advice_loss,
  receiving_loss: m.advice_loss,
  delay: m.advice_delay,
  flapping: m.check_advice_flapping,
  slow_machine: m.advice_low_frame_rate,
  low_battery: m.check_advice_low_battery,
  over_tcp: m.check_advice_over_tcp,
};
