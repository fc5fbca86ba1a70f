import { tooShort } from './decode-stop.ts';
import type { DecodeStop, Layer, LengthSource } from './packet.ts';

/**
 * Where the current layer ends: in the captured bytes, and on the wire.
 *
 *   start                    captured            wire           frame
 *     |····headers····|·········|···not captured···|···padding···|
 *
 * Invariant: `captured` ≤ `wire` ≤ `frame`. A length field in a header can only make them smaller.
 */
export class Bounds {
  captured = 0;
  wire = 0;
  frame = 0;
  /** The header or limit that set `wire`. */
  setBy: LengthSource = 'frame-length';

  /** A record captured up to `end`, of `originalLength` octets on the wire. */
  begin(start: number, end: number, originalLength: number): void {
    const wire = start + originalLength;
    this.captured = end;
    this.wire = this.frame = Math.max(wire, end);
    this.setBy = 'frame-length';
  }

  /**
   * Applies the length field of a header: its layer ends at `end`. A header that only confirms the present limit
   * becomes the source of that limit.
   */
  narrow(end: number, setBy: LengthSource): void {
    if (end > this.wire) return;
    this.wire = end;
    this.setBy = setBy;
    if (this.captured > end) this.captured = end;
  }

  /** The stop for a header that needs octets up to `needed` when not all of them were captured. */
  tooShort(layer: Layer, needed: number): DecodeStop {
    return tooShort(layer, needed > this.wire ? this.setBy : 'snaplen');
  }
}
