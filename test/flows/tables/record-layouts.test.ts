import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { type AccessorSource, accessorFile, offsetFile } from '../../../build/record-accessors.mjs';
import { CopyAccess } from '../../../src/flows/capture/copy-access.ts';
import { COPY_LAYOUT } from '../../../src/flows/capture/copy-layout.ts';
import { DatagramAccess } from '../../../src/flows/compact/datagram-access.ts';
import { DATAGRAM_LAYOUT } from '../../../src/flows/compact/datagram-layout.ts';
import { LookupAccess } from '../../../src/flows/compact/lookup-access.ts';
import { LOOKUP_LAYOUT } from '../../../src/flows/compact/lookup-layout.ts';
import { ContentAccess } from '../../../src/flows/content/content-access.ts';
import { CONTENT_LAYOUT } from '../../../src/flows/content/content-layout.ts';
import { DeferredAccess } from '../../../src/flows/ordinary/deferred-access.ts';
import { DEFERRED_LAYOUT } from '../../../src/flows/ordinary/deferred-layout.ts';
import { MessageAccess } from '../../../src/flows/ordinary/message-access.ts';
import { MESSAGE_LAYOUT } from '../../../src/flows/ordinary/message-layout.ts';
import { PointAccess } from '../../../src/flows/ordinary/point-access.ts';
import { POINT_LAYOUT } from '../../../src/flows/ordinary/point-layout.ts';
import { StateAccess } from '../../../src/flows/ordinary/state-access.ts';
import { STATE_AT, STATE_LAYOUT } from '../../../src/flows/ordinary/state-layout.ts';
import type { FieldType, RecordLayout } from '../../../src/flows/tables/record-layout.ts';
import type { RecordViews } from '../../../src/flows/tables/record-views.ts';
import { ConnectionAccess } from '../../../src/flows/tcp/connection-access.ts';
import { CONNECTION_LAYOUT } from '../../../src/flows/tcp/record-layout.ts';
import { UnackedAccess } from '../../../src/flows/tcp/unacked-access.ts';
import { UNACKED_LAYOUT } from '../../../src/flows/tcp/unacked-layout.ts';
import { BiflowAccess } from '../../../src/flows/trackers/biflow-access.ts';
import { BIFLOW_LAYOUT } from '../../../src/flows/trackers/biflow-layout.ts';
import { HostAccess } from '../../../src/flows/trackers/host-access.ts';
import { HOST_LAYOUT } from '../../../src/flows/trackers/host-layout.ts';
import { PathAccess } from '../../../src/flows/trackers/path-access.ts';
import { PATH_LAYOUT } from '../../../src/flows/trackers/path-layout.ts';
import { SenderAccess } from '../../../src/flows/trackers/sender-access.ts';
import { SENDER_LAYOUT } from '../../../src/flows/trackers/sender-layout.ts';
import { layoutFaults, placedFields } from '../../support/layout-faults.ts';

interface AccessedRecord extends Omit<AccessorSource, 'className' | 'viewsFrom'> {
  access: new (memory: number | ArrayBuffer) => RecordViews;
  /** The made file, in `src/flows`. */
  file: string;
  /** The same layout as constants for the core, in `src/flows/ordinary`. */
  offsets?: string;
  /** Address of the record in linear memory, when it always lies there. */
  begin?: number;
}

/** Every record that is kept as bytes. `npm run accessors` writes the files from this list. */
const RECORDS: readonly AccessedRecord[] = [
  {
    layout: CONNECTION_LAYOUT,
    from: 'record-layout.ts',
    access: ConnectionAccess,
    file: 'tcp/connection-access.ts',
    offsets: 'connection-offsets.ts',
    says: 'A record of a connection: fields of the connection take its place, fields of a direction that of the direction.',
  },
  {
    layout: UNACKED_LAYOUT,
    from: 'unacked-layout.ts',
    access: UnackedAccess,
    file: 'tcp/unacked-access.ts',
    offsets: 'unacked-offsets.ts',
    says: 'A remembered segment, by its place.',
  },
  {
    layout: DATAGRAM_LAYOUT,
    from: 'datagram-layout.ts',
    access: DatagramAccess,
    file: 'compact/datagram-access.ts',
    says: 'A record of a datagram flow: fields of the flow take its place, fields of a direction that of the direction.',
  },
  {
    layout: LOOKUP_LAYOUT,
    from: 'lookup-layout.ts',
    access: LookupAccess,
    file: 'compact/lookup-access.ts',
    says: 'A record of an ordinary lookup, by its place.',
  },
  {
    layout: CONTENT_LAYOUT,
    from: 'content-layout.ts',
    access: ContentAccess,
    file: 'content/content-access.ts',
    offsets: 'content-offsets.ts',
    says: 'What was read of a connection: fields of the connection take its place, fields of a direction that of the direction.',
  },
  {
    layout: PATH_LAYOUT,
    from: 'path-layout.ts',
    access: PathAccess,
    file: 'trackers/path-access.ts',
    offsets: 'path-offsets.ts',
    says: 'A record of a path in a tunnel, by its place.',
  },
  {
    layout: HOST_LAYOUT,
    from: 'host-layout.ts',
    access: HostAccess,
    file: 'trackers/host-access.ts',
    offsets: 'host-offsets.ts',
    says: 'A record of a host, by its place.',
  },
  {
    layout: SENDER_LAYOUT,
    from: 'sender-layout.ts',
    access: SenderAccess,
    file: 'trackers/sender-access.ts',
    offsets: 'sender-offsets.ts',
    says: 'A record of a sender, by its place.',
  },
  {
    layout: BIFLOW_LAYOUT,
    from: 'biflow-layout.ts',
    access: BiflowAccess,
    file: 'trackers/biflow-access.ts',
    offsets: 'biflow-offsets.ts',
    says: 'A record of a biflow, by its place.',
  },
  {
    layout: MESSAGE_LAYOUT,
    from: 'message-layout.ts',
    access: MessageAccess,
    file: 'ordinary/message-access.ts',
    offsets: 'message-offsets.ts',
    says: 'A deferred message, by its place.',
  },
  {
    layout: COPY_LAYOUT,
    from: 'copy-layout.ts',
    access: CopyAccess,
    file: 'capture/copy-access.ts',
    offsets: 'copy-offsets.ts',
    says: 'What is remembered of a packet, by its place.',
  },
  {
    layout: DEFERRED_LAYOUT,
    from: 'deferred-layout.ts',
    access: DeferredAccess,
    file: 'ordinary/deferred-access.ts',
    offsets: 'deferred-offsets.ts',
    says: 'A deferred segment, by its place.',
  },
  {
    layout: POINT_LAYOUT,
    from: 'point-layout.ts',
    access: PointAccess,
    file: 'ordinary/point-access.ts',
    offsets: 'point-offsets.ts',
    says: 'A record of a point, by its place.',
  },
  {
    layout: STATE_LAYOUT,
    from: 'state-layout.ts',
    access: StateAccess,
    file: 'ordinary/state-access.ts',
    offsets: 'state-offsets.ts',
    begin: STATE_AT,
    says: 'What the core and its caller tell each other, at place 0.',
  },
];

