import type { MediaPlan, Picture } from '$lib/wire';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MediaLink } from './mediaLink';

const LINES: MediaPlan['lines'] = [{ slot: { name: 'microphone' }, kind: 'audio', direction: 'send' }];
const PLAN: MediaPlan = { codec: 'h264', lines: LINES };
const OTHER: MediaPlan = { codec: 'vp8', lines: LINES };
const PICTURE = { take: null, layout: 'single', cells: [], sounding: [], on_air: false } as unknown as Picture;
const UPLINK = { low: true, mid: false, high: false, content: false };

/** A peer connection that describes itself by its number. */
class FakePeerConnection {
  static made = 0;
  signalingState = 'stable';
  connectionState = 'new';
  localDescription: { sdp: string } | null = null;
  #number = (FakePeerConnection.made += 1);
  createOffer = async () => ({ sdp: `offer ${this.#number}` });
  setLocalDescription = async (description: { sdp: string }) => void (this.localDescription = description);
  setRemoteDescription = async () => {};
  addTransceiver = () => ({ sender: { replaceTrack: async () => {} } });
  close(): void {
    this.signalingState = 'closed';
  }
}

describe('an offer ahead of the welcome', () => {
  let ahead: string[] = [];
  let offered: string[] = [];
  let media: MediaLink;

  beforeEach(() => {
    vi.stubGlobal('RTCPeerConnection', FakePeerConnection);
    vi.stubGlobal('RTCRtpReceiver', { getCapabilities: () => null });
    FakePeerConnection.made = 0;
    ahead = [];
    offered = [];
    media = new MediaLink({
      offer: (generation, sdp) => offered.push(`${generation}: ${sdp}`) > 0,
      offerAhead: (generation, sdp) => ahead.push(`${generation}: ${sdp}`),
      changed: () => {},
      picture: () => {},
      shown: () => {},
      stats: () => {},
      arrival: () => {},
    });
  });
  afterEach(() => vi.unstubAllGlobals());

  const settled = () => new Promise((done) => setTimeout(done, 0));

  it('is kept by a welcome with the plan that it was made for', async () => {
    media.prepare(PLAN);
    await settled();
    media.welcome(PLAN, false, PICTURE, UPLINK);
    await media.handleAnswer(1, 'answer');

    expect([ahead, offered]).toEqual([['1: offer 1'], []]);
    expect(media.negotiations).toBe(1);
    media.welcome(PLAN, false, PICTURE, UPLINK);
    await settled();
    expect(offered, 'another start of the server knows nothing of it').toEqual(['2: offer 2']);
  });

  it('is sent after the welcome where that came before it was made', async () => {
    media.prepare(PLAN);
    media.welcome(PLAN, false, PICTURE, UPLINK);
    await settled();

    expect([ahead, offered]).toEqual([[], ['1: offer 1']]);
  });

  it('is made anew for another plan, and after a connection that was lost before its welcome', async () => {
    media.prepare(PLAN);
    await settled();
    media.welcome(OTHER, false, PICTURE, UPLINK);
    await settled();
    expect(offered).toEqual(['2: offer 2']);

    media.prepare(PLAN);
    await settled();
    media.controlLost();
    media.welcome(PLAN, false, PICTURE, UPLINK);
    await settled();
    expect(offered).toEqual(['2: offer 2', '4: offer 4']);
  });

  it('is never made for a page that has no media lines', async () => {
    media.welcome({ codec: 'h264', lines: [] }, false, PICTURE, UPLINK);
    await settled();
    expect([FakePeerConnection.made, offered]).toEqual([0, []]);
  });
});
