import type { Rolldown } from 'vite';

/** What sites and screens load behind their session. */
const VIEWS = ['src/pages/site/view.ts', 'src/pages/screen/view.ts'];
/** A message, which has a module of its own. */
const MESSAGE = /\/paraglide\/messages\/(\w+)\.js$/;
/** Where a module names a message. */
const NAMED = /\bm\.(\w+)/g;

/**
 * Tells what sites and screens show from what only pages of the centre do, so that lines far away carry nothing of the latter. Messages
 * are all reached through one list: which of them a module needs stands in its text.
 */
export function shownInRooms(root: string): (id: string, all: Rolldown.ChunkingContext) => boolean {
  let found: ReturnType<typeof reach> | undefined;
  return (id, all) => {
    found ??= reach(
      VIEWS.map((view) => root + view),
      all,
    );
    const message = MESSAGE.exec(id)?.[1];
    return message ? found.messages.has(message) : found.modules.has(id);
  };
}

function reach(views: string[], all: Rolldown.ChunkingContext) {
  const modules = new Set<string>();
  const messages = new Set<string>();
  const add = (id: string) => {
    if (modules.has(id) || MESSAGE.test(id)) return;
    const info = all.getModuleInfo(id);
    if (!info) throw new Error(`${id} is not part of the build`);
    modules.add(id);
    for (const [, name] of info.code?.matchAll(NAMED) ?? []) messages.add(name!);
    info.importedIds.forEach(add);
  };
  views.forEach(add);
  return { modules, messages };
}
