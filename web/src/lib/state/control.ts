/** Who is in control, and who looks after which sites. */
import { m } from '$lib/paraglide/messages';
import type { CommandLine } from './commandLine.svelte';
import { mayClaim } from './lease';

/** The control lease's part of the desk. */
export class ControlDesk {
  #line: CommandLine;

  constructor(line: CommandLine) {
    this.#line = line;
  }

  /** True while this operator holds the control lease. */
  get mine(): boolean {
    const { ready, you, conference } = this.#line.connection;
    return ready && conference.lease !== null && conference.lease === you?.name;
  }

  /** True while this operator may take the control lease. */
  get mayClaim(): boolean {
    const { ready, you, conference } = this.#line.connection;
    return mayClaim({ ready, role: you?.role ?? null, lease: conference.lease }, conference.leaseMissingSince);
  }

  /** Takes the control lease, if it is to be had. */
  claim = (): void => {
    const { lease } = this.#line.conference;
    if (this.mayClaim) this.#line.connection.send({ type: 'lease', action: { type: 'claim' } });
    else if (!this.mine) {
      this.#line.refuse(m.control_claim(), lease === null ? m.commands_locked() : m.control_of({ name: lease }));
    }
  };

  /** Gives the control lease to another operator. */
  handOver = (to: string): boolean => this.#line.connection.send({ type: 'lease', action: { type: 'hand_over', to } });

  /** Gives an assistant the sites of these regions, and of no others; true: it was done. */
  async delegate(to: string, regions: string[]): Promise<boolean> {
    const label = m.command_delegate({ name: to });
    const outcome = await this.#line.run(`delegate:${to}`, label, { type: 'delegate_regions', to, regions });
    return outcome?.accepted ?? false;
  }
}
