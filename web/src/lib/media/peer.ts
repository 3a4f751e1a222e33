/** One peer connection, built from the server's plan: line i of the plan is m-line i of the offer. */
import type { MediaLine, MediaPlan, Uplink } from '$lib/wire';
import { preferredCodecs } from './codecs';
import { cameraEncodings, contentEncoding, offeredCameraEncodings } from './encodings';
import { chooseExtensions } from './headerExtensions';
import type { Waits } from './lossBuffer';
import { type SlotKey, slotKey } from './slots';

/** What the page sends; none: the line stays silent. */
export type LocalTracks = {
  camera: MediaStreamTrack | null;
  microphone: MediaStreamTrack | null;
  content: MediaStreamTrack | null;
};
/** Name of a sent line. */
export type SendName = keyof LocalTracks;

type Receiving = { video: MediaStream | null; audio: MediaStream | null };

/** A peer connection of one generation. It is never renegotiated: what flows in a slot changes at the relay. */
export class MediaPeer {
  readonly generation: number;
  readonly connection: RTCPeerConnection;
  #senders = new Map<SendName, RTCRtpSender>();
  #receiving = new Map<SlotKey, Receiving>();
  #programTracks = new Set<string>();
  #programReceivers: RTCRtpReceiver[] = [];
  #videoSlots = new Map<string, SlotKey>();
  #answered = false;
  #adjusting: Promise<void> = Promise.resolve();

  constructor(generation: number, plan: MediaPlan) {
    this.generation = generation;
    this.connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle', rtcpMuxPolicy: 'require' });
    for (const line of plan.lines) this.#addLine(line, plan);
  }

  /** True once the server's answer was applied. */
  get answered(): boolean {
    return this.#answered;
  }

  /** Puts the tracks on their lines and makes the offer. */
  async offer(tracks: LocalTracks): Promise<string> {
    for (const name of this.#senders.keys()) await this.setTrack(name, tracks[name]);
    await this.connection.setLocalDescription(await this.connection.createOffer());
    return this.connection.localDescription?.sdp ?? '';
  }

  /** Applies the server's answer. */
  async answer(sdp: string): Promise<void> {
    await this.connection.setRemoteDescription({ type: 'answer', sdp });
    this.#answered = true;
  }

  /** Replaces what a line sends, without negotiation. */
  async setTrack(name: SendName, track: MediaStreamTrack | null): Promise<void> {
    if (this.connection.signalingState === 'closed') return;
    await this.#senders.get(name)?.replaceTrack(track);
  }

  /** Switches the layers of the camera and content on and off. */
  setUplink(uplink: Uplink): Promise<void> {
    // One change after the other: parameters that were read before another change was made are refused.
    this.#adjusting = this.#adjusting.then(() => this.#adjust(uplink));
    return this.#adjusting;
  }

  /** Picture of a slot. The track is there from the start and shows frames once they flow. */
  video(key: SlotKey): MediaStream | null {
    return this.#receiving.get(key)?.video ?? null;
  }

  /** Sound of a slot. */
  audio(key: SlotKey): MediaStream | null {
    return this.#receiving.get(key)?.audio ?? null;
  }

  /** True if a track identifier of the statistics belongs to the programme. */
  isProgram(trackIdentifier: string): boolean {
    return this.#programTracks.has(trackIdentifier);
  }

  /** Slots of received pictures by the track identifier of the statistics. */
  get videoSlots(): ReadonlyMap<string, SlotKey> {
    return this.#videoSlots;
  }

  /** How long the programme waits before it is played. The browser keeps picture and sound of one stream together. */
  setWaits(waits: Waits): void {
    for (const receiver of this.#programReceivers) {
      const target = receiver.track.kind === 'audio' ? waits.sound : waits.picture;
      // Older browsers know no such wish, and play what they can.
      if ('jitterBufferTarget' in receiver && receiver.jitterBufferTarget !== target)
        receiver.jitterBufferTarget = target;
    }
  }

  /** Ends it. */
  close(): void {
    this.connection.close();
  }

  async #adjust(uplink: Uplink): Promise<void> {
    if (this.connection.signalingState === 'closed') return;
    const camera = this.#senders.get('camera');
    if (camera) await adjust(camera, cameraEncodings(uplink));
    const content = this.#senders.get('content');
    if (content) await adjust(content, [contentEncoding(uplink)]);
  }

  #addLine(line: MediaLine, plan: MediaPlan): void {
    const transceiver = this.connection.addTransceiver(line.kind, initOf(line));
    const capabilities = RTCRtpReceiver.getCapabilities(line.kind)?.codecs ?? [];
    const codecs = preferredCodecs(line.kind, plan.codec, capabilities);
    if (codecs.length > 0) transceiver.setCodecPreferences(codecs);
    chooseExtensions(transceiver);
    if (line.direction === 'send') {
      this.#senders.set(line.slot.name as SendName, transceiver.sender);
      return;
    }
    const key = slotKey(line.slot);
    const receiving = this.#receiving.get(key) ?? { video: null, audio: null };
    // Picture and sound are played by elements of their own, so that blocked sound never blocks a picture;
    // the browser synchronises them by their common msid all the same.
    receiving[line.kind] = new MediaStream([transceiver.receiver.track]);
    this.#receiving.set(key, receiving);
    if (line.kind === 'video') this.#videoSlots.set(transceiver.receiver.track.id, key);
    if (line.slot.name !== 'program') return;
    this.#programTracks.add(transceiver.receiver.track.id);
    this.#programReceivers.push(transceiver.receiver);
  }
}

function initOf(line: MediaLine): RTCRtpTransceiverInit {
  if (line.direction === 'receive') return { direction: 'recvonly' };
  if (line.slot.name === 'camera') return { direction: 'sendonly', sendEncodings: offeredCameraEncodings() };
  return { direction: 'sendonly' };
}

async function adjust(sender: RTCRtpSender, wanted: RTCRtpEncodingParameters[]): Promise<void> {
  const parameters = sender.getParameters();
  for (const [index, encoding] of parameters.encodings.entries()) {
    const match = wanted.find((one) => one.rid !== undefined && one.rid === encoding.rid) ?? wanted[index];
    if (match) Object.assign(encoding, match, encoding.rid === undefined ? {} : { rid: encoding.rid });
  }
  if (parameters.encodings.length === 0) return;
  try {
    await sender.setParameters(parameters);
  } catch (fault) {
    // The connection was closed meanwhile; the next generation sets its layers itself.
    console.warn('layers not switched', fault);
  }
}
