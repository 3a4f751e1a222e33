import { endpointLive, siteLive } from '$lib/state/samples';
import type { SiteLive } from '$lib/wire';
import { describe, expect, it } from 'vitest';
import { SecondDevices } from './secondDevices';

const live = (main: number | null, backup: number | null): SiteLive =>
  siteLive({
    endpoints: [
      endpointLive({ role: 'main', second_device_at: main }),
      endpointLive({ role: 'backup', second_device_at: backup }),
    ],
  });

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
