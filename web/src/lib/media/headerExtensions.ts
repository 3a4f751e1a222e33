/**
 * Which header extensions (RFC 8285) a line offers: those that the relay takes (`relay-core/src/sdp/choose.rs`), and not all that the
 * browser knows. They are most of an offer, and a site's is then small enough to leave at once on a fresh connection.
 */

/** A member of `RTCRtpTransceiver.getHeaderExtensionsToNegotiate()`. */
export type HeaderExtension = { uri: string; direction: RTCRtpTransceiverDirection };
/** A transceiver of a browser that lets a page choose (WebRTC extensions, §5.2); others offer all they know. */
type Choosing = {
  getHeaderExtensionsToNegotiate?(): HeaderExtension[];
  setHeaderExtensionsToNegotiate?(extensions: HeaderExtension[]): void;
};

const TAKEN = new Set([
  'urn:ietf:params:rtp-hdrext:sdes:mid',
  'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id',
  'urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id',
  'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
  'urn:ietf:params:rtp-hdrext:ssrc-audio-level',
]);

/** What a line offers of the extensions that a browser knows. */
export function offeredExtensions(known: readonly HeaderExtension[]): HeaderExtension[] {
  return known.map(({ uri, direction }) => ({ uri, direction: TAKEN.has(uri) ? direction : 'stopped' }));
}

/** Limits what a line offers, where the browser lets a page do so. */
export function chooseExtensions(transceiver: RTCRtpTransceiver & Choosing): void {
  const known = transceiver.getHeaderExtensionsToNegotiate?.();
  if (known) transceiver.setHeaderExtensionsToNegotiate?.(offeredExtensions(known));
}
