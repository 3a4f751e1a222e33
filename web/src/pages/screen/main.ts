import { join, showView } from '$lib/state/join';

// The session first: the view's scripts, which the HTML names as well, load meanwhile.
const joined = join('screen');
await showView(joined, () => import('./view'));
