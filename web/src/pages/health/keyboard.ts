/** Turns key presses into what the desk does. */
import { isTyping } from '$lib/ui/typing';
import type { HealthDesk } from './healthDesk.svelte';
import { actionOf, type HealthAction } from './keys';

/** Listens; the returned function ends it. `now`: the server's time. */
export function listenToKeys(desk: HealthDesk, now: () => number): () => void {
  const deeds: Record<HealthAction, () => void> = {
    acknowledge: () => desk.acknowledge(focusedAlarm(desk)),
    find: () => find(desk),
    replay: () => (desk.replay.active ? desk.replay.leave() : void desk.replay.enter(null, now())),
    back: () => back(desk),
  };
  const press = (event: KeyboardEvent) => {
    if (event.defaultPrevented) return;
    const typing = isTyping(event.target);
    // Out of a field, so that letters are keys again.
    if (typing && event.code === 'Escape' && !event.isComposing) return (event.target as HTMLElement).blur();
    const action = actionOf(event, typing);
    if (action === null || document.querySelector('dialog[open]') !== null) return;
    event.preventDefault();
    deeds[action]();
  };
  window.addEventListener('keydown', press);
  return () => window.removeEventListener('keydown', press);
}

/** The alarm on which the focus is, unless somebody has seen it; none: the focus is nowhere in the list. */
function focusedAlarm(desk: HealthDesk) {
  const item = document.activeElement?.closest<HTMLElement>('[data-alarm]');
  const { alarm, alarmSite } = item?.dataset ?? {};
  return desk.alarms.find(
    ({ kind, site, acknowledged_by }) => kind === alarm && site === alarmSite && acknowledged_by === null,
  );
}

/** The search stands above the table: whoever looks for a site comes back to it. */
function find(desk: HealthDesk): void {
  desk.open(null);
  requestAnimationFrame(() => document.querySelector<HTMLInputElement>('[data-find]')?.focus());
}

function back(desk: HealthDesk): void {
  if (desk.site !== null) desk.open(null);
  else if (desk.replay.active) desk.replay.leave();
}
