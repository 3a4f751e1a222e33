/** The sections of the page, in the order in which a conference is prepared; they stand in the address, behind `#`. */
export const SECTIONS = ['agenda', 'sites', 'details', 'links', 'check', 'rollcall', 'rehearsal', 'surfaces'] as const;

/** One section. */
export type Section = (typeof SECTIONS)[number];

/** True for the name of a section. */
export function isSection(text: string): text is Section {
  return (SECTIONS as readonly string[]).includes(text);
}
