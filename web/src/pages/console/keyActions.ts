/** What each key does on the desk. */
import type { SiteSlug } from '$lib/wire';
import type { Desk } from './desk.svelte';
import type { KeyAction } from './keymap';
import { LAYOUTS } from './previewPlan';
import type { WallMove } from './wallGrid';

/** What keys do outside the desk. */
export type KeySurroundings = {
  /** Goes to another tile of the wall. */
  move(move: WallMove): void;
  /** Goes to the field that finds a site. */
  find(): void;
  /** Shows all keys. */
  help(): void;
};

/** What an action does; `repeat` is the keyboard's: a key that is held. */
export type KeyDeed = (repeat: boolean) => unknown;

/** The deeds of all actions. */
export function keyDeeds(desk: Desk, around: KeySurroundings): Record<KeyAction, KeyDeed> {
  const onSelected = (deed: (site: SiteSlug) => unknown) => () => desk.selected !== null && void deed(desk.selected);
  const layout = (place: number) => () => void desk.stage.chooseLayout(LAYOUTS[place]!);
  const move = (to: WallMove) => () => around.move(to);
  return {
    take: (repeat) => desk.stage.take(repeat),
    back_to_hall: () => desk.stage.backToHall(),
    undo: () => desk.stage.undo(),
    holding: () => desk.holding.show(),
    tour: () => desk.tour.toggle(),
    preview_selected: onSelected((site) => desk.preview(site)),
    preview_add: onSelected((site) => desk.preview(site, true)),
    clear_preview: () => desk.stage.clearPreview(),
    find: () => around.find(),
    layout_1: layout(0),
    layout_2: layout(1),
    layout_3: layout(2),
    layout_4: layout(3),
    layout_5: layout(4),
    next_item: () => desk.agenda.startNext(),
    next_in_queue: () => desk.previewInQueue(1),
    previous_in_queue: () => desk.previewInQueue(-1),
    invite: onSelected((site) => desk.floor.invite(site)),
    cue: onSelected((site) => desk.floor.toggleCue(site)),
    grant: onSelected((site) => desk.floor.grant(site)),
    reorder_up: onSelected((site) => desk.floor.reorder(site, -1)),
    reorder_down: onSelected((site) => desk.floor.reorder(site, 1)),
    clock: () => desk.floor.toggleClock(),
    extend: () => desk.floor.extend(),
    end_speech: () => desk.floor.endSpeech(),
    interrupt: () => desk.floor.interrupt(),
    mute: onSelected((site) => desk.sound.toggleMute(site)),
    mute_others: () => desk.sound.muteOthers(),
    microphone: onSelected((site) => desk.sound.toggleMicrophone(site)),
    solo: onSelected((site) => desk.sound.toggleSolo(site)),
    talkback: onSelected((site) => desk.sound.talk([site])),
    talkback_all: () => desk.sound.talkToAll(),
    acknowledge: () => desk.messages.acknowledgeOldest(),
    write: () => desk.write(desk.selected === null ? 'all' : 'selected'),
    answer_call: () => desk.calls.answerOldest(),
    present: onSelected((site) => desk.rollCall.markPresent(site)),
    absent: onSelected((site) => desk.rollCall.askReason(site)),
    roll_call: () => (desk.rollCall.open = true),
    claim: () => desk.control.claim(),
    left: move('left'),
    right: move('right'),
    up: move('up'),
    down: move('down'),
    first: move('first'),
    last: move('last'),
    help: () => around.help(),
  };
}

/** Actions that last as long as their key is held. */
export const HELD_ACTIONS: readonly KeyAction[] = ['talkback', 'talkback_all'];
