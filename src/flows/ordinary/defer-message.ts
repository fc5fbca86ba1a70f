import { tunnel } from './count-path.ts';
import { destination, source } from './find-biflow.ts';
import { direction, flow } from './find-connection.ts';
import { f64At, i32At, setF64, setI32, setU8, setU16 } from './memory.ts';
import * as M from './message-offsets.ts';
import * as P from './read-headers.ts';
import * as N from './read-network.ts';
import * as R from './read-tunnel.ts';
import { MOST_MESSAGES } from './run-limits.ts';
import * as S from './state-offsets.ts';

/** Whether one more message may be read later. */
export function isRoomForMessage(): boolean {
  return i32At(S.MESSAGES_LENGTH) < MOST_MESSAGES;
}

/** Leaves the message of the datagram to be read after the run, see `DeferredMessages`. */
export function deferMessage(): void {
  const length = i32At(S.MESSAGES_LENGTH);
  const at = i32At(S.MESSAGES) + length * M.RECORD_BYTES;
  setI32(S.MESSAGES_LENGTH, length + 1);
  setF64(at + M.TIME, f64At(S.TIME));
  setF64(at + M.SOURCE, source);
  setF64(at + M.DESTINATION, destination);
  setI32(at + M.PACKET, i32At(S.NUMBER));
  setI32(at + M.FLOW, flow);
  setI32(at + M.PORTS, P.ports);
  setI32(at + M.PAYLOAD, P.payload);
  setI32(at + M.PAYLOAD_END, P.payloadEnd);
  setI32(at + M.PAYLOAD_LENGTH, P.payloadLength);
  setI32(at + M.L3_LENGTH, N.l3Length);
  setI32(at + M.TUNNEL, tunnel);
  setU16(at + M.ENCAPSULATION, R.encapsulation);
  setU16(at + M.POINT, i32At(S.POINT));
  setU8(at + M.DIRECTION, direction);
  setU8(at + M.IS_IPV6, N.isIpv6 ? 1 : 0);
}
