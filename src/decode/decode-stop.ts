import type { DecodeStop, Layer, LengthSource } from './packet.ts';

/** Stops are shared: each distinct one is created once, so a capture full of broken packets allocates none. */
const made = new Map<string, DecodeStop>();

/**
 * Most `not-decoded` stops that are cached. Hostile input can name every EtherType; further stops are created each
 * time.
 */
const MOST_KEPT = 4096;

export const tooShort = (layer: Layer, limitedBy: LengthSource): DecodeStop =>
  kept(`s${layer}${limitedBy}`, { kind: 'too-short', layer, limitedBy });

export const badField = (layer: Layer): DecodeStop => kept(`b${layer}`, { kind: 'bad-field', layer });

/** The meaning of `next` depends on the layer: see `DecodeStop`. */
export const notDecoded = (layer: Layer, next: number): DecodeStop =>
  kept(`n${layer}${next}`, { kind: 'not-decoded', layer, next });

function kept(key: string, stop: DecodeStop): DecodeStop {
  const before = made.get(key);
  if (before !== undefined) return before;
  Object.freeze(stop);
  if (made.size < MOST_KEPT) made.set(key, stop);
  return stop;
}
