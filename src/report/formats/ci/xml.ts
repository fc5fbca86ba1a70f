/** XML 1.0 in the little that reports need of it. */
export interface XmlElement {
  name: string;
  attributes: string;
  children: (XmlElement | string)[];
}

export const xml = (name: string, attributesText: string, children: (XmlElement | string)[]): XmlElement => ({
  name,
  attributes: attributesText,
  children,
});

export const attributes = (given: Readonly<Record<string, string | number>>): string =>
  Object.entries(given)
    .map(([name, value]) => ` ${name}="${escapeXml(String(value)).replaceAll('\n', '&#10;')}"`)
    .join('');

export const xmlDocument = (root: XmlElement): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n${written(root, '')}\n`;

function written({ name, attributes: given, children }: XmlElement, indent: string): string {
  if (children.length === 0) return `${indent}<${name}${given}/>`;
  if (children.every((child) => typeof child === 'string'))
    return `${indent}<${name}${given}>${children.map(escapeXml).join('')}</${name}>`;
  const inner = children.map((child) => (typeof child === 'string' ? escapeXml(child) : written(child, `${indent}  `)));
  return `${indent}<${name}${given}>\n${inner.join('\n')}\n${indent}</${name}>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};
/** No place in XML 1.0 (2.2), nor as a reference. */

const REFUSED =
  /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Text for an element or an attribute. */
export const escapeXml = (text: string): string =>
  text
    .replace(REFUSED, (unit) => `\\u{${unit.charCodeAt(0).toString(16)}}`)
    .replace(/[&<>"']/g, (character) => ENTITIES[character]);
