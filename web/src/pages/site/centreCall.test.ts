import { describe, expect, it, vi } from 'vitest';
import { CentreCall } from './centreCall.svelte';

describe('a call to the control room', () => {
  it('rings until the control room answers', () => {
    const send = vi.fn(() => true);
    const call = new CentreCall(send);
    call.handleLive(null);
    expect(call.calling).toBe(false);

    call.begin();
    expect(call).toMatchObject({ calling: true, since: null });
    // Facts that are older than the call.
    call.handleLive(null);
    expect(call.calling).toBe(true);
    call.handleLive(5_000);
    expect(call).toMatchObject({ calling: true, since: 5_000 });
    call.handleLive(null);
    expect(call.calling).toBe(false);
    expect(send.mock.calls).toEqual([[true]]);
  });

  it('is hung up by the site', () => {
    const send = vi.fn(() => true);
    const call = new CentreCall(send);
    call.begin();
    call.handleLive(5_000);
    call.hangUp();
    // It rings until the control room knows.
    expect(call.calling).toBe(true);
    call.handleLive(null);
    expect(call.calling).toBe(false);
    expect(send.mock.calls).toEqual([[true], [false]]);
  });

  it('goes on after a cut, although the server may have forgotten it', () => {
    const send = vi.fn(() => true);
    const call = new CentreCall(send);
    call.begin();
    call.handleLive(5_000);
    call.handleLost();
    call.handleLive(null);
    call.handleReady();
    expect(call.calling).toBe(true);
    call.handleLive(9_000);
    expect(call.since).toBe(9_000);
    expect(send.mock.calls).toEqual([[true], [true]]);
  });

  it('that was begun without a connection is made with the next one', () => {
    let connected = false;
    const heard: boolean[] = [];
    const call = new CentreCall((calling) => {
      if (connected) heard.push(calling);
      return connected;
    });
    call.begin();
    expect(heard).toEqual([]);
    connected = true;
    call.handleReady();
    expect(heard).toEqual([true]);
  });

  it('of another device of the site is shown, and is not repeated by this one', () => {
    const send = vi.fn(() => true);
    const call = new CentreCall(send);
    call.handleLive(5_000);
    expect(call.calling).toBe(true);
    call.handleReady();
    expect(send).not.toHaveBeenCalled();
  });
});
