/** Asking before a page with unsaved work is left. */

/** Lets the browser ask while `unsaved` says so; the returned function ends it. The wording is the browser's. */
export function warnBeforeLeaving(unsaved: () => boolean): () => void {
  const ask = (event: BeforeUnloadEvent) => {
    if (unsaved()) event.preventDefault();
  };
  window.addEventListener('beforeunload', ask);
  return () => window.removeEventListener('beforeunload', ask);
}
