/** Damages of octets, by name. Each changes them in place or gives new ones; they are not empty. */
export function octetMutations(random) {
  const below = (most) => Math.floor(random() * most);
  const pick = (list) => list[below(list.length)];
  return {
    'flip a bit': (bytes) => void (bytes[below(bytes.length)] ^= 1 << below(8)),
    'set an octet': (bytes) => void (bytes[below(bytes.length)] = pick([0, 1, 0x7f, 0x80, 0xff, below(256)])),
    'set a word': (bytes) => {
      if (bytes.length >= 4) bytes.writeUInt32LE(pick([0, 1, 0xffff, 0x7fffffff, 0xffffffff]), below(bytes.length - 3));
    },
    'cut the end': (bytes) => bytes.subarray(0, below(bytes.length)),
    'cut a piece': (bytes) => {
      const at = below(bytes.length);
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + below(200))]);
    },
    'repeat a piece': (bytes) => {
      const at = below(bytes.length);
      const end = at + below(400);
      return Buffer.concat([bytes.subarray(0, end), bytes.subarray(at, end), bytes.subarray(end)]);
    },
    'swap two pieces': (bytes) => {
      const [a, b, c] = [below(bytes.length), below(bytes.length), below(bytes.length)].sort((x, y) => x - y);
      return Buffer.concat([bytes.subarray(0, a), bytes.subarray(b, c), bytes.subarray(a, b), bytes.subarray(c)]);
    },
    'insert noise': (bytes) => {
      const at = below(bytes.length);
      return Buffer.concat([
        bytes.subarray(0, at),
        Buffer.from(Array.from({ length: below(64) }, () => below(256))),
        bytes.subarray(at),
      ]);
    },
    'insert escapes': (bytes) => {
      const at = below(bytes.length);
      Buffer.from('\u001b]0;x\u0007\u202e<b>`|').copy(bytes, at);
    },
  };
}
