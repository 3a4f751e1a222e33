// The operator who has the lease, without a browser: puts on air whom others on their pages call, and knows the state as pages do.
import { expect } from "@playwright/test";

import type { Person } from "./people.ts";
import { RawConsole } from "./rawConsole.ts";
import type { Server } from "./server.ts";

/** What is on air and in preview. */
export interface Stage {
  preview: { id: number } | null;
  pending: unknown;
  program: { sources: { source: { site: string } }[]; microphones: string[]; tour: boolean };
}

/** Who may speak. */
export interface Floor {
  holder: { site: string; clock: { allowed_ms: number; running_since: number | null } } | null;
  queue: { site: string; spoken_ms: number }[];
  microphones_allowed: boolean;
  open_microphones: string[];
}

export class Operator {
  readonly #console: RawConsole;

  private constructor(console: RawConsole) {
    this.#console = console;
  }

  /** Sits down as this person; the first operator who comes has the lease. */
  static async sitDown(server: Server, person: Person): Promise<Operator> {
    return new Operator(await RawConsole.connect(server, person));
  }

  get floor(): Floor {
    return this.#console.section<Floor>("floor");
  }

  get stage(): Stage {
    return this.#console.section<Stage>("stage");
  }

  /** Gives a command that must be accepted. */
  async do(type: string, fields: Record<string, unknown> = {}): Promise<void> {
    const { refusal } = await this.#console.command({ type, ...fields });
    expect(refusal, `${type} ${JSON.stringify(fields)}`).toBeNull();
  }

  /** Puts a site's camera on air, alone; resolves when it is shown. */
  async putOnAir(site: string): Promise<void> {
    await this.do("set_preview", { layout: "single", sources: [{ site, kind: "camera" }] });
    await this.#console.until(() => this.stage.preview !== null);
    await this.do("take", { preview: this.stage.preview!.id });
    await this.#console.until(() => this.stage.pending === null && this.stage.program.sources[0]?.source.site === site);
  }

  /** Waits until the floor is as wanted. */
  until(wanted: (floor: Floor) => boolean): Promise<void> {
    return this.#console.until(() => wanted(this.floor));
  }

  close(): void {
    this.#console.close();
  }
}
