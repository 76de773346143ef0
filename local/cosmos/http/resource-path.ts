/** What a URL names, and what a signature for it covers. */
export interface ResourcePath {
  /** Decoded segments: `dbs`, a database, `colls`, … */
  readonly segments: readonly string[];
  /** Resource type of the signature: the last kind of resource named. */
  readonly type: string;
  /** Resource link of the signature, decoded. */
  readonly link: string;
  /** The link as it was sent; clients differ in when they encode. */
  readonly rawLink: string;
}

/**
 * An even number of segments names a resource, an odd number a feed, which is signed as its parent with the feed's
 * type. There is no query string: an item id may hold a question mark.
 */
export function readPath(url: string): ResourcePath {
  const raw = url.slice(url.startsWith("/") ? 1 : 0, url.endsWith("/") ? -1 : undefined);
  if (raw === "") return { segments: [], type: "", link: "", rawLink: "" };
  const rawSegments = raw.split("/");
  const segments = raw.includes("%") ? rawSegments.map(decode) : rawSegments;
  if (segments[4] === "operations") {
    const link = segments.slice(0, 4).join("/");
    return { segments, type: "colls", link, rawLink: rawSegments.slice(0, 4).join("/") };
  }
  const isFeed = segments.length % 2 === 1;
  const type = segments.at(isFeed ? -1 : -2)!.toLowerCase();
  if (type === "offers") {
    // Offers are signed by their rid alone, in lower case.
    const link = isFeed ? "" : segments.at(-1)!.toLowerCase();
    return { segments, type, link, rawLink: link };
  }
  const named = isFeed ? -1 : undefined;
  return {
    segments,
    type,
    link: segments.slice(0, named).join("/"),
    rawLink: rawSegments.slice(0, named).join("/"),
  };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
