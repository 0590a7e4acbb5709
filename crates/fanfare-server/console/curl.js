// The same from a terminal: lines that work as they are copied.

/** By the name in `data-curl`. @param {string} channel @param {string} text @param {string} event */
export function curlLines(channel, text, event) {
  const publish = quote(`${location.origin}/pub/${encodeURIComponent(channel)}`);
  const subscribe = quote(`${location.origin}/sub/${encodeURIComponent(channel)}`);
  const named = event && ` -H ${quote(`X-EventSource-Event: ${event}`)}`;
  return {
    publish: `curl${named} -H 'Content-Type: text/plain' --data-raw ${quote(text)} ${publish}`,
    websocket: `curl -N -H 'Sec-WebSocket-Protocol: ws+meta.nchan' ${subscribe.replace('http', 'ws')}`,
    eventsource: `curl -N -H 'Accept: text/event-stream' ${subscribe}`,
    longpoll: `curl -i ${subscribe}`,
    ndjson: `curl -N -H 'Accept: application/x-ndjson' ${subscribe}`,
  };
}

/** For a POSIX shell: inside of single quotes only these are special. @param {string} text */
function quote(text) {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
