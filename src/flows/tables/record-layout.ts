/** Types of fields in memory, little-endian: unsigned and signed integers and floating point, with their bits. */
export type FieldType = 'u8' | 'u16' | 'u32' | 'i32' | 'f32' | 'f64';

/** Bytes of a field of each type. The offset of a field is a multiple of its size. */
export const FIELD_BYTES: Readonly<Record<FieldType, number>> = { u8: 1, u16: 2, u32: 4, i32: 4, f32: 4, f64: 8 };

/** A number in a record. */
export interface RecordField {
  readonly name: string;
  /** Offset in its part of the record, bytes. */
  readonly at: number;
  readonly type: FieldType;
  /** Meaning and unit; becomes the docstring of the accessors. */
  readonly says: string;
  /**
   * A bit set (`bits`: has accessors that test and set bits), or 32 random bits (`signed`: can also be read with a
   * sign, because V8 allocates an object for a number of 2³¹ and above until the code is compiled).
   */
  readonly kind?: 'bits' | 'signed';
}

/** The same fields at one or more places of a record. */
export interface RecordPart {
  /** Offsets of the part in the record, bytes; one for each time that it occurs. */
  readonly at: readonly number[];
  /** Length of the part, bytes. */
  readonly bytes: number;
  readonly fields: readonly RecordField[];
}

/**
 * A record as data. The accessors are generated from it (`npm run accessors`), and a core in another language can be.
 */
export interface RecordLayout {
  /** Bytes of a record, a multiple of 8. */
  readonly bytes: number;
  readonly parts: readonly RecordPart[];
}
