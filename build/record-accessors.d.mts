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
