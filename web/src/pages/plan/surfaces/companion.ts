/**
 * What Bitfocus Companion's modules "Generic HTTP" and "Generic WebSocket" want to be told; docs/control-surfaces.md
 * says the rest. Pure.
 */

/** A setting, and what it is for. */
export type CompanionSetting = {
  name: 'base' | 'header' | 'preview' | 'take' | 'hall' | 'tally' | 'proof' | 'variable';
  value: string;
};

/** Settings for one surface. The connection of the WebSocket module is called `tally`: its variables are named after it. */
export function companionSettings(origin: string, conference: string, token: string): CompanionSetting[] {
  const base = `${origin}/api/v1/conferences/${encodeURIComponent(conference)}`;
  return [
    { name: 'base', value: base },
    { name: 'header', value: JSON.stringify({ Authorization: `Bearer ${token}` }) },
    { name: 'preview', value: '/actions/preview_site?site=cao-bang' },
    { name: 'take', value: '/actions/take?preview=$(tally:preview)' },
    { name: 'hall', value: '/actions/back_to_hall' },
    { name: 'tally', value: `${base.replace(/^http/, 'ws')}/tally/ws` },
    // The module cannot send headers: the first text is the proof.
    { name: 'proof', value: token },
    { name: 'variable', value: 'preview' },
  ];
}
