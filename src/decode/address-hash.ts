// Also compiled to WebAssembly, with `flows/ordinary`.

/** Hash of the four words of an IPv6 address: all of its bits, without a product. */
export function hashOfAddress(a: i32, b: i32, c: i32, d: i32): i32 {
  let hash: i32 = stirred(stirred(stirred(stirred(0, a), b), c), d);
  hash = (hash + (hash << 3)) | 0;
  hash ^= hash >>> 11;
  return (hash + (hash << 15)) | 0;
}

function stirred(before: i32, word: i32): i32 {
  let hash: i32 = (before + word) | 0;
  hash = (hash + (hash << 10)) | 0;
  hash ^= hash >>> 6;
  hash = (hash + (hash << 7)) | 0;
  return hash ^ (hash >>> 17);
}
