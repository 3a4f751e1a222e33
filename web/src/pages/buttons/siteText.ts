/** A slug as a button shows it, `CAO BANG`: a surface is told no names. */
export const siteText = (slug: string): string => slug.replaceAll('-', ' ').toUpperCase();
