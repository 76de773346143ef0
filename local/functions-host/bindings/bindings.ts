import type { Clock } from "../../clock/clock.ts";
import type { ServiceBusSettings } from "../app/host-json.ts";
import type { IndexedFunction } from "../app/index-functions.ts";
import type { InputBinding, OutputBinding } from "../app/io-bindings.ts";
import type { CosmosClients } from "../cosmos/clients.ts";
import type { ServiceBusClients } from "../service-bus/clients.ts";
import type { InvocationRequest, InvocationResponse, TypedData } from "../worker/wire.ts";
import { type BindingData, bindingData } from "./expressions.ts";
import { outputValues } from "./output-data.ts";
import type { Senders } from "./service-bus-output.ts";

export type Invoke = (request: InvocationRequest) => Promise<InvocationResponse>;

export interface BindingsOptions {
  readonly serviceBus: ServiceBusSettings;
  readonly clock: Clock;
}

/**
 * The input and output bindings of all functions: inputs are read before a function runs, outputs written after it, in the order
 * of their registration. Either failing fails the invocation, also when the function itself had succeeded.
 */
export class Bindings {
  readonly #functions: ReadonlyMap<string, IndexedFunction>;
  readonly #options: BindingsOptions;
  #serviceBus: ServiceBusClients | undefined;
  #senders: Senders | undefined;
  #cosmos: CosmosClients | undefined;

  constructor(functions: readonly IndexedFunction[], options: BindingsOptions) {
    const bound = functions.filter(({ inputs, outputs }) => inputs.length + outputs.length > 0);
    this.#functions = new Map(bound.map((each) => [each.name, each]));
    this.#options = options;
  }

  /** Runs one invocation through `invoke`, with its function's bindings around it. */
  around(request: InvocationRequest, invoke: Invoke): Promise<InvocationResponse> {
    const target = this.#functions.get(request.functionName);
    return target === undefined ? invoke(request) : this.#run(target, request, invoke);
  }

  async close(): Promise<void> {
    this.#cosmos?.close();
    await this.#serviceBus?.close();
  }

  async #run(
    { inputs, outputs }: IndexedFunction,
    request: InvocationRequest,
    invoke: Invoke,
  ): Promise<InvocationResponse> {
    const data = bindingData(request, this.#options.clock.now());
    const read = await Promise.all(
      inputs.map(async (input) => ({ name: input.name, data: await this.#read(input, data) })),
    );
    const whole = read.length === 0 ? request : { ...request, inputData: [...request.inputData, ...read] };
    const response = await invoke(whole);
    const values = outputValues(response, outputs);
    for (const output of outputs) {
      const value = values.get(output.name.toLowerCase());
      if (value !== undefined) await this.#write(output, value, data, request);
    }
    return response;
  }

  async #read(input: InputBinding, data: BindingData): Promise<TypedData> {
    const { readInput } = await import("./cosmos-input.ts");
    return readInput(input, (await this.#cosmosClients()).for(input.connectionString), data);
  }

  async #write(
    output: OutputBinding,
    value: TypedData,
    data: BindingData,
    request: InvocationRequest,
  ): Promise<void> {
    if (output.kind === "cosmosDB") {
      const { writeCosmos } = await import("./cosmos-output.ts");
      const client = (await this.#cosmosClients()).for(output.connectionString);
      await writeCosmos(output, client, value, data);
      return;
    }
    const { sendMessages, Senders: NewSenders } = await import("./service-bus-output.ts");
    const senders = (this.#senders ??= new NewSenders());
    const client = (await this.#serviceBusClients()).for(output.connectionString);
    await sendMessages(output, (entity) => senders.for(client, entity), value, data, request);
  }

  /** Clients are loaded with the first use: an app without such bindings does not pay for them. */
  async #cosmosClients(): Promise<CosmosClients> {
    const { CosmosClients: Clients } = await import("../cosmos/clients.ts");
    return (this.#cosmos ??= new Clients());
  }

  async #serviceBusClients(): Promise<ServiceBusClients> {
    const { ServiceBusClients: Clients } = await import("../service-bus/clients.ts");
    return (this.#serviceBus ??= new Clients(this.#options.serviceBus));
  }
}
