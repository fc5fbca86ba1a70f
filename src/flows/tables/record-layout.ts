/** How a field lies in memory, little-endian: unsigned and signed integers and floating point, with their bits. */
export type FieldType = 'u8' | 'u16' | 'u32' | 'i32' | 'f32' | 'f64';

/** Bytes of a field of each type. A field begins at a multiple of its size. */
export const FIELD_BYTES: Readonly<Record<FieldType, number>> = { u8: 1, u16: 2, u32: 4, i32: 4, f32: 4, f64: 8 };

/** A number in a record. */
export interface RecordField {
  readonly name: string;
  /** Bytes from the beginning of its part of the record. */
  readonly at: number;
  readonly type: FieldType;
  /** What it says, with unit; the accessors carry it. */
  readonly says: string;
  /**
   * It is a bit set (`bits`: gets accessors that ask for bits and add some), or 32 random bits (`signed`: can be read with
   * a sign too, since V8 makes an object of a number of 2³¹ and above until the code is compiled).
   */
  readonly kind?: 'bits' | 'signed';
}

/** The same fields at one or more places of a record. */
export interface RecordPart {
  /** Where the part begins in the record, bytes; one entry for each time that it occurs. */
  readonly at: readonly number[];
  /** Where the part ends, bytes from its beginning. */
  readonly bytes: number;
  readonly fields: readonly RecordField[];
}

/** A record as data: from it the accessors are made (`npm run accessors`), and a core in another language can be. */
export interface RecordLayout {
  /** Bytes of a record, a multiple of 8. */
  readonly bytes: number;
  readonly parts: readonly RecordPart[];
}
