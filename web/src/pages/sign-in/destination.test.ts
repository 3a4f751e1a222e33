import { describe, expect, it } from 'vitest';
import { destination } from './destination';

describe('after signing in', () => {
  it('everybody comes to the page of their role', () => {
    expect(destination('lead', '')).toBe('/console');
    expect(destination('assistant', '')).toBe('/console');
    expect(destination('technician', '')).toBe('/health');
    expect(destination('chair', '')).toBe('/chair');
    expect(destination('secretary', '?other=1')).toBe('/chair');
  });

  it('or to the page that they wanted', () => {
    expect(destination('lead', '?next=/chair')).toBe('/chair');
    expect(destination('chair', '?next=%2Fconsole')).toBe('/console');
    expect(destination('lead', '?next=/plan')).toBe('/plan');
    expect(destination('lead', '?next=/health')).toBe('/health');
  });

  it.each([
    'https://evil.example/console',
    '//evil.example/console',
    '/\\evil.example',
    'javascript:alert(1)',
    'console',
    '/api/v1/sign-out',
    '/join/token',
    '/sign-in?next=/sign-in',
    '/console/../api',
    ' /console',
    '',
  ])('but never to %s', (next) => {
    expect(destination('lead', `?next=${encodeURIComponent(next)}`)).toBe('/console');
  });
});
