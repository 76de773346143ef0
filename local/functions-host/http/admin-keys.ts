import { z } from "zod";
import { type Keys, MASTER } from "../keys/keys.ts";
import type { HostAdministration, Page } from "./admin.ts";
import { jsonBody } from "./json-body.ts";

const givenKey = z.object({ name: z.string().optional(), value: z.string().min(1).max(1024) });

const KEY_NAME = /^[\w-]{1,127}$/;

/** Where a page's keys belong: to the host, or to one function. */
interface Place {
  readonly functionName: string | undefined;
  /** Undefined for the list. */
  readonly keyName: string | undefined;
}

function placeOf(host: HostAdministration, words: readonly string[]): Place | undefined {
  const [area, second, third, fourth, ...rest] = words;
  if (rest.length > 0) return undefined;
  if (area === "host" && (second === "keys" || second === "functionkeys") && fourth === undefined) {
    return { functionName: undefined, keyName: third };
  }
  if (area !== "functions" || third !== "keys") return undefined;
  const target = host.functions().find(({ name }) => String(name).toLowerCase() === second);
  return target === undefined ? undefined : { functionName: String(target["name"]), keyName: fourth };
}

/**
 * Shows and changes keys: `/admin/host/keys[/<name>]`, `/admin/functions/<function>/keys[/<name>]`. POST makes a key up,
 * PUT sets the one in the body.
 */
export function keyPage(
  host: HostAdministration,
  method: string,
  words: readonly string[],
  body: string | undefined,
): Page | undefined {
  const place = placeOf(host, words);
  if (place === undefined) return undefined;
  const { functionName, keyName } = place;
  if (keyName === undefined) return method === "GET" ? list(host.keys, functionName) : undefined;
  if (!KEY_NAME.test(keyName)) return { status: 400 };
  return oneKey(host.keys, method, functionName, keyName, body);
}

function oneKey(
  keys: Keys,
  method: string,
  functionName: string | undefined,
  keyName: string,
  body: string | undefined,
): Page | undefined {
  switch (method) {
    case "GET": {
      const key = keysAt(keys, functionName).find(({ name }) => name === keyName);
      return key === undefined ? undefined : { status: 200, body: shown(key) };
    }
    case "POST":
      return { status: 201, body: shown(keys.set(functionName, keyName)) };
    case "PUT": {
      const given = jsonBody(givenKey, body);
      if (given === undefined) return { status: 400 };
      return { status: 201, body: shown(keys.set(functionName, keyName, given.value)) };
    }
    case "DELETE":
      if (keyName === MASTER) return { status: 400 };
      return keys.remove(functionName, keyName) ? { status: 204 } : undefined;
    default:
      return undefined;
  }
}

const shown = ({ name, value }: { name: string; value: string }): object => ({ name, value });

const keysAt = (keys: Keys, functionName: string | undefined) =>
  functionName === undefined
    ? [{ name: MASTER, value: keys.master }, ...keys.ofHost()]
    : keys.ofFunction(functionName);

const list = (keys: Keys, functionName: string | undefined): Page => ({
  status: 200,
  body: { keys: keysAt(keys, functionName).map(shown), links: [] },
});
