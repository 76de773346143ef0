import { element, escapeXml } from "./xml.ts";

const SERVICE_BUS = "http://schemas.microsoft.com/netservices/2010/10/servicebus/connect";
const INSTANCE = "http://www.w3.org/2001/XMLSchema-instance";
const ATOM = "http://www.w3.org/2005/Atom";

export interface Entry {
  /** Path of the resource; the client takes names from it. */
  readonly path: string;
  readonly title: string;
  /** Name of the content's root element, such as `QueueDescription`. */
  readonly root: string;
  /** The children of that element, as XML. */
  readonly content: string;
  readonly updatedAt: number;
}

/** @param origin `https://host:port`, as the client addressed us */
export function entryXml(origin: string, entry: Entry, namespace = ` xmlns="${ATOM}"`): string {
  const id = escapeXml(`${origin}/${entry.path}`);
  const updated = new Date(entry.updatedAt).toISOString();
  return (
    `<entry${namespace}><id>${id}</id><title type="text">${escapeXml(entry.title)}</title>` +
    `${element("published", updated)}${element("updated", updated)}<link rel="self" href="${id}"/>` +
    `<content type="application/xml"><${entry.root} xmlns="${SERVICE_BUS}" xmlns:i="${INSTANCE}">` +
    `${entry.content}</${entry.root}></content></entry>`
  );
}

/** A page of entries; `next` is the query that leads to the following page. */
export function feedXml(
  origin: string,
  path: string,
  entries: readonly Entry[],
  next: string | undefined,
  updatedAt: number,
): string {
  const id = escapeXml(`${origin}/${path}`);
  // The client only looks for the next page when there is more than one link.
  const nextLink = next === undefined ? "" : `<link rel="next" href="${id}?${escapeXml(next)}"/>`;
  return (
    `<feed xmlns="${ATOM}"><id>${id}</id><title type="text">${escapeXml(path)}</title>` +
    `${element("updated", new Date(updatedAt).toISOString())}<link rel="self" href="${id}"/>${nextLink}` +
    `${entries.map((entry) => entryXml(origin, entry, "")).join("")}</feed>`
  );
}

export const errorXml = (status: number, detail: string): string =>
  `<Error>${element("Code", status)}${element("Detail", detail)}</Error>`;
