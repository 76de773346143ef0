import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import { HostRefusal } from "../refusal.ts";

const storedKey = z.object({
  name: z.string(),
  value: z.string().min(1),
  encrypted: z.literal(false, { error: "encrypted keys cannot be read here" }),
});
export type StoredKey = z.output<typeof storedKey>;

/** host.json of the secrets, as the real host writes it; not the host.json of the app. */
export const hostKeys = z.object({
  masterKey: storedKey,
  functionKeys: z.array(storedKey),
  systemKeys: z.array(storedKey),
});
export type HostKeys = z.output<typeof hostKeys>;

/** `<function>.json` of the secrets. */
export const functionKeys = z.object({ keys: z.array(storedKey) });

/** Undefined when there is no such file. */
export function readKeyFile<T>(file: string, shape: z.ZodType<T>): T | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
  try {
    return shape.parse(JSON.parse(text));
  } catch (error) {
    throw new HostRefusal("keys-unreadable", `${file} holds no keys as the host writes them`, {
      cause: error,
    });
  }
}

/** Readable by its owner only, and whole or not at all. */
export function writeKeyFile(file: string, content: unknown): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}.new`;
  writeFileSync(draft, JSON.stringify(content, null, 2), { mode: 0o600 });
  renameSync(draft, file);
}
