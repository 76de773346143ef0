import type { z } from "zod";

/** Where a member is within a value. */
type Place = readonly PropertyKey[];

const at = (value: unknown, path: Place): object =>
  Object(path.reduce<unknown>((holder, step) => Reflect.get(Object(holder), step), value));

/**
 * Reads what an instance of ours wrote, perhaps of another version: while a release is rolled out or back, old and new work
 * side by side on the same documents and messages. Members that this version does not know are let pass and kept, so that
 * what is written back still has them; everything that it does know must be right. Not for what callers send.
 */
export function readTolerantly<S extends z.ZodType>(
  schema: S,
  value: unknown,
): z.ZodSafeParseResult<z.infer<S>> {
  const strict = schema.safeParse(value);
  if (strict.success) return strict;
  const strangers = strict.error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys" ? issue.keys.map((name) => ({ path: issue.path, name })) : [],
  );
  if (strict.error.issues.some(({ code }) => code !== "unrecognized_keys")) return strict;
  const known: unknown = structuredClone(value);
  for (const { path, name } of strangers) Reflect.deleteProperty(at(known, path), name);
  const tolerant = schema.safeParse(known);
  if (!tolerant.success) return tolerant;
  for (const { path, name } of strangers) {
    Reflect.set(at(tolerant.data, path), name, Reflect.get(at(value, path), name));
  }
  return tolerant;
}
