import type { MediaLine, Picture } from '$lib/wire';
import { describe, expect, it } from 'vitest';
import { preferredCodecs } from './codecs';
import { cameraEncodings, FULL_FRAME_RATE, IDLE_FRAME_RATE } from './encodings';
import { offeredExtensions } from './headerExtensions';
import { CUT_PATIENCE_MS, isAtOrAfter, PictureFollower } from './pictureFollower';
import { receivedSlots, slotCount, slotKey } from './slots';
import { CALM_MS, LONGEST_PICTURE_MS, LOSSY, LossBuffer, PICTURE_MS, SOUND_MS, STEADY, STEP_MS } from './lossBuffer';
import { countersOf, statsBetween } from './statistics';
import { SILENCE_MS } from '$lib/link/machine';
import { CONNECT_MS, LONGEST_CONNECT_MS, MediaWatchdog, STALL_MS } from './watchdog';

const KNOWN = [
  { mimeType: 'video/VP8' },
  { mimeType: 'video/rtx' },
  { mimeType: 'video/H264', sdpFmtpLine: 'level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f' },
  { mimeType: 'video/H264', sdpFmtpLine: 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f' },
  { mimeType: 'video/H264', sdpFmtpLine: 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f' },
  { mimeType: 'video/red' },
  { mimeType: 'video/ulpfec' },
];

describe('codecs of a line', () => {
  it('are constrained baseline in packetization mode 1 with RTX, or VP8 with RTX', () => {
    expect(preferredCodecs('video', 'h264', KNOWN)).toEqual([KNOWN[4], KNOWN[1]]);
    expect(preferredCodecs('video', 'vp8', KNOWN)).toEqual([KNOWN[0], KNOWN[1]]);
  });

  it('are Opus and then RED for sound', () => {
    const known = [{ mimeType: 'audio/red' }, { mimeType: 'audio/opus' }, { mimeType: 'audio/PCMU' }];
    expect(preferredCodecs('audio', 'h264', known)).toEqual([known[1], known[0]]);
  });

  it('are none where the browser lacks the codec', () => {
    expect(preferredCodecs('video', 'h264', [KNOWN[0]!, KNOWN[1]!])).toEqual([]);
  });
});

describe('header extensions of a line', () => {
  it('are those that the relay takes, as the browser would have them', () => {
    const mid = { uri: 'urn:ietf:params:rtp-hdrext:sdes:mid', direction: 'sendrecv' } as const;
    const level = { uri: 'urn:ietf:params:rtp-hdrext:ssrc-audio-level', direction: 'stopped' } as const;
    const colour = { uri: 'http://www.webrtc.org/experiments/rtp-hdrext/color-space', direction: 'sendrecv' } as const;

    expect(offeredExtensions([mid, level, colour])).toEqual([mid, level, { ...colour, direction: 'stopped' }]);
  });
});

describe('layers of a camera', () => {
  it('follow what is wanted, and the low one is slow while it is alone', () => {
    const idle = cameraEncodings({ low: true, mid: false, high: false, content: false });
    expect(idle.map((encoding) => [encoding.rid, encoding.active])).toEqual([
      ['l', true],
      ['m', false],
      ['h', false],
    ]);
    expect(idle[0]!.maxFramerate).toBe(IDLE_FRAME_RATE);

    const air = cameraEncodings({ low: true, mid: true, high: true, content: false });
    expect(air.every((encoding) => encoding.active && encoding.maxFramerate === FULL_FRAME_RATE)).toBe(true);
    expect(air.map((encoding) => encoding.maxBitrate)).toEqual([150_000, 500_000, 2_500_000]);
    expect(air.map((encoding) => encoding.scaleResolutionDownBy)).toEqual([4, 2, 1]);
  });
});

describe('buffer behind losses', () => {
  it('waits for repetitions where losses last, and on for a while after', () => {
    const buffer = new LossBuffer();
    const waits = { sound: SOUND_MS, picture: PICTURE_MS + 50 };
    expect(buffer.handleLoss(0.01, 50, 0)).toEqual(STEADY);
    expect(buffer.handleLoss(LOSSY, 50, 2_000)).toEqual(STEADY);
    expect(buffer.handleLoss(LOSSY, 50, 4_000)).toEqual(waits);
    expect(buffer.handleLoss(0, 50, 4_000 + CALM_MS - 1)).toEqual(waits);
    expect(buffer.handleLoss(0, 50, 4_000 + CALM_MS)).toEqual(STEADY);
  });

  it('does not wait for losses that were there once: a line has become thin', () => {
    const buffer = new LossBuffer();
    for (const [i, share] of [0, 0.5, 0, 0.3, 0].entries())
      expect(buffer.handleLoss(share, 300, i * 2_000)).toEqual(STEADY);
  });

  it('follows a round trip up at once and down slowly, in steps, and ends somewhere', () => {
    const buffer = new LossBuffer();
    const pictures = (rtts: number[], from: number) =>
      rtts.map((rtt, i) => buffer.handleLoss(LOSSY, rtt, from + i * 2_000).picture);
    pictures([40], 0);
    expect(pictures([280, 40, 40, 2_000], 2_000)).toEqual([500, 500, 500, LONGEST_PICTURE_MS]);
    const later = pictures(new Array<number>(100).fill(40), 10_000);
    expect(later.at(-1)).toBe(PICTURE_MS + STEP_MS);
    expect(new Set(later).size).toBeLessThan(12);
    expect(buffer.handleLoss(0, 40, 208_000 + CALM_MS)).toEqual(STEADY);
  });
});

describe('slots', () => {
  it('have keys, and are counted once for sound and picture', () => {
    expect(slotKey({ name: 'program', index: 2 })).toBe('program:2');
    expect(slotKey({ name: 'return' })).toBe('return');
    const line = (index: number, kind: 'audio' | 'video') =>
      ({ slot: { name: 'program', index }, kind, direction: 'receive' }) as const;
    const lines = [line(0, 'video'), line(0, 'audio'), line(1, 'video')];
    expect(slotCount({ codec: 'h264', lines }, 'program')).toBe(2);
  });

  it('that show or sound are those of the plan, whatever their number', () => {
    const lines = [
      { slot: { name: 'camera' }, kind: 'video', direction: 'send' },
      { slot: { name: 'program', index: 0 }, kind: 'video', direction: 'receive' },
      { slot: { name: 'program', index: 0 }, kind: 'audio', direction: 'receive' },
      { slot: { name: 'program', index: 1 }, kind: 'video', direction: 'receive' },
      { slot: { name: 'program_content' }, kind: 'video', direction: 'receive' },
      { slot: { name: 'return' }, kind: 'video', direction: 'receive' },
    ] as const satisfies MediaLine[];
    const plan = { codec: 'h264' as const, lines: [...lines] };

    expect(receivedSlots(plan, 'video', 'program', 'program_content')).toEqual([
      'program:0',
      'program:1',
      'program_content',
    ]);
    expect(receivedSlots(plan, 'audio', 'program', 'program_content')).toEqual(['program:0']);
    expect(receivedSlots(plan, 'video', 'camera')).toEqual([]);
    expect(receivedSlots(null, 'video', 'program')).toEqual([]);
  });
});

const picture = (take: number | null, site: string): Picture => ({
  take,
  layout: 'single',
  cells: [{ slot: { name: 'program', index: 0 }, site, kind: 'camera' }],
  audio: [0],
  plays_sound: true,
  on_air: false,
});
const cutAt = (rtp: number) => [{ slot: { name: 'program', index: 0 } as const, rtp_timestamp: rtp }];

describe('the picture that is shown', () => {
  it('changes with the first frame of the take, and the time is reported', () => {
    const follower = new PictureFollower(picture(1, 'a'));
    follower.handleFrame('program:0', 900, 5);
    follower.handleCut(2, cutAt(1_000), picture(2, 'b'), 10);
    expect(follower.picture.cells[0]!.site).toBe('a');
    follower.handleFrame('program:0', 999, 20);
    expect(follower.picture.cells[0]!.site).toBe('a');
    follower.handleFrame('program:0', 1_000, 44);

    expect(follower.picture.cells[0]!.site).toBe('b');
    expect(follower.pollShown()).toEqual({ take: 2, elapsedMs: 34 });
    expect(follower.pollShown()).toBeUndefined();
  });

  it('changes at once when the frame came before the message', () => {
    const follower = new PictureFollower(picture(1, 'a'));
    follower.handleFrame('program:0', 1_002, 5);
    follower.handleCut(2, cutAt(1_000), picture(2, 'b'), 10);

    expect(follower.pollShown()).toEqual({ take: 2, elapsedMs: 0 });
  });

  it('waits for all slots, and works across the wrap of the timestamp', () => {
    const follower = new PictureFollower(picture(1, 'a'));
    const cuts = [...cutAt(0xffff_fff0), { slot: { name: 'program', index: 1 } as const, rtp_timestamp: 50 }];
    follower.handleCut(2, cuts, picture(2, 'b'), 0);
    follower.handleFrame('program:0', 8, 10);
    expect(follower.pollShown()).toBeUndefined();
    follower.handleFrame('program:1', 50, 30);

    expect(follower.pollShown()).toEqual({ take: 2, elapsedMs: 30 });
  });

  it('changes without the frame after a while, and is then not reported as shown', () => {
    const follower = new PictureFollower(picture(1, 'a'));
    follower.handleCut(2, cutAt(1_000), picture(2, 'b'), 0);
    expect(follower.pollTimeout()).toBe(CUT_PATIENCE_MS);
    follower.handleTimeout(CUT_PATIENCE_MS);

    expect(follower.picture.cells[0]!.site).toBe('b');
    expect(follower.pollShown()).toBeUndefined();
  });

  it('does not let the take’s own picture message overtake its frame; another one does at once', () => {
    const follower = new PictureFollower(picture(1, 'a'));
    follower.handleCut(2, cutAt(1_000), picture(2, 'b'), 0);
    follower.handlePicture(picture(2, 'b'));
    expect(follower.picture.cells[0]!.site).toBe('a');
    follower.handlePicture(picture(3, 'hall'));

    expect(follower.picture.cells[0]!.site).toBe('hall');
  });

  it('forgets the frames of an older peer connection', () => {
    const follower = new PictureFollower(picture(1, 'a'));
    follower.handleFrame('program:0', 5_000, 5);
    follower.handleRebuilt();
    follower.handleCut(2, cutAt(1_000), picture(2, 'b'), 10);

    expect(follower.pollShown()).toBeUndefined();
  });
});

describe('RTP timestamps', () => {
  it('are ordered modulo 2^32', () => {
    expect(isAtOrAfter(10, 10)).toBe(true);
    expect(isAtOrAfter(9, 10)).toBe(false);
    expect(isAtOrAfter(5, 0xffff_fff0)).toBe(true);
    expect(isAtOrAfter(0xffff_fff0, 5)).toBe(false);
  });
});

describe('the watch over media', () => {
  const flowing = { connection: 'connected', bytes: 10, expected: true, control: true } as const;

  it('keeps the connection of a line that is gone: control is found lost before', () => {
    expect(STALL_MS).toBeGreaterThan(SILENCE_MS);
  });

  it('replaces a connection whose media stopped while control lives', () => {
    const dog = new MediaWatchdog();
    dog.handleBuilt(0);
    expect(dog.handleFacts(flowing, 1_000)).toBe(false);
    expect(dog.handleFacts(flowing, 1_000 + STALL_MS - 1)).toBe(false);

    expect(dog.handleFacts(flowing, 1_000 + STALL_MS)).toBe(true);
  });

  it('leaves a connection alone on which nothing is expected', () => {
    const dog = new MediaWatchdog();
    dog.handleBuilt(0);
    dog.handleFacts(flowing, 1_000);

    expect(dog.handleFacts({ ...flowing, expected: false }, 60_000)).toBe(false);
    expect(dog.handleFacts(flowing, 60_001)).toBe(false);
  });

  it('does nothing while control is lost, and does not blame the outage on media', () => {
    const dog = new MediaWatchdog();
    dog.handleBuilt(0);
    dog.handleFacts(flowing, 1_000);
    expect(dog.handleFacts({ ...flowing, control: false }, 20_000)).toBe(false);

    expect(dog.handleFacts(flowing, 20_500)).toBe(false);
    expect(dog.handleFacts(flowing, 20_000 + STALL_MS)).toBe(true);
  });

  it('waits longer each time a new connection fails, up to a bound', () => {
    const dog = new MediaWatchdog();
    const waits: number[] = [];
    let now = 0;
    for (let build = 0; build < 6; build += 1) {
      const builtAt = now;
      dog.handleBuilt(now);
      while (!dog.handleFacts({ connection: 'connecting', bytes: 0, expected: true, control: true }, now)) now += 100;
      waits.push(now - builtAt);
    }

    expect(waits[0]).toBe(CONNECT_MS);
    expect(waits).toEqual([...waits].sort((left, right) => left - right));
    expect(waits.at(-1)).toBe(LONGEST_CONNECT_MS);
  });
});

describe('statistics', () => {
  const entries = (frames: number, lost: number, received: number) => [
    { type: 'inbound-rtp', trackIdentifier: 'p', framesDecoded: frames, packetsLost: lost, packetsReceived: received },
    { type: 'inbound-rtp', trackIdentifier: 'wall', framesDecoded: 9_999 },
    { type: 'transport', bytesReceived: received * 1_000 },
    { type: 'candidate-pair', nominated: true, state: 'succeeded', currentRoundTripTime: 0.04 },
  ];
  const isProgram = (track: string) => track === 'p';

  it('tell what the programme’s lines did in the period', () => {
    const before = countersOf(entries(100, 0, 1_000), isProgram, 0);
    const after = countersOf(entries(160, 10, 1_190), isProgram, 2_000);

    expect(statsBetween(before, after)).toEqual({
      frames: 60,
      freezes: 0,
      concealed: 0,
      loss: 0.05,
      rtt_ms: 40,
      kbps: 760,
    });
  });

  it('count what arrives where the transport does not: Firefox has it at the pair of candidates in use', () => {
    const pair = { type: 'candidate-pair', nominated: true, state: 'succeeded', bytesReceived: 5_000 };
    const unused = { ...pair, nominated: false, bytesReceived: 70 };

    expect(countersOf([{ type: 'transport' }, pair, unused], isProgram, 0).bytes).toBe(5_000);
    expect(countersOf([{ type: 'transport', bytesReceived: 4_000 }, pair], isProgram, 0).bytes).toBe(4_000);
    expect(countersOf([{ type: 'transport' }], isProgram, 0).bytes).toBe(0);
  });
});
