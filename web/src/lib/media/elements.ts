/** What media elements need from the browser; used as Svelte attachments. */

/** A video element with frame callbacks; not every browser has them. */
type FrameVideo = HTMLVideoElement & {
  requestVideoFrameCallback?(done: (now: number, metadata: { rtpTimestamp?: number }) => void): number;
  cancelVideoFrameCallback?(handle: number): void;
};

/** Plays a stream in a muted video; a new stream replaces the old without tearing the element down. */
export function playPicture(video: HTMLVideoElement, stream: MediaStream | null): () => void {
  video.muted = true;
  const attach = () => {
    if (video.srcObject !== stream) video.srcObject = stream;
    if (stream) video.play().catch(ignoreInterrupted);
  };
  // A video that is attached earlier and gets no picture keeps its page loading for ever; the link need not wait for that.
  if (document.readyState === 'complete') attach();
  else window.addEventListener('load', attach, { once: true });
  return () => {
    window.removeEventListener('load', attach);
    video.srcObject = null;
  };
}

/** Plays a stream's sound; `blocked` is told whether the browser wants a key press first. */
export function playSound(
  audio: HTMLAudioElement,
  stream: MediaStream | null,
  blocked: (is: boolean) => void,
): () => void {
  audio.srcObject = stream;
  if (stream) {
    audio.play().then(
      () => blocked(false),
      (fault: unknown) => blocked(fault instanceof DOMException && fault.name === 'NotAllowedError'),
    );
  }
  return () => {
    audio.srcObject = null;
  };
}

/** Tells the RTP timestamp of each frame that is presented. */
export function watchFrames(video: HTMLVideoElement, frame: (rtpTimestamp: number) => void): () => void {
  const element = video as FrameVideo;
  let handle = 0;
  const next = () => {
    handle =
      element.requestVideoFrameCallback?.((_now, metadata) => {
        if (metadata.rtpTimestamp !== undefined) frame(metadata.rtpTimestamp);
        next();
      }) ?? 0;
  };
  next();
  return () => element.cancelVideoFrameCallback?.(handle);
}

/** A local track as a stream that an element can play. */
export function streamOf(track: MediaStreamTrack | null): MediaStream | null {
  return track ? new MediaStream([track]) : null;
}

function ignoreInterrupted(fault: unknown): void {
  // A newer stream interrupts the older one's play(); anything else is worth a line.
  if (!(fault instanceof DOMException && fault.name === 'AbortError')) console.warn('picture does not play', fault);
}
