/** UDP services that are not expected to answer, or are judged elsewhere (IANA service names). */
export const SILENT_PORTS = new Set([
  53, 67, 68, 137, 138, 161, 162, 427, 514, 546, 547, 1900, 2055, 3702, 4789, 5353, 5355, 6343, 8472, 9995,
]);
