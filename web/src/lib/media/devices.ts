/** Cameras and microphones of this machine. */
import type { DeviceState } from '$lib/wire';

/** A device that was opened, or why not. */
export type Opened = { state: DeviceState; track: MediaStreamTrack | null };

/** Which device; none: the system's default. */
export type DeviceWish = { deviceId?: string };

/** What a camera is asked for: the high layer as it is sent, the others are scaled from it. */
const CAMERA: MediaTrackConstraints = {
  width: { ideal: 1_280 },
  height: { ideal: 720 },
  frameRate: { ideal: 30, max: 30 },
};
/**
 * A laptop in a room needs the browser's echo, noise and gain handling; behind a mixing desk, which has its own, it only
 * does harm (it takes music and steady tones for noise).
 */
const processing = (on: boolean): MediaTrackConstraints => ({
  echoCancellation: on,
  noiseSuppression: on,
  autoGainControl: on,
});

/** Opens a camera. */
export const openCamera = (wish: DeviceWish = {}) => open('video', { ...CAMERA, ...exact(wish) });
/** Opens a microphone; `processed`: with the browser's handling of echo, noise and gain. */
export const openMicrophone = (wish: DeviceWish = {}, processed = true) =>
  open('audio', { ...processing(processed), ...exact(wish) });

/** Devices of a kind; names are empty until the person has allowed one. */
export async function listDevices(kind: MediaDeviceKind): Promise<MediaDeviceInfo[]> {
  if (!navigator.mediaDevices) return [];
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.filter((device) => device.kind === kind);
}

/** Calls when a device is plugged in or out; the returned function ends it. */
export function onDeviceChange(changed: () => void): () => void {
  navigator.mediaDevices?.addEventListener('devicechange', changed);
  return () => navigator.mediaDevices?.removeEventListener('devicechange', changed);
}

/** What a `getUserMedia` failure means for the person at the site. */
export function deviceStateOf(faultName: string): DeviceState {
  switch (faultName) {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'denied';
    case 'NotReadableError':
    case 'AbortError':
      return 'busy';
    default:
      return 'missing';
  }
}

function exact(wish: DeviceWish): MediaTrackConstraints {
  return wish.deviceId ? { deviceId: { exact: wish.deviceId } } : {};
}

async function open(kind: 'audio' | 'video', constraints: MediaTrackConstraints): Promise<Opened> {
  // Without a secure context there is no mediaDevices at all: nobody could have allowed it.
  if (!navigator.mediaDevices) return { state: 'denied', track: null };
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ [kind]: constraints });
    return { state: 'live', track: stream.getTracks()[0] ?? null };
  } catch (fault) {
    return { state: deviceStateOf(fault instanceof DOMException ? fault.name : ''), track: null };
  }
}