/** Values that a field of each type gives back as they were. */
const VALUES: Readonly<Record<FieldType, fc.Arbitrary<number>>> = {
  u8: fc.nat(0xff),
  u16: fc.nat(0xffff),
  u32: fc.nat(0xffff_ffff),
  i32: fc.integer(),
  f32: fc.float({ noNaN: true }),
  f64: fc.double({ noNaN: true }),
};

type Accessors = Record<string, (at: number, value?: number) => number>;

const capital = (name: string): string => name[0].toUpperCase() + name.slice(1);

describe.each(RECORDS)('$file', ({ access, layout, file, from, says, offsets, begin = 0 }) => {
  it('is sound: fields do not overlap, begin at a multiple of their size, and stay within the record', () => {
    expect(layoutFaults(layout)).toEqual([]);
  });

  it('equals the file that the layout generates', async () => {
    const text = accessorFile({ layout, className: access.name, from, says, viewsFrom: '../tables/record-views.ts' });
    await expect(text).toMatchFileSnapshot(resolve('src/flows', file));
  });

  it.skipIf(offsets === undefined)('equals the constants that the layout generates', async () => {
    await expect(offsetFile({ layout, from, begin })).toMatchFileSnapshot(resolve('src/flows/ordinary', offsets ?? ''));
  });

  it('returns what was set, and changes the bytes of that field alone', () => {
    const part = fc.constantFrom(...layout.parts);
    const field = part.chain(({ at, fields }) => fc.record({ begin: fc.constantFrom(...at), ...oneOf(fields) }));
    fc.assert(
      fc.property(
        field.chain((one) => VALUES[one.field.type].map((value) => ({ ...one, value }))),
        fc.nat(2),
        ({ begin, field: { name }, value }, record) => {
          const views = new access(3 * layout.bytes);
          const accessors = views as unknown as Accessors;
          views.bytesAt(0, 3 * layout.bytes).fill(0xa5);
          accessors[`set${capital(name)}`](record * layout.bytes + begin, value);
          expect(accessors[name](record * layout.bytes + begin)).toBe(value);
          const placed = placedFields(layout).find((one) => one.name === name && one.from >= begin);
          const { from: first, to } = placed ?? { from: 0, to: 0 };
          const changed = [...views.bytesAt(0, 3 * layout.bytes).entries()].filter(([, byte]) => byte !== 0xa5);
          for (const [at] of changed)
            expect([at - record * layout.bytes >= first, at - record * layout.bytes < to]).toEqual([true, true]);
        },
      ),
    );
  });

  it('keeps its bytes when it grows or is copied', () => {
    const views = new access(layout.bytes);
    views.bytesAt(0, layout.bytes).set(Uint8Array.from({ length: layout.bytes }, (_, at) => at));
    const copy = new access(2 * layout.bytes);
    copy.copyFrom(layout.bytes, views, 0, layout.bytes);
    expect(copy.bytesAt(layout.bytes, layout.bytes)).toEqual(views.bytesAt(0, layout.bytes));
    expect(copy.bytesAt(0, layout.bytes).every((byte) => byte === 0)).toBe(true);
  });
});

function oneOf(fields: RecordLayout['parts'][number]['fields']) {
  return { field: fc.constantFrom(...fields) };
}

describe('unsound layouts are caught', () => {
  const layoutOf = (bytes: number, ...fields: [name: string, at: number, type: FieldType][]): RecordLayout => ({
    bytes,
    parts: [{ at: [0, 16], bytes: 16, fields: fields.map(([name, at, type]) => ({ name, at, type, says: '' })) }],
  });
  test.each<[string, RecordLayout]>([
    ['a overlaps b', layoutOf(32, ['b', 0, 'u32'], ['a', 2, 'u16'])],
    ['a is not aligned', layoutOf(32, ['a', 4, 'f64'])],
    ['a lies outside its part', layoutOf(32, ['a', 16, 'u8'])],
    ['a part leaves the record', layoutOf(24, ['a', 0, 'u8'])],
    ['a record of 36 bytes does not end at a multiple of 8', layoutOf(36, ['a', 0, 'u8'])],
    ['two fields have one name', layoutOf(32, ['a', 0, 'u8'], ['a', 1, 'u8'])],
  ])('%s', (fault, layout) => {
    expect(layoutFaults(layout)).toContain(fault);
  });
});
