/** Whether people can see the page: a browser stops drawing and slows timers of one that they cannot. */

/** Tells it now and each time it changes; the returned function ends that. */
export function watchVisibility(changed: (visible: boolean) => void): () => void {
  const tell = () => changed(document.visibilityState === 'visible');
  tell();
  document.addEventListener('visibilitychange', tell);
  return () => document.removeEventListener('visibilitychange', tell);
}
