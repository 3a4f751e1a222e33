import type { Plugin } from 'vite';

/** Vitest runs in Node: without this, Svelte resolves to its server build and components cannot mount. */
export function svelteTesting(): Plugin {
  return {
    name: 'svelte-in-tests',
    config: () => (process.env['VITEST'] ? { resolve: { conditions: ['browser'] } } : {}),
  };
}
