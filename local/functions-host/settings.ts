import { HostRefusal } from "./refusal.ts";

/** The app settings: what Azure gives the worker as environment. */
export type Settings = Readonly<Record<string, string>>;

/** .NET's configuration ignores case. */
export function setting(settings: Settings, name: string): string | undefined {
  if (name in settings) return settings[name];
  const found = Object.keys(settings).find((key) => key.toLowerCase() === name.toLowerCase());
  return found === undefined ? undefined : settings[found];
}

/** Replaces every `%NAME%` by the app setting of that name, as bindings allow for names and schedules. */
export function resolveSettings(text: string, settings: Settings, where: string): string {
  return text.replaceAll(/%([^%\s]+)%/g, (_whole, name: string) => {
    const value = setting(settings, name);
    if (value === undefined) {
      throw new HostRefusal(
        "setting-missing",
        `${where}: there is no app setting "${name}" (from "${text}")`,
      );
    }
    return value;
  });
}

/**
 * The connection string a binding's `connection` stands for. Azure looks for a setting of that name with the
 * prefix AzureWebJobs, then for the name itself; identity-based connections (`<name>__fullyQualifiedNamespace`) need
 * Entra ID, which does not exist on this machine.
 */
export function connectionString(name: string, settings: Settings, where: string): string {
  const value = setting(settings, `AzureWebJobs${name}`) ?? setting(settings, name);
  if (value !== undefined && value !== "") return value;
  if (Object.keys(settings).some((key) => key.startsWith(`${name}__`))) {
    throw new HostRefusal(
      "not-supported",
      `${where}: connection "${name}" is identity based (${name}__…); this host needs a connection string in the app setting "${name}"`,
    );
  }
  throw new HostRefusal("setting-missing", `${where}: there is no app setting "${name}" with its connection`);
}

/** `AzureWebJobs.<function>.Disabled` = true or 1 switches one function off; the other form is for shells without dots. */
export function isDisabled(functionName: string, settings: Settings): boolean {
  const names = [`AzureWebJobs.${functionName}.Disabled`, `AzureWebJobs_${functionName}_Disabled`];
  return names.some((name) => /^(true|1)$/i.test(setting(settings, name) ?? ""));
}
