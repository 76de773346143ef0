import type { Settings } from "../settings.ts";

/** https://learn.microsoft.com/azure/azure-functions/functions-host-json#override-hostjson-values */
const PREFIX = /^AzureFunctionsJobHost(?:__|:)/i;

type Section = Record<string, unknown>;

/**
 * host.json's content with what app settings say instead: `AzureFunctionsJobHost__extensions__http__routePrefix` stands for that path.
 * Names that the file holds already are found whatever their case.
 */
export function withOverrides(content: unknown, settings: Settings): unknown {
  const overrides = Object.entries(settings).filter(([name]) => PREFIX.test(name));
  if (overrides.length === 0 || !isSection(content)) return content;
  const whole = structuredClone(content);
  for (const [name, value] of overrides) put(whole, name.replace(PREFIX, "").split(/__|:/), typed(value));
  return whole;
}

function put(section: Section, [name = "", ...rest]: readonly string[], value: unknown): void {
  const key = Object.keys(section).find((known) => known.toLowerCase() === name.toLowerCase()) ?? name;
  if (rest.length === 0) {
    section[key] = value;
    return;
  }
  const inner = section[key];
  const next = isSection(inner) ? inner : {};
  section[key] = next;
  put(next, rest, value);
}

const isSection = (value: unknown): value is Section =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** In .NET's configuration everything is text; host.json has numbers and truth values. */
function typed(text: string): unknown {
  if (/^(true|false)$/i.test(text)) return text.toLowerCase() === "true";
  return /^-?\d+$/.test(text) ? Number(text) : text;
}
