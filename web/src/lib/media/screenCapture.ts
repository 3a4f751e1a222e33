/** A screen, a window or a tab of this machine as a picture that can be sent. */

/** Why there is no picture: not chosen or not allowed, not given by the system, or unknown to this browser. */
export type CaptureFault = 'denied' | 'failed' | 'unsupported';
/** What people chose, or why nothing is captured. */
export type Captured = { name: 'captured'; track: MediaStreamTrack } | { name: 'refused'; fault: CaptureFault };

/** Slides and tables: every letter of a full-HD screen, at few frames. */
const SCREEN: MediaTrackConstraints = {
  width: { max: 1_920 },
  height: { max: 1_080 },
  frameRate: { max: 15 },
};

/** Lets people choose what is captured. Browsers want a click or a key press just before. */
export async function captureScreen(): Promise<Captured> {
  // Phones have no such call, and without a secure context there is no mediaDevices at all.
  if (!navigator.mediaDevices?.getDisplayMedia) return { name: 'refused', fault: 'unsupported' };
  try {
    const stream = await navigator.mediaDevices.getDisplayMedia({ video: SCREEN, audio: false });
    const track = stream.getVideoTracks()[0];
    if (!track) return { name: 'refused', fault: 'failed' };
    // Rather few frames than blurred letters while the line is narrow.
    track.contentHint = 'detail';
    return { name: 'captured', track };
  } catch (fault) {
    return { name: 'refused', fault: captureFaultOf(fault instanceof DOMException ? fault.name : '') };
  }
}

/** What a `getDisplayMedia` failure means for the person at the site. */
export function captureFaultOf(faultName: string): CaptureFault {
  switch (faultName) {
    // Closing the choice is told by the same name as a browser or a system that does not allow it.
    case 'NotAllowedError':
    case 'SecurityError':
    case 'InvalidStateError':
      return 'denied';
    case 'NotSupportedError':
      return 'unsupported';
    default:
      return 'failed';
  }
}
