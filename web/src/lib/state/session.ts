/**
 * A page's link and media, tied together. There is nothing of the view in it, so that sites and screens can begin while the view's
 * scripts still load: the offer is on its way before there is anything to see.
 */
import { canInflate } from '$lib/link/inbox';
import { Link } from '$lib/link/link';
import type { LinkStatus } from '$lib/link/machine';
import { deviceId } from '$lib/link/storage';
import { MediaLink } from '$lib/media/mediaLink';
import type { Flow, Still } from '$lib/media/stillness';
import type { ClientKind, MediaPlan, Picture, ServerMessage } from '$lib/wire';

/** Version of the messages; must equal `wire::PROTOCOL_VERSION`. */
export const PROTOCOL_VERSION = 1;
/** Messages that wait for a view: minutes of them. Scripts that take longer do not come at all. */
export const MAX_UNSEEN = 1_000;

/** Who the page says it is. */
export type SessionOptions = { client: ClientKind; token?: string | null; conference?: string | null };

/** What a session tells the view. */
export type SessionView = {
  message(message: ServerMessage): void;
  status(status: LinkStatus): void;
  /** Streams or the state of the media changed: read them again. */
  mediaChanged(): void;
  picture(picture: Picture): void;
  arrival(flow: Flow, still: ReadonlyMap<string, Still>): void;
};

/** One page's connection without its view. */
export class Session {
  readonly link: Link;
  readonly media: MediaLink;
  #view: SessionView | null = null;
  #unseen: ServerMessage[] = [];
  #status: LinkStatus | null = null;
  #end: (() => void) | null = null;
  #ended = false;

  constructor(options: SessionOptions) {
    const identity = {
      protocol: PROTOCOL_VERSION,
      client: options.client,
      token: options.token ?? null,
      conference: options.conference ?? null,
      device: deviceId(),
      deflate: canInflate,
    };
    this.link = new Link(identity, {
      message: (message) => this.#hear(message),
      status: (status) => this.#setStatus(status),
    });
    this.media = new MediaLink({
      offer: (generation, sdp) => this.link.send({ type: 'offer', generation, sdp }),
      offerAhead: (generation, sdp) => this.link.sendAhead({ type: 'offer', generation, sdp }),
      changed: () => this.#view?.mediaChanged(),
      picture: (picture) => this.#view?.picture(picture),
      shown: (take, elapsed_ms) => this.link.send({ type: 'shown', take, elapsed_ms }),
      stats: (stats) => this.link.send({ type: 'stats', ...stats }),
      arrival: (flow, still) => this.#view?.arrival(flow, still),
    });
  }

  /** Begins, unless it has begun. `plan`: the media lines that the welcome will name, if they are known. */
  start(plan: MediaPlan | null = null): void {
    if (this.#end) return;
    const stopMedia = this.media.start();
    const stopLink = this.link.start();
    this.#end = () => {
      stopLink();
      stopMedia();
    };
    if (plan) this.media.prepare(plan);
  }

  /** Ends it for good. */
  end(): void {
    this.#end?.();
    this.#end = () => {};
    this.#ended = true;
    this.#unseen = [];
  }

  /** It was ended, by its page or because no view came. */
  get ended(): boolean {
    return this.#ended;
  }

  /** From now on this view is told, first of all what was heard before it was there. */
  show(view: SessionView): void {
    this.#view = view;
    view.mediaChanged();
    for (const message of this.#unseen.splice(0)) view.message(message);
    if (this.#status) view.status(this.#status);
  }

  #hear(message: ServerMessage): void {
    // Needs nothing that a view knows, and the view's scripts may still be on their way.
    if (message.type === 'answer') return void this.media.handleAnswer(message.generation, message.sdp);
    if (this.#view) return this.#view.message(message);
    this.#unseen.push(message);
    if (this.#unseen.length > MAX_UNSEEN) this.end();
  }

  #setStatus(status: LinkStatus): void {
    this.#status = status;
    this.#view?.status(status);
    if (status.name !== 'ready') this.media.controlLost();
  }
}
