/**
 * Adds the entries that `npm ci` wants and `npm install` left out of package-lock.json.
 *
 * Tools written in a compiled language come as one optional package per platform. Where the registry at hand
 * (a mirror, usually) lacks some of them, `npm install` drops those from the lock without a word, and from then on
 * `npm ci` refuses the lock on every machine: "Missing: … from lock file". The version is pinned by the
 * parent and the platform is in the name, so the entry can be written down without asking anybody.
 * Such an entry has no integrity: on that platform npm trusts the registry for this one package.
 *
 * Run it after every `npm install`: `node scripts/complete-lock.ts`.
 */
import { readFileSync, writeFileSync } from "node:fs";

interface LockedPackage {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

export interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>;
  readonly [field: string]: unknown;
}

const PLATFORM =
  /(?<os>android|darwin|freebsd|linux|openharmony|win32)-(?<cpu>arm64|arm|ia32|ppc64|riscv64|s390x|x64)(?:-(?<abi>\w+))?$/;

const libcOf = (os: string, abi: string | undefined): { libc?: string[] } => {
  if (os !== "linux" || abi === undefined) return {};
  return { libc: [abi.startsWith("musl") ? "musl" : "glibc"] };
};

function entryFor(name: string, version: string, parent: LockedPackage): LockedPackage {
  const { os, cpu, abi } = PLATFORM.exec(name)?.groups ?? {};
  if (os === undefined || cpu === undefined || !/^\d+\.\d+\.\d+$/.test(version)) {
    throw new Error(`${name}@${version} is missing from package-lock.json and its platform cannot be told.`);
  }
  return {
    version,
    cpu: [cpu],
    ...(parent.dev === true && { dev: true }),
    ...libcOf(os, abi),
    optional: true,
    os: [os],
  };
}

/** Path in the lock → entry, for every optional package that some locked package names and the lock does not have. */
export function missingPlatformPackages(lock: Lock): Map<string, LockedPackage> {
  const missing = new Map<string, LockedPackage>();
  for (const [path, parent] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
      const here = [`${path}/node_modules/${name}`, `node_modules/${name}`];
      if (here.some((location) => location in lock.packages)) continue;
      missing.set(`node_modules/${name}`, entryFor(name, version, parent));
    }
  }
  return missing;
}

/** The lock with what was missing, in npm's own order. */
export function completeLock(lock: Lock): Lock {
  const entries = [...Object.entries(lock.packages), ...missingPlatformPackages(lock)];
  entries.sort(([a], [b]) => a.localeCompare(b, "en"));
  return { ...lock, packages: Object.fromEntries(entries) };
}

if (import.meta.main) {
  const file = "package-lock.json";
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- npm's own file; a wrong shape fails on use
  const lock = JSON.parse(readFileSync(file, "utf8")) as Lock;
  const missing = missingPlatformPackages(lock);
  if (missing.size > 0) writeFileSync(file, `${JSON.stringify(completeLock(lock), undefined, 2)}\n`);
  console.log(`${file}: ${missing.size} platform packages added.`);
}
