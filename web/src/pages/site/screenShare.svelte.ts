/** The site's shared screen: chosen by people, sent until they, the browser or the page end it. */
import type { Captured, CaptureFault } from '$lib/media/screenCapture';

/** How sharing stands. */
export type ShareState =
  | { name: 'off' }
  | { name: 'choosing' }
  | { name: 'sharing'; track: MediaStreamTrack }
  | { name: 'refused'; fault: CaptureFault };

/** One shared screen; `changed` is told the track that is to be sent from now on. */
export class ScreenShare {
  state: ShareState = $state.raw({ name: 'off' });
  #capture: () => Promise<Captured>;
  #changed: (track: MediaStreamTrack | null) => void;

  constructor(capture: () => Promise<Captured>, changed: (track: MediaStreamTrack | null) => void) {
    this.#capture = capture;
    this.#changed = changed;
  }

  /** What is shared now, if anything. */
  get track(): MediaStreamTrack | null {
    return this.state.name === 'sharing' ? this.state.track : null;
  }

  /** Asks people what to share. Once at a time; what is shared already stays. */
  async begin(): Promise<void> {
    if (this.state.name === 'choosing' || this.state.name === 'sharing') return;
    const choosing: ShareState = { name: 'choosing' };
    this.state = choosing;
    const captured = await this.#capture();
    const given = captured.name === 'captured' ? captured.track : null;
    if (this.state !== choosing) {
      // Sharing was ended while people were still choosing: nothing may be captured behind their backs.
      given?.stop();
      return;
    }
    if (captured.name === 'refused') {
      this.state = { name: 'refused', fault: captured.fault };
      return;
    }
    // The browser's own “stop sharing”, or the window that was shared is closed.
    captured.track.onended = () => this.track === captured.track && this.end();
    this.state = { name: 'sharing', track: captured.track };
    this.#changed(captured.track);
  }

  /** Ends it, whoever asked. */
  end(): void {
    const { track } = this;
    this.state = { name: 'off' };
    if (!track) return;
    track.onended = null;
    track.stop();
    this.#changed(null);
  }
}
