import { XMLParser, XMLValidator } from "fast-xml-parser";
import { BrokerError } from "../errors.ts";

/** A parsed element: attributes under `@name`, text under `#text`; prefixes are gone, all values are text. */
export interface XmlElement {
  readonly [name: string]: string | XmlElement | readonly (string | XmlElement)[] | undefined;
}

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: "@",
  removeNSPrefix: true,
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  processEntities: true,
});

/** @throws BrokerError (invalid) when the text is no XML document, or declares entities of its own */
export function parseXml(source: string): XmlElement {
  if (source.includes("<!"))
    throw new BrokerError("invalid", "The request's XML must not contain declarations.");
  const fault = XMLValidator.validate(source);
  if (fault !== true) throw new BrokerError("invalid", `The request is no XML: ${fault.err.msg}`);
  const document: unknown = parser.parse(source);
  if (!isElement(document)) throw new BrokerError("invalid", "The request is no XML document.");
  return document;
}

function isElement(value: unknown): value is XmlElement {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The single child element of that name, if it is there and has children or attributes. */
export function childOf(parent: XmlElement | undefined, name: string): XmlElement | undefined {
  const child = parent?.[name];
  return isElement(child) ? child : undefined;
}

/** All children of that name. */
export function childrenOf(parent: XmlElement | undefined, name: string): XmlElement[] {
  const child = parent?.[name];
  return (Array.isArray(child) ? child : [child]).filter(isElement);
}

/** The text of the child of that name; undefined when it is absent. */
export function textAt(parent: XmlElement | undefined, name: string): string | undefined {
  const child = parent?.[name];
  if (typeof child === "string") return child;
  const content = isElement(child) ? child["#text"] : undefined;
  return typeof content === "string" ? content : undefined;
}

const escapes: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
export const escapeXml = (value: string): string =>
  value.replaceAll(/[&<>"]/g, (mark) => escapes[mark] ?? mark);

/** `<name>value</name>` with the value escaped; nothing at all when it is undefined. */
export function element(name: string, value: string | number | boolean | undefined): string {
  return value === undefined ? "" : `<${name}>${escapeXml(String(value))}</${name}>`;
}
