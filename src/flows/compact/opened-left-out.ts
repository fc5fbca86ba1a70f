import type { Endpoint, OpenedConnections } from '../evidence/evidence.ts';

/** Collects connections that opened but are not kept, by point and listener. */
export class OpenedLeftOut {
  readonly #byListener = new Map<string, OpenedConnections>();

  /** @param known collected earlier; not changed */
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
