export interface Message {
  text: string;
  contentType: string | null;
  /** With `etag` the cursor to resume after. */
  lastModified: string | null;
  etag: string | null;
}

export interface Options {
  /** Where to go on, such as a message; without it, with the oldest message. */
  after?: { lastModified: string | null; etag: string | null };
  /** It is over: 410 deleted, 409 another subscriber came, 204 and other 4xx for what they say. */
  onEnd?: (status: number) => void;
  /** A request has failed and will be repeated. */
  onError?: (error: Error) => void;
  /** In place of the global one. */
  fetch?: typeof globalThis.fetch;
}

/** Listens at a subscriber location, one request after the other, until it is closed or over. */
export function subscribe(
  url: string | URL,
  hear: (message: Message) => void,
  options?: Options,
): { close(): void };

/**
 * Sends a message to a publisher location. Resolves to whether somebody was listening (201) or it
 * was only stored (202).
 *
 * @throws {Error} when it was not published; whatever `fetch` throws when nobody can say.
 */
export function publish(url: string | URL, body: string | Blob | BufferSource, contentType?: string): Promise<boolean>;
