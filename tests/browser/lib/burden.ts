// What a page costs its machine, by Chromium's own account: the work of its main thread, its heap, its elements, its memory.
import { readFileSync } from "node:fs";

import type { CDPSession, Page } from "@playwright/test";

/** Totals since the page began. */
interface Totals {
  /** When they were read, ms. */
  at: number;
  /** Processor time of the main thread in tasks of every kind, ms. */
  tasks: number;
  /** Of that: scripts, styles and layout, ms. */
  scripts: number;
  styles: number;
  layout: number;
}

/** Work of the main thread, ms of processor time in each second. */
export interface Work {
  tasks: number;
  scripts: number;
  styles: number;
  layout: number;
}

/** What a page holds, after the garbage was collected. */
export interface Memory {
  /** When, ms. */
  at: number;
  /** Objects of scripts, KiB. */
  heapKib: number;
  /** Nodes of documents, those too that nobody shows but somebody holds. */
  nodes: number;
  listeners: number;
  /** Private memory of the browser's renderers, MiB: decoders' pictures and the connection's buffers as well. */
  processMib: number;
}

/**
 * `Performance.getMetrics` of the DevTools protocol, by the clock of the thread: `TaskDuration` is the processor time of all top-level
 * tasks of the page's main thread, and nothing that other threads do; pictures are decoded, and put together, by those. Time for which the thread
 * waits for a processor is not in it.
 */
export class Burden {
  readonly #metrics: CDPSession;
  readonly #browser: CDPSession;

  private constructor(metrics: CDPSession, browser: CDPSession) {
    this.#metrics = metrics;
    this.#browser = browser;
  }

  static async of(page: Page): Promise<Burden> {
    const metrics = await page.context().newCDPSession(page);
    await metrics.send("Performance.enable", { timeDomain: "threadTicks" });
    await metrics.send("HeapProfiler.enable");
    const browser = await page.context().browser()!.newBrowserCDPSession();
    return new Burden(metrics, browser);
  }

  /** Work of the main thread while something is done. */
  async during(what: () => Promise<void>): Promise<Work> {
    const before = await this.#totals();
    await what();
    const after = await this.#totals();
    const perSecond = (name: "tasks" | "scripts" | "styles" | "layout") => ((after[name] - before[name]) * 1_000) / (after.at - before.at);
    return { tasks: perSecond("tasks"), scripts: perSecond("scripts"), styles: perSecond("styles"), layout: perSecond("layout") };
  }

  /** What the page holds now; collects the garbage first. */
  async memory(): Promise<Memory> {
    // What a first collection finalises, a second one frees.
    for (let i = 0; i < 2; i++) await this.#metrics.send("HeapProfiler.collectGarbage");
    const metrics = await this.#read();
    return {
      at: performance.now(),
      heapKib: metrics("JSHeapUsedSize") / 1_024,
      nodes: metrics("Nodes"),
      listeners: metrics("JSEventListeners"),
      processMib: await this.#renderersMib(),
    };
  }

  async #totals(): Promise<Totals> {
    const metrics = await this.#read();
    const ms = (name: string) => metrics(name) * 1_000;
    return {
      at: performance.now(),
      tasks: ms("TaskDuration"),
      scripts: ms("ScriptDuration"),
      styles: ms("RecalcStyleDuration"),
      layout: ms("LayoutDuration"),
    };
  }

  async #read(): Promise<(name: string) => number> {
    const { metrics } = await this.#metrics.send("Performance.getMetrics");
    const values = new Map(metrics.map(({ name, value }) => [name, value]));
    return (name) => {
      const value = values.get(name);
      if (value === undefined) throw new Error(`Chromium tells no ${name}`);
      return value;
    };
  }

  async #renderersMib(): Promise<number> {
    const { processInfo } = await this.#browser.send("SystemInfo.getProcessInfo");
    return processInfo.filter(({ type }) => type === "renderer").reduce((sum, { id }) => sum + privateKib(id), 0) / 1_024;
  }
}

/** Private memory of a process, KiB (proc(5), `smaps_rollup`); 0 if it has ended. */
function privateKib(id: number): number {
  try {
    const lines = readFileSync(`/proc/${id}/smaps_rollup`, "utf8").matchAll(/^Private_\w+:\s+(\d+) kB$/gm);
    return [...lines].reduce((sum, [, kib]) => sum + Number(kib), 0);
  } catch {
    return 0;
  }
}

/** How fast a series grows, units a minute: the median of the slopes between all pairs (Theil–Sen), which single peaks do not move. */
export function slopePerMinute(series: { at: number; value: number }[]): number {
  const slopes: number[] = [];
  for (const [i, a] of series.entries()) {
    for (const b of series.slice(i + 1)) slopes.push(((b.value - a.value) * 60_000) / (b.at - a.at));
  }
  if (slopes.length === 0) return Number.NaN;
  slopes.sort((a, b) => a - b);
  return slopes[Math.floor(slopes.length / 2)]!;
}
