import { HostRefusal } from "../refusal.ts";
import { connectionString } from "../settings.ts";
import type { Settings } from "../settings.ts";
import type { Binding, RegisteredFunction } from "../worker/wire.ts";
import { type BindingContext, flag, property, resolved, text } from "./binding-properties.ts";
import { serviceBusConnection } from "./service-bus-trigger.ts";

interface CosmosContainer {
  readonly connectionString: string;
  /** This and the next may hold binding expressions, `{name}`. */
  readonly databaseName: string;
  readonly containerName: string;
}

/** Documents that a function is given: one by id, or those of a query, or all of a container. */
export interface CosmosInput extends CosmosContainer {
  readonly kind: "cosmosDB";
  readonly name: string;
  readonly id: string | undefined;
  readonly partitionKey: string | undefined;
  readonly sqlQuery: string | undefined;
}

/** Documents that a function writes. */
export interface CosmosOutput extends CosmosContainer {
  readonly kind: "cosmosDB";
  readonly name: string;
  readonly createIfNotExists: boolean;
  /** Path of the key of a container that has to be made. */
  readonly partitionKey: string | undefined;
  readonly throughput: number | undefined;
}

/** Messages that a function sends. */
export interface ServiceBusOutput {
  readonly kind: "serviceBus";
  readonly name: string;
  readonly connectionString: string;
  /** Queue or topic; may hold binding expressions. */
  readonly entity: string;
}

export type InputBinding = CosmosInput;
export type OutputBinding = CosmosOutput | ServiceBusOutput;

export interface IoBindings {
  readonly inputs: readonly InputBinding[];
  /** In the order of their registration, which is the order in which they are written. */
  readonly outputs: readonly OutputBinding[];
}

/** Reads what a function asks for beside its trigger; refuses, by name, types this host does not know. */
export function ioBindings(
  { bindings, name: functionName }: RegisteredFunction,
  triggerName: string,
  settings: Settings,
): IoBindings {
  const inputs: InputBinding[] = [];
  const outputs: OutputBinding[] = [];
  for (const [name, binding] of Object.entries(bindings)) {
    if (name === triggerName || (name === "$return" && binding.type.toLowerCase() === "http")) continue;
    const where = `function "${functionName}", binding "${name}"`;
    const context = { binding, settings, where };
    if (binding.direction === "out") outputs.push(output(name, context, functionName));
    else inputs.push(input(name, context, functionName));
  }
  return { inputs, outputs };
}

function input(name: string, context: BindingContext, functionName: string): InputBinding {
  if (context.binding.type.toLowerCase() !== "cosmosdb")
    throw unknown(context.binding, "input", functionName);
  const sqlQuery = resolved(context, "sqlQuery");
  const id = resolved(context, "id");
  if (sqlQuery !== undefined && id !== undefined) {
    throw new HostRefusal("function-invalid", `${context.where} has both id and sqlQuery; give one of them`);
  }
  return {
    kind: "cosmosDB",
    name,
    ...cosmosContainer(context),
    id,
    partitionKey: resolved(context, "partitionKey"),
    sqlQuery,
  };
}

function output(name: string, context: BindingContext, functionName: string): OutputBinding {
  const { binding, where } = context;
  switch (binding.type.toLowerCase()) {
    case "cosmosdb": {
      const throughput = property(binding, "containerThroughput");
      return {
        kind: "cosmosDB",
        name,
        ...cosmosContainer(context),
        createIfNotExists: flag(context, "createIfNotExists") === true,
        partitionKey: resolved(context, "partitionKey"),
        throughput: typeof throughput === "number" ? throughput : undefined,
      };
    }
    case "servicebus": {
      const entity = resolved(context, "queueName") ?? resolved(context, "topicName");
      if (entity === undefined) {
        throw new HostRefusal("function-invalid", `${where} needs a queueName or a topicName`);
      }
      return { kind: "serviceBus", name, connectionString: serviceBusConnection(context), entity };
    }
    default:
      throw unknown(binding, "output", functionName);
  }
}

/** Database, container and connection of an input, an output or a trigger. */
export function cosmosContainer(context: BindingContext): CosmosContainer {
  const { binding, settings, where } = context;
  const required = (name: string): string => {
    const value = resolved(context, name);
    if (value !== undefined) return value;
    const old = property(binding, "collectionName") !== undefined;
    const hint = old ? " (collectionName and connectionStringSetting belong to extension bundle 3)" : "";
    throw new HostRefusal("function-invalid", `${where} has no ${name}${hint}`);
  };
  return {
    databaseName: required("databaseName"),
    containerName: required("containerName"),
    connectionString: connectionString(text(binding, "connection") ?? "CosmosDB", settings, where),
  };
}

const unknown = (binding: Binding, kind: "input" | "output", functionName: string): HostRefusal =>
  new HostRefusal(
    "not-supported",
    `function "${functionName}" has an ${kind} binding of type "${binding.type}"; this host has ${
      kind === "input" ? "cosmosDB" : "serviceBus and cosmosDB"
    }`,
  );
