import type { Container, OperationInput, OperationResponse } from "@azure/cosmos";
import { TransientFault } from "#shared/ports/faults.ts";
import { asking, throwIfTemporary } from "./cosmos-faults.ts";

/** The service's limit for one request. */
const MOST_OPERATIONS = 100;

interface Waiting {
  readonly operation: OperationInput;
  readonly resolve: (response: OperationResponse) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Group commit on the client's side: an operation is sent at once when nothing is under way; what arrives meanwhile
 * leaves together in the next request. Each operation succeeds or fails on its own. Uses `items.bulk`, because its
 * successor waits a second after every batch that is not full (docs/decisions/0011).
 */
export class BulkWriter {
  readonly #container: Container;
  readonly #returnBodies: boolean;
  #waiting: Waiting[] = [];
  #underWay = false;

  constructor(container: Container, options: { readonly returnBodies: boolean }) {
    this.#container = container;
    this.#returnBodies = options.returnBodies;
  }

  /**
   * Answers the operation's own status (201, 409, 412 …). Throws TransientFault where the service was too busy or did
   * not answer.
   */
  async write(operation: OperationInput): Promise<OperationResponse> {
    const answered = new Promise<OperationResponse>((resolve, reject) => {
      this.#waiting.push({ operation, resolve, reject });
    });
    if (!this.#underWay) void this.#sendWaiting();
    const response = await answered;
    throwIfTemporary([response.statusCode], "a bulk operation");
    return response;
  }

  async #sendWaiting(): Promise<void> {
    this.#underWay = true;
    while (this.#waiting.length > 0) await this.#send(this.#waiting.splice(0, MOST_OPERATIONS));
    this.#underWay = false;
  }

  async #send(group: readonly Waiting[]): Promise<void> {
    try {
      const operations = group.map(({ operation }) => operation);
      const options = { contentResponseOnWriteEnabled: this.#returnBodies };
      const responses = await asking(() =>
        this.#container.items.bulk(operations, { continueOnError: true }, options),
      );
      for (const [position, { resolve, reject }] of group.entries()) {
        const response = responses[position];
        if (response === undefined) reject(new TransientFault("Cosmos DB left a bulk operation unanswered"));
        else resolve(response);
      }
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }
}
