/** Regions of sites. Pure. */

/** Each region once, in the order of its first site; sites without one are left out. */
export const regionsOf = (sites: readonly { region: string }[]): string[] => [
  ...new Set(sites.map((site) => site.region).filter((region) => region !== '')),
];
