import { tooShort } from './decode-stop.ts';
import type { DecodeStop, Layer, LengthSource } from './packet.ts';

/**
 * Where the layer at hand ends: in what was captured, and on the wire.
 *
 *   start                    captured            wire           frame
 *     |····headers····|·········|···not captured···|···padding···|
 *
 * Invariant: `captured` ≤ `wire` ≤ `frame`. Each header that tells a length can only narrow them.
 */
export class Bounds {
  captured = 0;
  wire = 0;
  frame = 0;
  /** Who told `wire`. */
  setBy: LengthSource = 'frame-length';

  /** A record captured up to `end`, of `originalLength` octets on the wire. */
  begin(start: number, end: number, originalLength: number): void {
    const wire = start + originalLength;
    this.captured = end;
    this.wire = this.frame = Math.max(wire, end);
    this.setBy = 'frame-length';
  }

  /** A header says that its layer ends at `end`; where it only confirms the limit, the limit is its own. */
  narrow(end: number, setBy: LengthSource): void {
    if (end > this.wire) return;
    this.wire = end;
    this.setBy = setBy;
    if (this.captured > end) this.captured = end;
  }

  /** The stop of a header that needs octets up to `needed`, which were not captured. */
  tooShort(layer: Layer, needed: number): DecodeStop {
    return tooShort(layer, needed > this.wire ? this.setBy : 'snaplen');
  }
}
