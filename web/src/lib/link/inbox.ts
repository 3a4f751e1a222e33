/**
 * What arrives on one WebSocket, in its order. Long messages come deflated (RFC 1951) in binary frames: far away, what does not fit
 * into a connection's first flight costs a round trip. Browsers inflate in the background, so what comes meanwhile waits its turn.
 */

/** True if this browser can inflate; told to the server in `hello`. Some can inflate, but not this format. */
export const canInflate = knowsDeflateRaw();

function knowsDeflateRaw(): boolean {
  try {
    return new DecompressionStream('deflate-raw') !== null;
  } catch {
    return false;
  }
}

/** The text in the bytes; none: they are no deflated text. */
async function inflate(bytes: ArrayBuffer): Promise<string | null> {
  try {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
    return await new Response(stream).text();
  } catch {
    return null;
  }
}

/** Puts what a socket receives into its order. */
export class Inbox {
  #deliver: (text: unknown) => void;
  #waiting = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(deliver: (text: unknown) => void) {
    this.#deliver = deliver;
  }

  /** Data of a message event. */
  take(data: unknown): void {
    if (data instanceof ArrayBuffer) this.#later(inflate(data).then((text) => () => this.#deliver(text)));
    else this.inTurn(() => this.#deliver(data));
  }

  /** Does something when all that came before it was delivered; at once if that is so now. */
  inTurn(step: () => void): void {
    if (this.#waiting === 0) return step();
    this.#later(Promise.resolve(step));
  }

  #later(step: Promise<() => void>): void {
    this.#waiting += 1;
    this.#last = this.#last.then(async () => {
      const run = await step;
      this.#waiting -= 1;
      try {
        run();
      } catch (fault) {
        // What is wrong with one message must not keep the next ones waiting.
        reportError(fault);
      }
    });
  }
}
