import { expect, test } from "vitest";
import { syntaxErrorsOf } from "./bicep/parse.ts";
import { undeclaredNames, unusedNames, withoutDescription } from "./rules/names.ts";
import { unknownModules, unknownOutputs, unpinnedResources, wrongArguments } from "./rules/modules.ts";
import { keyFunctions, localAuthOn, openSecrets } from "./rules/secrets.ts";
import { planted, realTemplates, type Templates, templatesOf } from "./templates.ts";

const syntaxErrors = (templates: Templates): string[] =>
  [...templates.values()].flatMap(({ file }) =>
    syntaxErrorsOf(file).map((error) => `${file.path}: ${error}`),
  );

interface Rule {
  readonly promise: string;
  readonly rule: (templates: Templates) => string[];
  /** What is planted in which template, and what the rule has to say about it. */
  readonly violation: readonly [path: string, passage: string, replacement: string];
  readonly found: string;
}

const rules: readonly Rule[] = [
  {
    promise: "every template is Bicep",
    rule: syntaxErrors,
    violation: ["infra/app/vault.bicep", "sku: 'standard'", "sku: 'standard"],
    found: "infra/app/vault.bicep",
  },
  {
    promise: "every name that is used is declared",
    rule: undeclaredNames,
    violation: ["infra/main.bicep", "param nextRing bool = false", "param nextRnig bool = false"],
    found: "nextRing is not known",
  },
  {
    promise: "every function is one of Bicep's",
    rule: undeclaredNames,
    violation: ["infra/main.bicep", "toLower(uniqueString(", "lowerCase(uniqueString("],
    found: "lowerCase() is not known",
  },
  {
    promise: "every parameter and variable that is declared is used",
    rule: unusedNames,
    violation: ["infra/app/alarms.bicep", "threshold: longQueue", "threshold: 10000"],
    found: "longQueue is not used",
  },
  {
    promise: "every parameter and output says what it is",
    rule: withoutDescription,
    violation: ["infra/app/gateway.bicep", "@description('The gateway.')\n", ""],
    found: "infra/app/gateway.bicep: name has no description",
  },
  {
    promise: "every module is there, and one of the registry was looked up in exactly this version",
    rule: unknownModules,
    violation: ["infra/app/role.bicep", "storage-account:0.32.0", "storage-account:0.32.1"],
    found: "storage is br/public:avm/res/storage/storage-account:0.32.1, which is not known",
  },
  {
    promise: "every module is given what it requires",
    rule: wrongArguments,
    violation: ["infra/main.bicep", "    mode: cosmosMode\n", ""],
    found: "cosmos does not give mode",
  },
  {
    promise: "no module is given what it does not know",
    rule: wrongArguments,
    violation: ["infra/app/monitoring.bicep", "disableIpMasking: false", "disableIpMask: false"],
    found: "component gives disableIpMask, unknown there",
  },
  {
    promise: "what is read of a module is one of its outputs",
    rule: unknownOutputs,
    violation: ["infra/main.bicep", "cosmos.outputs.endpoint", "cosmos.outputs.address"],
    found: "cosmos has no output address",
  },
  {
    promise: "every resource is asked for in one exact version",
    rule: unpinnedResources,
    violation: [
      "infra/app/operators.bicep",
      "Microsoft.KeyVault/vaults@2023-07-01",
      "Microsoft.KeyVault/vaults@2023-02-01",
    ],
    found: "vault is Microsoft.KeyVault/vaults@2023",
  },
  {
    promise: "no template reads a key",
    rule: keyFunctions,
    violation: [
      "infra/app/service-bus.bicep",
      "output id string = namespace.id",
      "output id string = listKeys(namespace.id, '2024-01-01').primaryConnectionString",
    ],
    found: "listKeys hands out keys",
  },
  {
    promise: "keys are switched off wherever there are any",
    rule: localAuthOn,
    violation: ["infra/app/service-bus.bicep", "disableLocalAuth: true", "disableLocalAuth: false"],
    found: "namespace does not set properties.disableLocalAuth to true",
  },
  {
    promise: "of a new kind of resource it has to be said whether it has keys",
    rule: localAuthOn,
    violation: [
      "infra/app/mail.bicep",
      "resource domain 'Microsoft.Communication/emailServices/domains",
      "resource domain 'Microsoft.Cache/redis",
    ],
    found: "whether Microsoft.Cache/redis has keys has not been looked up",
  },
  {
    promise: "parameters that hold secrets are marked as such",
    rule: openSecrets,
    violation: [
      "infra/app/vault.bicep",
      "@secure()\n@description('Key of the payment provider",
      "@description('Key of the payment provider",
    ],
    found: "paymentsKey is not @secure()",
  },
  {
    promise: "no output gives a secret away",
    rule: openSecrets,
    violation: [
      "infra/app/vault.bicep",
      "output name string = vault.outputs.name",
      "output name string = paymentsKey",
    ],
    found: "the output name gives a secret away",
  },
];

test.each(rules)("$promise", ({ rule }) => {
  expect(rule(realTemplates)).toEqual([]);
});

test.each(rules)("a planted violation is found: $promise", ({ rule, violation, found }) => {
  expect(rule(templatesOf(planted(...violation))).join("\n")).toContain(found);
});
