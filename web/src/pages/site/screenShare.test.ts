import { type Captured, captureFaultOf } from '$lib/media/screenCapture';
import { describe, expect, it } from 'vitest';
import { ScreenShare } from './screenShare.svelte';

describe('sharing a screen', () => {
  it('sends what people chose until they end it', async () => {
    const { share, sent, chosen } = sharing();
    const begun = share.begin();
    expect(share.state.name).toBe('choosing');
    const track = chosen();
    await begun;
    expect(share.state).toEqual({ name: 'sharing', track });

    share.end();

    expect(share.state.name).toBe('off');
    expect(track.readyState).toBe('ended');
    expect(sent).toEqual([track, null]);
  });

  it('ends when the browser or the shared window ends it, and can begin again', async () => {
    const { share, sent, chosen } = sharing();
    const begun = share.begin();
    const first = chosen();
    await begun;
    first.onended?.(new Event('ended'));
    expect(share.state.name).toBe('off');

    const again = share.begin();
    const second = chosen();
    await again;

    expect(sent).toEqual([first, null, second]);
    first.onended?.(new Event('ended'));
    expect(share.track).toBe(second);
  });

  it('tells why nothing is shared, sends nothing, and can be tried again', async () => {
    const { share, sent, refused, chosen } = sharing();
    const begun = share.begin();
    refused();
    await begun;
    expect(share.state).toEqual({ name: 'refused', fault: 'denied' });

    const again = share.begin();
    const track = chosen();
    await again;

    expect(sent).toEqual([track]);
  });

  it('asks once at a time', async () => {
    const { share, asked, chosen } = sharing();
    const begun = share.begin();
    await share.begin();
    chosen();
    await begun;
    await share.begin();

    expect(asked()).toBe(1);
  });

  it('captures nothing that was chosen after it was ended', async () => {
    const { share, sent, chosen } = sharing();
    const begun = share.begin();
    share.end();
    const track = chosen();
    await begun;

    expect(track.readyState).toBe('ended');
    expect(share.state.name).toBe('off');
    expect(sent).toEqual([]);
  });
});

describe('a capture that fails', () => {
  it('has a reason that people can act on', () => {
    expect(captureFaultOf('NotAllowedError')).toBe('denied');
    expect(captureFaultOf('NotReadableError')).toBe('failed');
    expect(captureFaultOf('NotSupportedError')).toBe('unsupported');
    expect(captureFaultOf('')).toBe('failed');
  });
});

/** A share whose choices are made by the test, and what it wanted to be sent. */
function sharing() {
  const sent: (MediaStreamTrack | null)[] = [];
  const answers: ((captured: Captured) => void)[] = [];
  let asked = 0;
  const capture = () => {
    asked += 1;
    return new Promise<Captured>((answer) => answers.push(answer));
  };
  const share = new ScreenShare(capture, (track) => sent.push(track));
  const chosen = () => {
    const track = new FakeTrack() as unknown as MediaStreamTrack;
    answers.shift()?.({ name: 'captured', track });
    return track;
  };
  const refused = () => answers.shift()?.({ name: 'refused', fault: 'denied' });
  return { share, sent, chosen, refused, asked: () => asked };
}

class FakeTrack {
  readyState = 'live';
  onended: (() => void) | null = null;

  stop(): void {
    this.readyState = 'ended';
  }
}
