/** What browser tests may look at: `window.__dienhong`. Reading only, apart from cutting the control connection. */
export type TestHook = Record<string, () => unknown>;

/** Publishes getters by name; later calls add to earlier ones. */
export function exposeForTests(hook: TestHook): void {
  const holder = window as { __dienhong?: object };
  const target = (holder.__dienhong ??= {});
  for (const [name, read] of Object.entries(hook)) {
    const isAction = name.startsWith('cut');
    Object.defineProperty(
      target,
      name,
      isAction ? { configurable: true, value: read } : { configurable: true, get: read },
    );
  }
}
