import { randomUUID } from "node:crypto";
import type { HttpData, InvocationRequest, TypedData } from "../worker/wire.ts";

/** What `{names}` in a binding stand for during one invocation; names ignore case. */
export interface BindingData {
  /** `undefined` when there is nothing of that name; `a.b` looks inside. */
  read(path: string): unknown;
}

export class MissingBindingData extends Error {
  override readonly name = "MissingBindingData";
}

const EXPRESSION = /\{([^{}]+)\}/g;

/** Replaces every `{name}` by its value. @throws MissingBindingData */
export const fill = (template: string, data: BindingData): string =>
  template.replaceAll(EXPRESSION, (_whole, path: string) => asText(valueOf(path, data)));

/**
 * A query whose `{names}` have become parameters, so that no value can change what it asks for.
 *
 * @throws MissingBindingData
 */
export function asParameters(
  query: string,
  data: BindingData,
): { query: string; parameters: { name: string; value: string }[] } {
  const parameters = new Map<string, string>();
  const text = query.replaceAll(EXPRESSION, (_whole, path: string) => {
    const name = `@${path.replaceAll(/\W/g, "_")}`;
    parameters.set(name, asText(valueOf(path, data)));
    return name;
  });
  return { query: text, parameters: [...parameters].map(([name, value]) => ({ name, value })) };
}

function valueOf(path: string, data: BindingData): unknown {
  const value = data.read(path);
  if (value !== undefined && value !== null) return value;
  throw new MissingBindingData(`the binding expression {${path}} has no value in this invocation`);
}

function asText(value: unknown): string {
  if (typeof value === "string") return value;
  return typeof value === "boolean" ? dotNet(value) : JSON.stringify(value);
}

/** .NET writes booleans with a capital letter. */
const dotNet = (value: boolean): string => (value ? "True" : "False");

type Names = Map<string, unknown>;

/** Trigger metadata for messages; for http the body's properties, above them the query, above them the route. */
export function bindingData(request: InvocationRequest, nowMs: number): BindingData {
  const names: Names = new Map();
  for (const [name, data] of Object.entries(request.triggerMetadata ?? {})) put(names, name, plain(data));
  for (const { data } of request.inputData) {
    if (data.http !== undefined) addHttp(names, data.http);
  }
  put(names, "sys", {
    methodname: request.functionName,
    utcnow: new Date(nowMs).toISOString(),
    randguid: randomUUID(),
  });
  put(names, "rand-guid", randomUUID());
  put(names, "datetime", new Date(nowMs).toISOString());
  return { read: (path) => look(names, path) };
}

const put = (names: Names, name: string, value: unknown): void => void names.set(name.toLowerCase(), value);

function look(names: Names, path: string): unknown {
  const [first = "", ...rest] = path.trim().split(".");
  let value = names.get(first.toLowerCase());
  for (const step of rest) {
    if (typeof value !== "object" || value === null) return undefined;
    const entries = Object.entries(value);
    value = entries.find(([name]) => name.toLowerCase() === step.toLowerCase())?.[1];
  }
  return value;
}

function addHttp(names: Names, http: HttpData): void {
  for (const [name, value] of Object.entries(jsonObject(http.body) ?? {})) put(names, name, value);
  for (const [name, value] of Object.entries(http.query ?? {})) if (name !== "code") put(names, name, value);
  for (const [name, value] of Object.entries(http.params ?? {})) put(names, name, value);
  put(names, "Query", http.query ?? {});
  put(names, "Headers", http.headers ?? {});
}

function plain(data: TypedData): unknown {
  if (data.string !== undefined) return data.string;
  if (data.int !== undefined) return data.int;
  if (data.double !== undefined) return data.double;
  const parsed: unknown = data.json === undefined ? undefined : JSON.parse(data.json);
  return parsed;
}

function jsonObject(body: TypedData | undefined): Record<string, unknown> | undefined {
  const text = body?.string ?? (body?.bytes === undefined ? "" : Buffer.from(body.bytes).toString("utf8"));
  if (!text.trimStart().startsWith("{")) return undefined;
  try {
    const parsed: Record<string, unknown> = JSON.parse(text);
    return parsed;
  } catch {
    return undefined;
  }
}
