/** Words for what is wrong at a site, and how it is mended; the same on all pages. Every code has them: the maps are exhaustive by type. */
import { m } from '$lib/paraglide/messages';
import type { AlarmKind, ContentFault, QualityReason } from '$lib/wire';

/** A fault of picture or sound. */
export const faultName = (fault: ContentFault): string => FAULT[fault]();
/** What is done about a fault there. */
export const faultAdvice = (fault: ContentFault): string => FAULT_ADVICE[fault]();
/** What an alarm is about. */
export const alarmName = (kind: AlarmKind): string =>
  kind === 'lost' || kind === 'bad' ? ALARM[kind]() : faultName(kind);
/** What is done about it. */
export const alarmAdvice = (kind: AlarmKind): string =>
  kind === 'lost' || kind === 'bad' ? ALARM_ADVICE[kind]() : faultAdvice(kind);
/** What is done about a verdict that is not good. */
export const reasonAdvice = (reason: QualityReason): string => REASON_ADVICE[reason]();

const FAULT: Record<ContentFault, () => string> = {
  silent_microphone: m.fault_silent_microphone,
  clipping: m.fault_clipping,
  too_low: m.fault_too_low,
  too_loud: m.fault_too_loud,
  black_picture: m.fault_black_picture,
  frozen_picture: m.fault_frozen_picture,
  echo: m.fault_echo,
};

const FAULT_ADVICE: Record<ContentFault, () => string> = {
  silent_microphone: m.advice_silent_microphone,
  clipping: m.advice_clipping,
  too_low: m.advice_too_low,
  too_loud: m.advice_too_loud,
  black_picture: m.advice_black_picture,
  frozen_picture: m.advice_frozen_picture,
  echo: m.advice_echo,
};

const ALARM = { lost: m.alarm_lost, bad: m.alarm_bad };
const ALARM_ADVICE = { lost: m.advice_lost, bad: m.advice_bad };

const REASON_ADVICE: Record<QualityReason, () => string> = {
  not_connected: m.advice_not_connected,
  cut_off: m.advice_cut_off,
  no_media: m.advice_lost,
  no_picture: m.advice_no_picture,
  no_sound: m.advice_no_sound,
  loss: m.advice_loss,
  delay: m.advice_delay,
  low_frame_rate: m.advice_low_frame_rate,
  receiving_loss: m.advice_loss,
  concealed_sound: m.advice_loss,
  freezes: m.advice_freezes,
};
