/** A panel with its desk and a server that answers as a test wants. Only tests import this. */
import type { CommandOutcome } from '$lib/link/machine';
import { ConferenceStore } from '$lib/state/conference.svelte';
import type { Connection } from '$lib/state/connection.svelte';
import { conferenceView, siteView } from '$lib/state/samples';
import { Ticker } from '$lib/state/ticker.svelte';
import type { ClientMessage, Command, ConferenceView, SiteView, You } from '$lib/wire';
import { type Component, flushSync, mount, unmount } from 'svelte';
import { vi } from 'vitest';
import { Desk } from '../desk.svelte';
import { Keyboard } from '../keyboard.svelte';
import { DEFAULT_KEYMAP } from '../keymap';
import PanelBench from './PanelBench.svelte';

const ACCEPTED: CommandOutcome = { accepted: true, revision: 1 };

/** The connection as the desk sees it; every command is accepted unless a test says otherwise. */
class FakeConnection {
  readonly conference = new ConferenceStore();
  ready: boolean = $state(true);
  welcomed: boolean = $state(true);
  you: You | null = $state.raw({ conference: 'x', role: 'lead', name: 'minh', site: null, endpoint: null });
  commands: Command[] = [];
  sent: ClientMessage[] = [];
  answer: (command: Command) => CommandOutcome = () => ACCEPTED;

  command = (command: Command): Promise<CommandOutcome> => {
    this.commands.push(command);
    return Promise.resolve(this.answer(command));
  };
  send = (message: ClientMessage): boolean => {
    this.sent.push(message);
    return this.ready;
  };
  speechTime = (now: number): number => now;
  setTrack = (): Promise<void> => Promise.resolve();
}

/** A desk whose operator is the lead `minh`, in control. */
export class Bench {
  readonly server = new FakeConnection();
  readonly desk = new Desk(this.server as unknown as Connection);
  readonly keyboard = new Keyboard(this.desk, DEFAULT_KEYMAP);
  now = 0;
  readonly ticker = new Ticker(() => this.now);
  #shown: Record<string, unknown> | null = null;

  constructor(sites: readonly (string | SiteView)[], changes: Partial<ConferenceView> = {}) {
    const views = ['hall', ...sites].map((site) => (typeof site === 'string' ? siteView(site) : site));
    this.server.conference.applySnapshot(conferenceView([], { sites: views, ...changes }));
    this.server.conference.lease = 'minh';
  }

  /** The conference, to be changed as the server would. */
  get conference(): ConferenceStore {
    return this.server.conference;
  }

  /** The page's document, with the panel in it. */
  show<P extends Record<string, unknown>>(panel: Component<P>, props: P): HTMLElement {
    const context = {
      desk: this.desk,
      keyboard: this.keyboard,
      ticker: this.ticker,
      panel: panel as Component<never>,
      props,
    };
    this.#shown = mount(PanelBench, { target: document.body, props: context as never });
    flushSync();
    return document.body;
  }

  /** Time passes, ms. */
  pass(ms: number): void {
    this.now += ms;
    this.ticker.now = this.now;
    flushSync();
  }

  /** The button with this text, name or title. */
  button(text: string | RegExp): HTMLButtonElement {
    const says = (found: string | null | undefined) =>
      typeof text === 'string' ? (found ?? '').includes(text) : text.test(found ?? '');
    const buttons = [...document.querySelectorAll('button')];
    const found = buttons.find((one) => says(one.getAttribute('aria-label') ?? one.textContent));
    if (!found)
      throw new Error(`no button ${text}; there are ${buttons.map((one) => one.textContent?.trim()).join(' | ')}`);
    return found;
  }

  /** Presses a button and lets what follows happen. */
  async press(text: string | RegExp): Promise<void> {
    const button = this.button(text);
    if (button.disabled) throw new Error(`${text} is disabled: ${button.title}`);
    button.click();
    await this.settle();
  }

  /** Holds a button for so long, ms. */
  hold(text: string | RegExp, ms: number): void {
    const button = this.button(text);
    vi.useFakeTimers();
    button.dispatchEvent(new Event('pointerdown', { bubbles: true }));
    vi.advanceTimersByTime(ms);
    button.dispatchEvent(new Event('pointerup', { bubbles: true }));
    vi.useRealTimers();
    flushSync();
  }

  /** Lets answers come and the page follow. */
  async settle(): Promise<void> {
    await new Promise((done) => setTimeout(done, 0));
    flushSync();
  }

  /** Takes the panel away. */
  async end(): Promise<void> {
    if (this.#shown) await unmount(this.#shown);
    this.#shown = null;
    document.body.innerHTML = '';
  }
}

/** A key on an element; the event, to see whether it was taken. */
export function key(target: Element, code: string, more: KeyboardEventInit = {}): KeyboardEvent {
  const event = new KeyboardEvent('keydown', { code, bubbles: true, cancelable: true, ...more });
  target.dispatchEvent(event);
  flushSync();
  return event;
}
