/** The camera and the microphone of a site: opened, chosen, watched. */
import { type DeviceWish, listDevices, onDeviceChange, openCamera, openMicrophone } from '$lib/media/devices';
import { FLOOR_DBFS, meter } from '$lib/media/meter';
import { recall, remember } from '$lib/link/storage';
import type { DeviceState } from '$lib/wire';

/** Either device of a site. */
export type DeviceName = 'camera' | 'microphone';

const KIND = { camera: 'videoinput', microphone: 'audioinput' } as const;

/** One device as signals. */
class Device {
  state: DeviceState = $state('off');
  track: MediaStreamTrack | null = $state.raw(null);
  choices: readonly MediaDeviceInfo[] = $state.raw([]);
  chosen: string = $state('');
}

/** Both devices; `changed` is told each track that is to be sent from now on. */
export class Devices {
  readonly camera = new Device();
  readonly microphone = new Device();
  /** The room has a mixing desk: the browser leaves the sound alone. */
  desk: boolean = $state(recall('device.desk') === 'yes');
  /** Loudness of the microphone here, dBFS. */
  level: number = $state(FLOOR_DBFS);
  /** How often something was plugged in or out. */
  changes: number = $state(0);
  #changed: (name: DeviceName, track: MediaStreamTrack | null) => void;
  #stopMeter = () => {};

  constructor(changed: (name: DeviceName, track: MediaStreamTrack | null) => void) {
    this.#changed = changed;
  }

  /** Opens both as they were chosen last; the returned function closes them. */
  start(): () => void {
    void this.retry();
    const stopWatching = onDeviceChange(() => {
      this.changes += 1;
      void this.#devicesChanged();
    });
    return () => {
      stopWatching();
      this.#stopMeter();
      this.camera.track?.stop();
      this.microphone.track?.stop();
    };
  }

  /** Opens again what does not work. */
  async retry(): Promise<void> {
    for (const name of ['camera', 'microphone'] as const) {
      if (this[name].state !== 'live') await this.#open(name, recall(`device.${name}`) ?? '');
    }
  }

  /** Opens another device and remembers it. */
  async choose(name: DeviceName, id: string): Promise<void> {
    remember(`device.${name}`, id);
    await this.#open(name, id);
  }

  /** Says whether the room has a mixing desk, and opens the microphone accordingly. */
  async setDesk(desk: boolean): Promise<void> {
    this.desk = desk;
    remember('device.desk', desk ? 'yes' : 'no');
    await this.#open('microphone', this.microphone.chosen);
  }

  async #open(name: DeviceName, id: string): Promise<void> {
    const device = this[name];
    device.track?.stop();
    const wish: DeviceWish = id ? { deviceId: id } : {};
    const open = (wish: DeviceWish) => (name === 'camera' ? openCamera(wish) : openMicrophone(wish, !this.desk));
    let opened = await open(wish);
    // The remembered device was unplugged: any other is better than none.
    if (opened.state === 'missing' && id) opened = await open({});
    device.state = opened.state;
    device.track = opened.track;
    device.chosen = opened.track?.getSettings().deviceId ?? '';
    device.choices = await listDevices(KIND[name]);
    if (opened.track) opened.track.onended = () => this.#ended(name);
    if (name === 'microphone') this.#measure(opened.track);
    this.#changed(name, opened.track);
  }

  #measure(track: MediaStreamTrack | null): void {
    this.#stopMeter();
    this.level = FLOOR_DBFS;
    this.#stopMeter = track ? meter(track, (dbfs) => (this.level = dbfs)) : () => {};
  }

  #ended(name: DeviceName): void {
    this[name].state = 'missing';
    this[name].track = null;
    if (name === 'microphone') this.#measure(null);
    this.#changed(name, null);
  }

  async #devicesChanged(): Promise<void> {
    for (const name of ['camera', 'microphone'] as const) this[name].choices = await listDevices(KIND[name]);
    await this.retry();
  }
}
