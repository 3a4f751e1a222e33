import type { MediaPlan, ServerMessage } from '$lib/wire';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { showView } from './join';
import { MAX_UNSEEN, Session } from './session';

const PLAN: MediaPlan = {
  codec: 'h264',
  lines: [{ slot: { name: 'microphone' }, kind: 'audio', direction: 'send' }],
};
const WELCOME = { type: 'welcome', instance: 'i1', revision: 1, now: 1, state: null };
const TALKBACK = { type: 'talkback', active: true };

/** The one WebSocket of a test, open from the start as one that the page's HTML opened. */
class FakeSocket {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  readyState = FakeSocket.OPEN;
  sent: { type: string }[] = [];
  onclose: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  send = (text: string) => void this.sent.push(JSON.parse(text) as { type: string });
  close = () => this.onclose?.();
  says = (message: object) => this.onmessage?.({ data: JSON.stringify(message) });
}

/** A peer connection that takes every answer. */
class FakePeerConnection {
  static answers: string[] = [];
  signalingState = 'stable';
  connectionState = 'new';
  localDescription: { sdp: string } | null = null;
  createOffer = async () => ({ sdp: 'offer' });
  setLocalDescription = async (description: { sdp: string }) => void (this.localDescription = description);
  setRemoteDescription = async ({ sdp }: { sdp: string }) => void FakePeerConnection.answers.push(sdp);
  addTransceiver = () => ({ sender: { replaceTrack: async () => {} } });
  close = () => {};
}

describe('a session that begins before its view is there', () => {
  let socket: FakeSocket;
  let session: Session;
  const heard: string[] = [];
  const view = {
    message: (message: ServerMessage) => heard.push(message.type),
    status: (status: { name: string }) => heard.push(status.name),
    mediaChanged: () => {},
    picture: () => {},
    arrival: () => {},
  };

  beforeEach(() => {
    vi.stubGlobal('WebSocket', FakeSocket);
    vi.stubGlobal('RTCPeerConnection', FakePeerConnection);
    vi.stubGlobal('RTCRtpReceiver', { getCapabilities: () => null });
    FakePeerConnection.answers = [];
    heard.length = 0;
    socket = new FakeSocket();
    (window as { earlySocket?: unknown }).earlySocket = socket;
    session = new Session({ client: 'screen', token: 't' });
  });
  afterEach(() => {
    session.end();
    vi.unstubAllGlobals();
  });

  it('ends when no view comes, and a view that does not come or comes too late loads the page again', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {});
    vi.useFakeTimers();
    const reload = vi.fn();
    const show = vi.fn();
    const joined = { token: 't', session };

    await showView(joined, async () => ({ show }), reload);
    expect(show).toHaveBeenCalledWith(joined);
    await showView(joined, () => Promise.reject(new Error('gone')), reload);
    expect(session.ended).toBe(true);
    await showView(joined, async () => ({ show }), reload);
    expect(show).toHaveBeenCalledTimes(1);
    expect(reload).not.toHaveBeenCalled();
    vi.runAllTimers();
    expect(reload).toHaveBeenCalledTimes(2);
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it('offers and takes the answer without a view', async () => {
    session.start(PLAN);
    await vi.waitFor(() => expect(socket.sent.map(({ type }) => type)).toEqual(['hello', 'offer']));

    socket.says(WELCOME);
    socket.says({ type: 'answer', generation: 1, sdp: 'answer' });

    await vi.waitFor(() => expect(session.media.negotiations).toBe(1));
    expect(FakePeerConnection.answers).toEqual(['answer']);
  });

  it('tells the view all that was heard before, in order, and then what follows', () => {
    session.start(PLAN);
    socket.says(WELCOME);
    socket.says(TALKBACK);

    session.show(view);
    socket.says(TALKBACK);

    expect(heard).toEqual(['welcome', 'talkback', 'ready', 'talkback']);
  });

  it('begins once, however often it is started', () => {
    session.start(PLAN);
    session.start();

    expect(socket.sent.map(({ type }) => type)).toEqual(['hello']);
  });

  it('ends when no view comes for so long that too much would wait', () => {
    const closed = vi.spyOn(socket, 'close');
    session.start(PLAN);
    socket.says(WELCOME);

    for (let count = 0; count < MAX_UNSEEN; count += 1) socket.says(TALKBACK);

    expect(closed).toHaveBeenCalledOnce();
  });
});
