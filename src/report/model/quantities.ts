/** Kinds of numbers and texts in a report. The tags are those of JSON Schema: schema/report.json is generated from them. */

/**
 * A whole number, 0 or more.
 *
 * @asType integer
 * @minimum 0
 */
export type WholeNumber = number;

/**
 * A number of packet, from 1, as in Wireshark's frame.number.
 *
 * @asType integer
 * @minimum 0
 */
export type PacketNumber = number;

/**
 * Id of a capture in this report: "c1".
 *
 * @pattern ^c[1-9][0-9]*$
 */
export type CaptureId = string;

/**
 * Id of a capture point in this report: "p1". A point is one interface of one capture.
 *
 * @pattern ^p[1-9][0-9]*$
 */
export type PointId = string;

/**
 * A time in ISO 8601, UTC, with nanoseconds. "@seconds.nanoseconds" where a broken file holds a time beyond any calendar.
 *
 * @pattern ^([+-]?[0-9]{4,6}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{9}Z|@-?[0-9.e+]+\.[0-9]{9})$
 */
export type Timestamp = string;
