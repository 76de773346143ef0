import type { IForbiddenRuleType } from "dependency-cruiser";

/** Who may import whom, as regular expressions on paths from the project's folder. Everything else is forbidden. */
interface Layer {
  readonly name: string;
  readonly files: string;
  /** Beside its own files. */
  readonly mayImport: readonly string[];
  readonly why: string;
}

const contracts = "^shared/contracts/";
const domain = "^shared/domain/";
const ports = "^shared/ports/";
const useCases = "^shared/use-cases/";
const bindings = "^shared/bindings/";
const app = String.raw`^shared/app\.ts$`;
const zod = "^node_modules/zod/";
/** Hashes and comparisons: a calculation, not the outside world. */
const hashing = "^(node:)?crypto$";

export const layers: readonly Layer[] = [
  {
    name: "contracts",
    files: contracts,
    mayImport: [zod],
    why: "Contracts are what everybody else is checked against, so they depend on nobody.",
  },
  {
    name: "domain",
    files: domain,
    mayImport: [contracts, zod, hashing],
    why: "The rules of the shop are pure: no I/O, no SDK, no port.",
  },
  {
    name: "ports",
    files: ports,
    mayImport: [contracts, domain],
    why: "A port says what is needed in our own words, whoever provides it.",
  },
  {
    name: "use-cases",
    files: useCases,
    mayImport: [contracts, domain, ports],
    why: "A use case is given its adapters; it must not choose one.",
  },
  {
    name: "adapters",
    files: "^shared/adapters/",
    mayImport: [contracts, domain, ports, "^node_modules/", String.raw`^(node:)?[a-z0-9_/]+$`],
    why: "An adapter serves a port; it knows nothing of who calls it.",
  },
  {
    name: "bindings",
    files: bindings,
    mayImport: [contracts, domain, ports, useCases, "^node_modules/@azure/functions/", zod, hashing],
    why: "A binding turns triggers into calls; the adapters are the composition root's.",
  },
  {
    name: "app",
    files: app,
    mayImport: ["^shared/"],
    why: "The composition root knows everything in shared/, and nothing beside it.",
  },
  {
    name: "functions",
    files: "^functions/",
    mayImport: [app, bindings, contracts, domain, useCases, "^node_modules/@azure/functions/", zod, hashing],
    why: "A function is a trigger and one line; what it does is in shared/.",
  },
];

const layerRule = ({ name, files, mayImport, why }: Layer): IForbiddenRuleType => ({
  name: `${name}-import-only-inwards`,
  comment: why,
  severity: "error",
  from: { path: files },
  to: { pathNot: [files, ...mayImport] },
});

export const rules: IForbiddenRuleType[] = [
  ...layers.map(layerRule),
  {
    name: "domain-takes-only-types-of-zod",
    comment: "Parsing is the contracts' work.",
    severity: "error",
    from: { path: domain },
    to: { path: zod, dependencyTypesNot: ["type-only"] },
  },
  {
    name: "notifications-never-reach-the-order",
    comment: "No code path leads from a notification to the state of an order, over however many files.",
    severity: "error",
    from: { path: "^shared/use-cases/notify/" },
    to: { path: String.raw`^shared/ports/order-store\.ts$`, reachable: true },
  },
  {
    name: "deployed-code-stands-alone",
    comment: "The same code runs everywhere; what helps on a laptop is not there in Azure.",
    severity: "error",
    from: { path: "^(functions|shared)/" },
    to: { path: "^(local|scripts|tests|bench)/" },
  },
  {
    name: "deployed-code-takes-only-dependencies",
    comment: "devDependencies are not deployed.",
    severity: "error",
    from: { path: "^(functions|shared)/" },
    to: { dependencyTypes: ["npm-dev", "npm-optional", "npm-peer"] },
  },
  {
    name: "the-embedded-cloud-knows-only-the-topology",
    comment: "Azure does not know our code either; it is what makes the cloud usable by other projects.",
    severity: "error",
    from: { path: "^local/" },
    to: {
      path: "^(functions|shared|scripts|tests|bench)/",
      pathNot: [String.raw`^shared/contracts/topology\.ts$`],
    },
  },
  {
    name: "only-tests-import-tests",
    severity: "error",
    from: { pathNot: "^tests/" },
    to: { path: "^tests/" },
  },
  {
    name: "no-cycles",
    comment:
      "The order in which the files of a cycle are loaded decides what works. Types are erased: they may point back.",
    severity: "error",
    from: {},
    to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
  },
  {
    name: "everything-imported-is-there-and-declared",
    severity: "error",
    from: {},
    to: { dependencyTypes: ["unknown", "undetermined", "npm-no-pkg", "npm-unknown"] },
  },
];
