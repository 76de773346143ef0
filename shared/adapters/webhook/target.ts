import { lookup as systemLookup, type LookupAddress } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import ipaddr from "ipaddr.js";
import { PermanentFault } from "#shared/ports/faults.ts";

/** Where a webhook may go: the parsed URL, and how its host is to be resolved. */
export interface Target {
  readonly url: URL;
  /** Answers checked addresses only, so that a name can't point elsewhere between check and connection. */
  readonly lookup: LookupFunction;
}

/** As `dns.lookup` with `all`, so that a test can hold the answers still. */
export type Resolve = (
  host: string,
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

const resolveBySystem: Resolve = (host, done) => systemLookup(host, { all: true }, done);

const DEFAULT_PORTS: Readonly<Record<string, string>> = { "http:": "80", "https:": "443" };

/** Azure's platform endpoint (DNS, health, agent): a public number that only machines inside Azure can reach. */
const AZURE_PLATFORM = "168.63.129.16";

/**
 * Checks where a webhook is to go, before anything is sent. A vendor chooses the URL, so it must not reach what only we can
 * reach: https to public addresses, without credentials. `allowed` names `host:port` pairs exempt from that.
 * Throws PermanentFault `UnusableUrl` or `AddressRefused`.
 */
export function checkTarget(
  address: string,
  allowed: ReadonlySet<string>,
  resolve: Resolve = resolveBySystem,
): Target {
  const url = parseUrl(address);
  const port = url.port === "" ? DEFAULT_PORTS[url.protocol] : url.port;
  const exempt = allowed.has(`${url.hostname}:${port}`);
  if (!exempt && url.protocol !== "https:") {
    throw new PermanentFault("UnusableUrl", "The webhook's URL is not https");
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  // Sockets don't look up what is an address already.
  if (!exempt && isIP(host) !== 0 && !isPublic(host)) throw refused(url.hostname);
  return { url, lookup: exempt ? lookupAny(resolve) : lookupPublic(resolve) };
}

function parseUrl(address: string): URL {
  const url = URL.parse(address);
  if (url === null || !(url.protocol in DEFAULT_PORTS)) {
    throw new PermanentFault("UnusableUrl", "The webhook's URL is neither http nor https");
  }
  if (url.username !== "" || url.password !== "") {
    throw new PermanentFault("UnusableUrl", "The webhook's URL carries credentials");
  }
  return url;
}

/** All that the internet registries give out of IPv6; what is outside may be an IPv4 address in an old disguise (`::a.b.c.d`). */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR("2000::/3");

/** Whether an address belongs to the public internet: plain unicast, and no tunnel or translation to a private one. */
export function isPublic(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  if (parsed instanceof ipaddr.IPv6 && !parsed.match(GLOBAL_IPV6)) return false;
  return parsed.range() === "unicast" && parsed.toString() !== AZURE_PLATFORM;
}

function lookupAny(resolve: Resolve): LookupFunction {
  return lookupWith(resolve, (addresses) => addresses);
}

function lookupPublic(resolve: Resolve): LookupFunction {
  return lookupWith(resolve, (addresses, host) => {
    const usable = addresses.filter(({ address }) => isPublic(address));
    if (usable.length === 0) throw refused(host);
    return usable;
  });
}

function lookupWith(
  resolve: Resolve,
  choose: (addresses: LookupAddress[], host: string) => LookupAddress[],
): LookupFunction {
  return (host, options, done) => {
    resolve(host, (error, found) => {
      if (error !== null) return done(error, []);
      let usable: LookupAddress[];
      try {
        usable = choose(found, host);
      } catch (refusal) {
        return done(refusal instanceof Error ? refusal : new Error(String(refusal)), []);
      }
      const [first] = usable;
      if (options.all === true || first === undefined) return done(null, usable);
      return done(null, first.address, first.family);
    });
  };
}

function refused(host: string): PermanentFault {
  return new PermanentFault("AddressRefused", `${host} is not on the public internet`);
}
