/** Sets of at most this many are put into every order; of larger ones a sample of orders is taken. */
const MOST_FOR_ALL = 4;
const SAMPLED = 24;

/** A stream of numbers in [0, 1) that a seed decides (xorshift32, Marsaglia 2003). */
export function randomOf(seed) {
  let state = Math.imul(seed, 2654435761) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/**
 * Orders of a list other than its own: all of them up to four items, else the reverse and others by a seed.
 *
 * @param most orders at most
 */
export function ordersOf(list, { seed = 1, most = SAMPLED } = {}) {
  if (list.length <= MOST_FOR_ALL) return allOrders(list).slice(1, most + 1);
  const random = randomOf(seed);
  const orders = [[...list].reverse()];
  while (orders.length < most) orders.push(shuffled(list, random));
  return orders;
}

function allOrders(list) {
  if (list.length < 2) return [[...list]];
  return list.flatMap((first, at) =>
    allOrders([...list.slice(0, at), ...list.slice(at + 1)]).map((rest) => [first, ...rest]),
  );
}

function shuffled(list, random) {
  const items = [...list];
  for (let at = items.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    [items[at], items[other]] = [items[other], items[at]];
  }
  return items;
}

/** Length of a pcap file header and of a record header. */
const FILE_HEADER = 24;
const RECORD_HEADER = 16;
const MOST_PACKETS = 8;

/**
 * A set made of captures: two to four of them, each cut to a few packets. In half of the sets all stamps lie on whole
 * milliseconds or seconds, so that captures begin at one time.
 *
 * @param captures of one scenario: name and bytes of a pcap file, little-endian
 */
export function madeSet(captures, seed) {
  const random = randomOf(seed);
  const chosen = shuffled(captures, random).slice(0, 2 + Math.floor(random() * 3));
  const microseconds = [1, 1, 1000, 1_000_000][Math.floor(random() * 4)];
  return chosen.map(({ name, data }) => ({ name, data: cut(data, random, microseconds) }));
}

/** @param step microseconds that every stamp is a multiple of */
function cut(data, random, step) {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const starts = [];
  for (let at = FILE_HEADER; at + RECORD_HEADER <= data.length; at += RECORD_HEADER + view.getUint32(at + 8, true))
    starts.push(at);
  const count = 1 + Math.floor(random() * MOST_PACKETS);
  const first = random() < 0.5 ? 0 : Math.floor(random() * Math.max(1, starts.length - count));
  const end = starts[first + count] ?? data.length;
  const kept = Uint8Array.from([...data.subarray(0, FILE_HEADER), ...data.subarray(starts[first] ?? end, end)]);
  const target = new DataView(kept.buffer);
  for (let at = FILE_HEADER; at + RECORD_HEADER <= kept.length; ) {
    const time = target.getUint32(at, true) * 1e6 + target.getUint32(at + 4, true);
    const rounded = Math.floor(time / step) * step;
    target.setUint32(at, Math.floor(rounded / 1e6), true);
    target.setUint32(at + 4, rounded % 1e6, true);
    at += RECORD_HEADER + target.getUint32(at + 8, true);
  }
  return kept;
}

/** Whether a file is one that `madeSet` can cut. */
export const isLittleEndianPcap = (data) =>
  data.length > FILE_HEADER && new DataView(data.buffer, data.byteOffset).getUint32(0, true) === 0xa1b2c3d4;
