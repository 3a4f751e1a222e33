import { join } from '$lib/state/join';

// The session first: the view's scripts, which the HTML names as well, load meanwhile.
const joined = join('site');
const { show } = await import('./view');
show(joined);
