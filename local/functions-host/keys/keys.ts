import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { join } from "node:path";
import {
  functionKeys,
  type HostKeys,
  hostKeys,
  readKeyFile,
  type StoredKey,
  writeKeyFile,
} from "./key-file.ts";

/** What a request may do. A master key satisfies everything. */
export type AuthLevel = "anonymous" | "function" | "admin";

/** The master key's name in the host's own pages. */
export const MASTER = "_master";

const KEY_BYTES = 40;
const newKey = (name: string): StoredKey => ({
  name,
  value: randomBytes(KEY_BYTES).toString("base64url"),
  encrypted: false,
});

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();

/** Looks at every key whatever it finds, so that the time taken tells nothing. */
function holds(keys: readonly StoredKey[], presented: Buffer): boolean {
  let found = false;
  for (const { value } of keys) found = timingSafeEqual(sha256(value), presented) || found;
  return found;
}

/** Names become files: nothing but what a function may be called. */
const FUNCTION_NAME = /^[a-z][\w-]{0,127}$/i;

/**
 * The access keys of one app. Kept as the real host keeps them: in clear, because it can show them, in one file for the
 * app and one for each function that has keys of its own.
 */
export class Keys {
  readonly #folder: string;
  #host: HostKeys;
  readonly #functions = new Map<string, readonly StoredKey[]>();

  /** Makes a master key and a default host key when there are none. */
  constructor(folder: string) {
    this.#folder = folder;
    const known = readKeyFile(join(folder, "host.json"), hostKeys);
    this.#host = known ?? { masterKey: newKey("master"), functionKeys: [newKey("default")], systemKeys: [] };
    if (known === undefined) this.#writeHost();
  }

  get master(): string {
    return this.#host.masterKey.value;
  }

  /** @param functionName whose own keys count too; undefined for the host's own pages. */
  levelOf(presented: string | undefined, functionName?: string): AuthLevel {
    if (presented === undefined || presented === "") return "anonymous";
    const digest = sha256(presented);
    if (holds([this.#host.masterKey], digest)) return "admin";
    const own = functionName === undefined ? [] : this.ofFunction(functionName);
    return holds([...this.#host.functionKeys, ...own], digest) ? "function" : "anonymous";
  }

  ofHost(): readonly StoredKey[] {
    return this.#host.functionKeys;
  }

  ofFunction(name: string): readonly StoredKey[] {
    let keys = this.#functions.get(name);
    if (keys === undefined) {
      keys = FUNCTION_NAME.test(name) ? (readKeyFile(this.#fileOf(name), functionKeys)?.keys ?? []) : [];
      this.#functions.set(name, keys);
    }
    return keys;
  }

  /** Sets, or makes up, the key of that name; `_master` replaces the master key. */
  set(functionName: string | undefined, name: string, value?: string): StoredKey {
    const key = { ...newKey(name), ...(value === undefined ? {} : { value }) };
    if (functionName !== undefined) this.#replace(functionName, [...this.#others(functionName, name), key]);
    else {
      this.#host =
        name === MASTER
          ? { ...this.#host, masterKey: { ...key, name: "master" } }
          : { ...this.#host, functionKeys: [...without(this.#host.functionKeys, name), key] };
      this.#writeHost();
    }
    return key;
  }

  /** False when there is no key of that name. The master key cannot be taken away. */
  remove(functionName: string | undefined, name: string): boolean {
    const keys = functionName === undefined ? this.#host.functionKeys : this.ofFunction(functionName);
    if (!keys.some((key) => key.name === name)) return false;
    if (functionName === undefined) {
      this.#host = { ...this.#host, functionKeys: without(keys, name) };
      this.#writeHost();
    } else this.#replace(functionName, without(keys, name));
    return true;
  }

  #others(functionName: string, name: string): StoredKey[] {
    return without(this.ofFunction(functionName), name);
  }

  #replace(functionName: string, keys: readonly StoredKey[]): void {
    this.#functions.set(functionName, keys);
    writeKeyFile(this.#fileOf(functionName), { keys });
  }

  #writeHost(): void {
    writeKeyFile(join(this.#folder, "host.json"), this.#host);
  }

  /** `host` is a name that a function may not have, on Azure either. */
  #fileOf(functionName: string): string {
    return join(this.#folder, `${functionName.toLowerCase()}.json`);
  }
}

const without = (keys: readonly StoredKey[], name: string): StoredKey[] =>
  keys.filter((key) => key.name !== name);
