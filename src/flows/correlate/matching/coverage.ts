/** Octets of a segment that arrived in segments with other boundaries. */
export interface Coverage {
  /**
   * For each row of the first track: octets of its payload seen at the second point in segments with other boundaries.
   */
  covered: Uint32Array;
  /** For each row: number of segments of the second track that carried them. */
  pieces: Uint16Array;
  /** Position in the second track of the first such segment; -1 without. */
  firstPiece: Int32Array;
  /** Ranges of rows that arrived only in part, as offsets in the payload: [start, end, …]. */
  runs: Map<number, number[]>;
  /** Payload of an ordinary segment on the side with the smaller segments. */
  segmentOctets: number;
}
