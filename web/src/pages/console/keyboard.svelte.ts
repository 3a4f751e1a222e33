/** Turns key presses into what the desk does. */
import type { Desk } from './desk.svelte';
import { HELD_ACTIONS, keyDeeds } from './keyActions';
import { codeOf, type KeyAction, type Keymap } from './keymap';
import { actionOf, keyLabel, type PressPlace } from './keys';
import { fieldAt } from '$lib/ui/typing';
import { focusTile, WALL_ATTRIBUTE } from './wallFocus';
import { moveInWall, type WallMove } from './wallGrid';

/** The console's keyboard. */
export class Keyboard {
  keymap: Keymap = $state.raw() as Keymap;
  /** The overview of all keys is open. */
  overview: boolean = $state(false);
  /** Columns of the wall now, for moves up and down. */
  columns: number = $state(1);
  searchField: HTMLInputElement | null = $state(null);
  #desk: Desk;
  #deeds: ReturnType<typeof keyDeeds>;

  constructor(desk: Desk, keymap: Keymap) {
    this.#desk = desk;
    this.keymap = keymap;
    this.#deeds = keyDeeds(desk, {
      move: (move) => this.#move(move),
      find: () => this.searchField?.focus(),
      help: () => (this.overview = true),
    });
  }

  /** First key of an action as it is written; empty: it has none. */
  hint(action: KeyAction): string {
    const binding = this.keymap[action][0];
    return binding === undefined ? '' : keyLabel(binding);
  }

  /** Begins; the returned function ends it. */
  start(): () => void {
    const down = (event: KeyboardEvent) => this.#press(event);
    const up = (event: KeyboardEvent) => this.#release(event);
    const leave = () => this.#desk.sound.endTalk();
    window.addEventListener('keydown', down);
    window.addEventListener('keyup', up);
    window.addEventListener('blur', leave);
    return () => {
      window.removeEventListener('keydown', down);
      window.removeEventListener('keyup', up);
      window.removeEventListener('blur', leave);
    };
  }

  #press(event: KeyboardEvent): void {
    const place = placeOf(event.target);
    const dialogs = document.querySelectorAll<HTMLDialogElement>('dialog[open]');
    if (event.code === 'Escape' && dialogs.length === 0) return this.#leaveField(event, place);
    const action = actionOf(event, place, this.keymap);
    if (action === null) return;
    // Its keys are a dialog's own, and nothing goes on air behind it; but whoever needs the hall needs it at once, and sees it.
    if (dialogs.length > 0 && action !== 'back_to_hall') return;
    dialogs.forEach((dialog) => dialog.close());
    event.preventDefault();
    this.#deeds[action](event.repeat);
  }

  /** Out of a text field or a choice, so that the letters are keys again. A field that has another use for Escape prevents this. */
  #leaveField(event: KeyboardEvent, place: PressPlace): void {
    if (event.defaultPrevented || event.isComposing || (place !== 'text' && place !== 'choice')) return;
    (event.target as HTMLElement).blur();
  }

  #release(event: KeyboardEvent): void {
    const codes = HELD_ACTIONS.flatMap((action) => this.keymap[action].map(codeOf));
    if (codes.includes(event.code)) this.#desk.sound.endTalk();
  }

  #move(move: WallMove): void {
    const { sites } = this.#desk.conference;
    const at = sites.findIndex((site) => site.view.slug === this.#desk.selected);
    const next = sites[at < 0 ? 0 : moveInWall(move, at, sites.length, this.columns)];
    if (!next) return;
    this.#desk.selected = next.view.slug;
    focusTile(next.view.slug);
  }
}

const WIDGETS = 'button, a, summary, input, [role="option"], [role="button"], [role="radio"]';

/** Which keys the element with the focus needs for itself. */
export function placeOf(target: EventTarget | null): PressPlace {
  const field = fieldAt(target);
  if (field !== null) return field;
  if (!(target instanceof HTMLElement)) return 'page';
  if (target.closest(`[${WALL_ATTRIBUTE}]`)) return 'wall';
  return target.matches(WIDGETS) ? 'widget' : 'page';
}
