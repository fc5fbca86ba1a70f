import type { RecordLayout } from '../src/flows/tables/record-layout.ts';

/** A record of which accessors are made. */
export interface AccessorSource {
  layout: RecordLayout;
  className: string;
  /** File name of the layout. */
  from: string;
  /** Module that has `RecordViews`. */
  viewsFrom: string;
  /** Comment of the class. */
  says: string;
}

export function accessorFile(source: AccessorSource): string;

/** @param begin address of the record, where it always lies at the same one */
export function offsetFile(source: Pick<AccessorSource, 'layout' | 'from'> & { begin?: number }): string;
