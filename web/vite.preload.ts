import type { HtmlTagDescriptor, Plugin } from 'vite';

/**
 * Names in each page's HTML what its script imports as soon as it runs (Vite names static imports only): far away, a file that is
 * asked for after another one has come costs a round trip.
 */
export function preloadViews(): Plugin {
  return {
    name: 'preload-views',
    transformIndexHtml: {
      order: 'post',
      handler(html, { chunk, bundle }) {
        const files = new Set<string>();
        const add = (name: string) => {
          const found = bundle?.[name];
          if (found?.type !== 'chunk' || files.has(name)) return;
          files.add(name);
          for (const sheet of found.viteMetadata?.importedCss ?? []) files.add(sheet);
          found.imports.forEach(add);
        };
        chunk?.dynamicImports.forEach(add);
        return [...files].filter((name) => !html.includes(name)).map(tagFor);
      },
    },
  };
}

function tagFor(name: string): HtmlTagDescriptor {
  const rel = name.endsWith('.css') ? 'stylesheet' : 'modulepreload';
  return { tag: 'link', attrs: { rel, crossorigin: true, href: `/${name}` }, injectTo: 'head' };
}
