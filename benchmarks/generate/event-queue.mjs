/**
 * What happens next: a binary heap of events ordered by time, and among equal times by the order of `push`, so that a
 * run never depends on how the heap happens to be laid out.
 */
export class EventQueue {
  #times = new Float64Array(1024);
  #orders = new Float64Array(1024);
  #events = [];
  #pushed = 0;

  get size() {
    return this.#events.length;
  }

  /** Seconds at which the next event happens. Ask only when `size` is not 0. */
  get nextTime() {
    return this.#times[0];
  }

  push(time, event) {
    let hole = this.#events.length;
    if (hole === this.#times.length) this.#grow();
    const times = this.#times;
    const orders = this.#orders;
    const events = this.#events;
    events.push(event);
    const order = this.#pushed++;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (times[parent] <= time) break; // an equal time was pushed earlier, so it stays above
      times[hole] = times[parent];
      orders[hole] = orders[parent];
      events[hole] = events[parent];
      hole = parent;
    }
    times[hole] = time;
    orders[hole] = order;
    events[hole] = event;
  }

  pop() {
    const times = this.#times;
    const orders = this.#orders;
    const events = this.#events;
    const first = events[0];
    const moved = events.pop();
    const size = events.length;
    if (size === 0) return first;
    const time = times[size];
    const order = orders[size];
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= size) break;
      const right = child + 1;
      if (
        right < size &&
        (times[right] < times[child] || (times[right] === times[child] && orders[right] < orders[child]))
      ) {
        child = right;
      }
      if (times[child] > time || (times[child] === time && orders[child] > order)) break;
      times[hole] = times[child];
      orders[hole] = orders[child];
      events[hole] = events[child];
      hole = child;
    }
    times[hole] = time;
    orders[hole] = order;
    events[hole] = moved;
    return first;
  }

  #grow() {
    const times = new Float64Array(this.#times.length * 2);
    const orders = new Float64Array(this.#orders.length * 2);
    times.set(this.#times);
    orders.set(this.#orders);
    this.#times = times;
    this.#orders = orders;
  }
}
