import type { Declarations, Unit } from "../bicep/declarations.ts";
import { literalOf, type Node, nodesIn, propertiesOf } from "../bicep/parse.ts";
import type { Templates } from "../templates.ts";
import { usesIn } from "./names.ts";

/** Functions that hand out keys: their results end up in the history of deployments. */
export function keyFunctions(templates: Templates): string[] {
  return [...templates.values()].flatMap(({ file }) =>
    [...nodesIn(file.root)]
      .filter(({ type, text }) => type.endsWith("identifier") && /^(list[A-Z]\w*|getSecret)$/.test(text))
      .map(({ text }) => `${file.path}: ${text} hands out keys`),
  );
}

/** What has to be said so that nobody gets in with a key, by type of resource: path → value. */
const LOCAL_AUTH_OFF: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "Microsoft.ServiceBus/namespaces": { "properties.disableLocalAuth": "true" },
  "Microsoft.DocumentDB/databaseAccounts": {
    "properties.disableLocalAuth": "true",
    "properties.disableKeyBasedMetadataWriteAccess": "true",
  },
  "Microsoft.OperationalInsights/workspaces": { "properties.features.disableLocalAuth": "true" },
  "Microsoft.Communication/communicationServices": { "properties.disableLocalAuth": "true" },
  "Microsoft.Web/sites/basicPublishingCredentialsPolicies": { "properties.allow": "false" },
  "Microsoft.Web/sites": { "properties.httpsOnly": "true" },
};

/** Types without keys of their own. A type that is in neither list has to be looked up. */
const WITHOUT_KEYS = [
  /^Microsoft\.Authorization\//,
  /^Microsoft\.Resources\/resourceGroups$/,
  /^Microsoft\.ServiceBus\/namespaces\/(queues|topics)/,
  /^Microsoft\.DocumentDB\/databaseAccounts\/sql/,
  /^Microsoft\.Insights\/(actionGroups|diagnosticSettings|metricAlerts|scheduledQueryRules|webtests|workbooks)$/,
  /^Microsoft\.KeyVault\/vaults\/secrets$/,
  /^Microsoft\.Communication\/emailServices/,
  /^Microsoft\.Network\/(networkSecurityGroups|virtualNetworks)$/,
  /^Microsoft\.Web\/serverfarms$/,
  /^Microsoft\.ApiManagement\//,
];

function at(body: Node, path: string): Node | undefined {
  let node: Node | undefined = body;
  for (const name of path.split(".")) node = propertiesOf(node).get(name);
  return node;
}

const made = (template: Declarations): Unit[] =>
  [...template.resources.values()].filter(({ existing }) => !existing);

export function localAuthOn(templates: Templates): string[] {
  return [...templates.values()].flatMap((template) =>
    made(template).flatMap(({ name, reference, body }) => {
      const [type = ""] = reference.split("@");
      const demanded = LOCAL_AUTH_OFF[type];
      if (demanded === undefined)
        return WITHOUT_KEYS.some((pattern) => pattern.test(type))
          ? []
          : [`${template.file.path}: whether ${type} has keys has not been looked up`];
      return Object.entries(demanded)
        .filter(([path, value]) => at(body, path)?.text !== value)
        .map(([path, value]) => `${template.file.path}: ${name} does not set ${path} to ${value}`);
    }),
  );
}

const SECRET = /(key|secret|password|smtpUrl|chatUrl|webhook)$/i;

/** Parameters that hold secrets are marked, have no default but the empty one, and never get out. */
export function openSecrets(templates: Templates): string[] {
  return [...templates.values()].flatMap(({ file, parameters, outputs }) => {
    const secret = [...parameters.values()].filter(({ name }) => SECRET.test(name));
    const unmarked = secret
      .filter(({ decorators }) => !decorators.has("secure"))
      .map(({ name }) => `${name} is not @secure()`);
    const given = secret
      .filter(({ defaultValue }) => defaultValue !== undefined && literalOf(defaultValue) !== "")
      .map(({ name }) => `${name} has a default value`);
    const names = new Set(secret.map(({ name }) => name));
    const out = [...outputs.values()]
      .filter(({ node }) => [...usesIn(node)].some(({ name }) => names.has(name)))
      .map(({ name }) => `the output ${name} gives a secret away`);
    return [...unmarked, ...given, ...out].map((fault) => `${file.path}: ${fault}`);
  });
}
