/** Which browser this is, for who has to help its users. */

/** What the User-Agent Client Hints API tells, where there is one. */
interface Brands {
  brands: readonly { brand: string; version: string }[];
  platform: string;
}

/** A brand that stands there so that nobody takes the list for granted (W3C User-Agent Client Hints, GREASE). */
const MEANINGLESS = /not.?a.?brand/i;
/** What Chromium-based browsers call what they are made of. */
const ENGINE = 'Chromium';
/** Browsers that do not have that API, as they call themselves in their user agent. */
const AGENTS = [/(Firefox)\/(\d+)/, /(Edg)\/(\d+)/, /(Chrome)\/(\d+)/, /Version\/(\d+)[\d.]* .*(Safari)/];

/** Name and version, for example `Google Chrome 148, Windows` or `Firefox 152`; the user agent as it is, if it is none that is known. */
export function nameOf(agent: string, hints: Brands | undefined): string {
  const named = hints?.brands.filter(({ brand }) => !MEANINGLESS.test(brand)) ?? [];
  const brand = named.find(({ brand }) => brand !== ENGINE) ?? named[0];
  if (brand !== undefined) return [`${brand.brand} ${brand.version}`, hints?.platform].filter(Boolean).join(', ');
  for (const pattern of AGENTS) {
    const found = pattern.exec(agent);
    if (found) return [found[1], found[2]].sort((a, b) => Number(/\d/.test(a!)) - Number(/\d/.test(b!))).join(' ');
  }
  return agent;
}

/** This browser. */
export function browserName(): string {
  return nameOf(navigator.userAgent, (navigator as Navigator & { userAgentData?: Brands }).userAgentData);
}
