/** Keeps the screen of a site awake for as long as the page is open. */

/** Asks for the lock, again each time the page becomes visible; the returned function lets it go. */
export function keepAwake(): () => void {
  let lock: WakeLockSentinel | null = null;
  const ask = async () => {
    if (document.visibilityState !== 'visible') return;
    // Refused on battery saving or in old browsers: the kiosk settings of the site then decide.
    lock = (await navigator.wakeLock?.request('screen').catch(() => null)) ?? null;
  };
  void ask();
  document.addEventListener('visibilitychange', ask);
  return () => {
    document.removeEventListener('visibilitychange', ask);
    void lock?.release();
  };
}
