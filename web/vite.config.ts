import { fileURLToPath } from 'node:url';
import { paraglideVitePlugin } from '@inlang/paraglide-js';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { preloadViews } from './vite.preload.ts';
import { shownInRooms } from './vite.rooms.ts';
import { svelteTesting } from './vite.testing.ts';
import type { ProxyOptions, Rolldown } from 'vite';
import { defineConfig } from 'vitest/config';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The pages; each is an HTML file at the root of `dist`, served under its name without `.html`. */
const PAGES = ['console', 'chair', 'plan', 'health', 'buttons', 'site', 'screen', 'sign-in'];

/** What pages share: their library and what it is made of. */
const LIBRARY = /src\/lib\/|\/(svelte|clsx|@lucide)\//;

const inRooms = shownInRooms(here('./'));

/**
 * What pages share, in few files: browsers have three connections at first, and far away whatever waits for one waits for a round
 * trip. `start` is all that a site or screen needs for its media, and less than a fresh connection carries at once (14 KB). `rooms` is
 * the rest of what these show, `shared` what only pages of the centre have in common; what one page alone uses is in its own file.
 */
const SHARED: Rolldown.CodeSplittingGroup[] = [
  {
    name: 'start',
    test: /src\/lib\/(link|media)\/(?!documents|http|joinLinks|leaving|navigation|save|surface|upload)|src\/lib\/state\/(session|join)\.|\/valibot\/|preload-helper/,
  },
  { name: (id, all) => (inRooms(id, all) ? 'rooms' : null), test: LIBRARY },
  { name: 'shared', test: LIBRARY, minShareCount: 2 },
];

/** Where the development server finds a running `dienhong serve`. */
const SERVER = process.env['DIENHONG_SERVER'] ?? 'http://localhost:8080';

/** The server answers a join link with its built page; here the page of the development server opens instead. */
const openOwnPage: ProxyOptions['configure'] = (proxy) =>
  proxy.on('proxyRes', (answer, request, response) => {
    const page = answer.headers['content-location'];
    answer.resume();
    if (page) response.writeHead(303, { location: `${page}#${request.url?.split('/').pop()}` }).end();
    else response.writeHead(answer.statusCode ?? 502).end('not a valid join link');
  });

export default defineConfig(({ command }) => ({
  plugins: [
    paraglideVitePlugin({
      project: './project.inlang',
      outdir: './src/lib/paraglide',
      strategy: ['globalVariable', 'baseLocale'],
      // A page of the build loads the messages that it shows; development and tests are quicker with all of them in one module.
      outputStructure: command === 'build' ? 'message-modules' : 'locale-modules',
      isServer: 'false',
      emitReadme: false,
    }),
    svelte(),
    svelteTesting(),
    preloadViews(),
  ],
  resolve: { alias: { $lib: here('./src/lib') } },
  build: {
    target: 'es2023',
    // A data: URL would need a hole in the content security policy.
    assetsInlineLimit: 0,
    // Every browser that opens these pages knows it.
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: Object.fromEntries(PAGES.map((page) => [page, here(`./${page}.html`)])),
      output: { codeSplitting: { groups: SHARED } },
    },
  },
  server: {
    proxy: {
      '/api': { target: SERVER, ws: true },
      '/healthz': SERVER,
      '/join': { target: SERVER, selfHandleResponse: true, configure: openOwnPage },
    },
  },
  test: {
    environment: 'happy-dom',
    include: ['src/**/*.test.ts'],
    restoreMocks: true,
  },
}));
