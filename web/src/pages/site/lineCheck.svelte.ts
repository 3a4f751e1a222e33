/** The line check of the site: how far it is, what the page itself has to do for it, and what was found. */
import type { Carried } from '$lib/link/lineTransfer';
import type { CheckReport, ClientMessage, SiteCheck } from '$lib/wire';

/** What people see of a check. */
export type LineCheckState =
  | { name: 'none' }
  | { name: 'observing' | 'waiting' | 'transferring' }
  | { name: 'done'; report: CheckReport }
  /** The site is on air, or was not seen. */
  | { name: 'refused' };

/** Takes what the server says of the site's check; measures the line when that is its turn. */
export class LineCheck {
  state: LineCheckState = $state.raw({ name: 'none' });
  #send: (message: ClientMessage) => void;
  #measure: () => Promise<Carried>;

  constructor(send: (message: ClientMessage) => void, measure: () => Promise<Carried>) {
    this.#send = send;
    this.#measure = measure;
  }

  get running(): boolean {
    return ['observing', 'waiting', 'transferring'].includes(this.state.name);
  }

  /** The people of the site want their line checked. */
  begin(): void {
    this.#send({ type: 'check_line' });
  }

  /** What was found has been read. */
  dismiss(): void {
    if (!this.running) this.state = { name: 'none' };
  }

  /** The server says how far the check is. */
  handle(check: SiteCheck): void {
    switch (check.state) {
      case 'observing':
      case 'waiting':
        this.state = { name: check.state };
        return;
      case 'transferring':
        this.state = { name: 'transferring' };
        void this.#measure().then((carried) => this.#send({ type: 'transferred', ...carried }));
        return;
      case 'done':
        this.state = check.report ? { name: 'done', report: check.report } : { name: 'refused' };
        return;
      case 'absent':
      case 'on_air':
        this.state = { name: 'refused' };
    }
  }

  /** The server is lost: nobody goes on with the check. */
  handleLost(): void {
    if (this.running) this.state = { name: 'none' };
  }
}
