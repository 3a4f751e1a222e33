import { afterEach, describe, expect, it } from 'vitest';
import { expectedPlan, linkToken } from './joinPage';

describe('a page at its join link', () => {
  afterEach(() => {
    history.replaceState(null, '', '/');
    document.head.innerHTML = '';
  });

  it('puts the token behind the # of its own address, without an entry to go back to', () => {
    history.replaceState(null, '', '/join/AW-V43Tq_Qrb');
    const entries = history.length;

    expect(linkToken('/screen')).toBe('AW-V43Tq_Qrb');

    expect(location.pathname + location.hash).toBe('/screen#AW-V43Tq_Qrb');
    expect(history.length).toBe(entries);
    expect(linkToken('/screen')).toBe('AW-V43Tq_Qrb');
  });

  it('has no token where its address has none', () => {
    history.replaceState(null, '', '/site');
    expect(linkToken('/site')).toBeNull();
  });

  it('knows its media lines where the server wrote them', () => {
    expect(expectedPlan()).toBeNull();
    document.head.innerHTML = '<meta name="media-plan" content="" />';
    expect(expectedPlan()).toBeNull();
    document.head.innerHTML =
      '<meta name="media-plan" content="{&quot;codec&quot;:&quot;vp8&quot;,&quot;lines&quot;:[]}" />';
    expect(expectedPlan()).toEqual({ codec: 'vp8', lines: [] });
  });
});
