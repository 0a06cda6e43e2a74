interface Stored<M> {
  readonly stream: string;
  readonly message: M;
}

/** Keeps every event, in order, for a client that comes back with the number of the last one it saw. */
export class EventStore<M> {
  readonly #events: Stored<M>[] = [];

  storeEvent(stream: string, message: M): Promise<string> {
    return Promise.resolve(String(this.#events.push({ stream, message })));
  }

  getStreamIdForEventId(last: string): Promise<string | undefined> {
    return Promise.resolve(this.#events[Number(last) - 1]?.stream);
  }

  async replayEventsAfter(
    last: string,
    { send }: { send: (id: string, message: M) => Promise<void> },
  ): Promise<string> {
    const stream = (await this.getStreamIdForEventId(last)) ?? '';
    for (const [i, event] of this.#events.entries())
      if (i >= Number(last) && event.stream === stream) await send(String(i + 1), event.message);
    return stream;
  }
}
