/** What Bitfocus Companion's modules "Generic HTTP Requests" and "Generic WebSocket" want to be told. Pure. */

/** A setting, and what it is for. */
export type CompanionSetting = {
  name: 'base' | 'header' | 'take' | 'hall' | 'preview' | 'tally';
  value: string;
};

/** Settings for one surface. */
export function companionSettings(origin: string, conference: string, token: string): CompanionSetting[] {
  const base = `${origin}/api/v1/conferences/${encodeURIComponent(conference)}`;
  const socket = base.replace(/^http/, 'ws');
  return [
    { name: 'base', value: base },
    { name: 'header', value: `{"Authorization": "Bearer ${token}"}` },
    { name: 'preview', value: 'POST /actions/preview_site?site=cao-bang' },
    { name: 'take', value: 'POST /actions/take?preview=$(tally:preview)' },
    { name: 'hall', value: 'POST /actions/back_to_hall' },
    { name: 'tally', value: `${socket}/tally/ws` },
  ];
}
