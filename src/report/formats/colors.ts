import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Adds colours to text, or returns it unchanged. */
export interface Paint {
  error(text: string): string;
  warning(text: string): string;
  note(text: string): string;
  good(text: string): string;
  strong(text: string): string;
  faint(text: string): string;
}

/** Bold and dim come with their own resets, so styles may stand inside one another. */
export function paintWith(color: boolean): Paint {
  const style = (format: Style) => (text: string) => (color && text !== '' ? styleText(format, text) : text);
  return {
    error: style(['bold', 'red']),
    warning: style(['bold', 'yellow']),
    note: style(['cyan']),
    good: style(['bold', 'green']),
    strong: style(['bold']),
    faint: style(['dim']),
  };
}
