import type { Endpoint, OpenedConnections } from '../evidence/evidence.ts';

/** Gathers connections that opened and are left out, by point and listener. */
export class OpenedLeftOut {
  readonly #byListener = new Map<string, OpenedConnections>();

  /** @param known gathered before; not changed */
  constructor(known: readonly OpenedConnections[] = []) {
    for (const { point, server, times } of known) for (const time of times) this.add(point, server, time);
  }

  /** @param time of the SYN */
  add(point: number, server: Endpoint, time: number): void {
    const key = `${point} ${server.address} ${server.port}`;
    const known = this.#byListener.get(key);
    if (known === undefined) this.#byListener.set(key, { point, server, times: [time] });
    else known.times.push(time);
  }

  list(): OpenedConnections[] {
    return [...this.#byListener.values()];
  }
}
