// Which tab has the connections. Over HTTP/1 a browser keeps six to a server, for all tabs together,
// and this page holds four of them: with two such pages everything would wait in silence. So the one
// that was looked at last has them. WebSockets do not count.

/** Protocols with which requests share a connection. */
const SHARING = ['h2', 'h3'];

/**
 * @param {() => void} letGo called when another tab takes over; also at once in a tab that opens
 * where nobody sees it
 * @param {() => void} goOn called when this tab is looked at
 */
export function takeTurns(letGo, goOn) {
  const [page] = performance.getEntriesByType('navigation');
  if (page instanceof PerformanceNavigationTiming && SHARING.includes(page.nextHopProtocol)) return;
  const tabs = new BroadcastChannel('fanfare-playground');
  let isOurs = false;
  const take = () => {
    if (isOurs || document.hidden) return;
    isOurs = true;
    tabs.postMessage('taken');
    goOn();
  };
  tabs.onmessage = () => {
    isOurs = false;
    letGo();
  };
  document.addEventListener('visibilitychange', take);
  // Of two windows side by side, each is visible, and one that has the focus already gets it not again.
  for (const sign of ['focus', 'pointerdown', 'keydown']) addEventListener(sign, take);
  take();
  if (!isOurs) letGo();
}
