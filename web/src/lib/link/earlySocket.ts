/**
 * The WebSocket that a page's HTML opens before the scripts are there (`site.html`, `screen.html`): far away, connecting takes two
 * round trips, in which they load. The server says nothing before it has heard a hello, so nothing can be missed on it meanwhile.
 */

/** That socket, for its one taker. None: the page's HTML opened none, or it has ended already. */
export function takeEarlySocket(): WebSocket | null {
  const holder = window as { earlySocket?: WebSocket };
  const socket = holder.earlySocket;
  delete holder.earlySocket;
  return socket && socket.readyState <= WebSocket.OPEN ? socket : null;
}
