import type { EndpointLive, SiteLive } from '$lib/wire';
import { describe, expect, it } from 'vitest';
import { SecondDevices } from './secondDevices';

function live(main: number | null, backup: number | null): SiteLive {
  const device = { control: true, media: true, camera: 'live', microphone: 'live', sound_playing: true } as const;
  const figures = { content: false, kbps: 0, fps: 0, layer: null, loss: 0, rtt_ms: 0, since: 0 };
  const endpoints: EndpointLive[] = [
    { role: 'main', ...device, ...figures, second_device_at: main },
    { role: 'backup', ...device, ...figures, second_device_at: backup },
  ];
  return { endpoints, quality: 'good', reason: null, lost_since: null, level_dbfs: 0, ready: { state: 'ready' } };
}

describe('second devices', () => {
  it('tells each refusal once', () => {
    const devices = new SecondDevices();
    expect(devices.fresh('a', live(null, null))).toEqual([]);
    expect(devices.fresh('a', live(100, null))).toEqual([{ site: 'a', role: 'main' }]);
    expect(devices.fresh('a', live(100, null))).toEqual([]);
    expect(devices.fresh('b', live(100, null))).toEqual([{ site: 'b', role: 'main' }]);
  });

  it('tells a later one again, and each line apart', () => {
    const devices = new SecondDevices();
    devices.fresh('a', live(100, null));
    expect(devices.fresh('a', live(100, 150))).toEqual([{ site: 'a', role: 'backup' }]);
    expect(devices.fresh('a', live(null, null))).toEqual([]);
    expect(devices.fresh('a', live(200, 150))).toEqual([{ site: 'a', role: 'main' }]);
    expect(devices.fresh('a', null)).toEqual([]);
  });
});
