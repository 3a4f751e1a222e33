/** Second devices that tried to use a link of a site, from the live facts. Pure. */
import type { EndpointRole, SiteLive } from '$lib/wire';

/** A refusal that operators were not told of yet. */
export interface SecondDevice {
  site: string;
  role: EndpointRole;
}

/** Remembers what was told, so that each refusal is told once. */
export class SecondDevices {
  readonly #told = new Map<string, number>();

  /** Refusals of a site that are new. What was refused before the console was opened is told too, while the server still says so. */
  fresh(site: string, live: SiteLive | null): SecondDevice[] {
    const fresh: SecondDevice[] = [];
    for (const { role, second_device_at: at } of live?.endpoints ?? []) {
      const key = `${site}/${role}`;
      if (at === null || at <= (this.#told.get(key) ?? 0)) continue;
      this.#told.set(key, at);
      fresh.push({ site, role });
    }
    return fresh;
  }
}
