import type { Socket } from "node:net";

/**
 * The parts of rhea's inside that the server glue touches; rhea publishes no types for them. Checked
 * against rhea 3.0.5, which is pinned.
 */
interface RheaError {
  readonly condition: string;
  readonly description: string;
}

interface RheaEndpointState {
  local_open: boolean;
  open_requests: number;
}

/** A performative (attach, flow …): its fields, read and written through accessors. */
interface RheaAttach {
  readonly name: string;
  /** rhea's wrapped terminus, or null. */
  source: RheaTerminus | null;
  target: RheaTerminus | null;
  snd_settle_mode: number | undefined;
  rcv_settle_mode: number | undefined;
  max_message_size: number | undefined;
  properties: Readonly<Record<string, unknown>> | undefined;
}

interface RheaTerminus {
  readonly address?: string | null;
  filter?: Readonly<Record<string, unknown>> | null;
  /** The form in which a terminus can be put into our own attach. */
  described(): RheaTerminus;
}

export interface RheaLink {
  readonly name: string;
  readonly session: RheaSession;
  readonly connection: RheaConnection;
  readonly local: { readonly attach: RheaAttach; readonly handle: number };
  readonly remote: { readonly attach: RheaAttach };
  readonly state: RheaEndpointState;
  credit: number;
  delivery_count: number;
  _draining?: boolean;
  _incomplete: { settled: boolean; readonly frames?: readonly Buffer[] } | undefined;
  is_open(): boolean;
  is_remote_open(): boolean;
  open(): void;
  close(error?: RheaError): void;
  on(event: string, handler: (context: RheaContext) => void): void;
}

export interface RheaSender extends RheaLink {
  send(bytes: Buffer, tag: Buffer, format: number): RheaOutgoingDelivery;
}

export interface RheaReceiver extends RheaLink {
  add_credit(credit: number): void;
}

interface RheaDelivery {
  readonly id: number;
  readonly remote_settled: boolean;
  settled: boolean;
}

export interface RheaOutgoingDelivery {
  readonly id: number;
  readonly link: RheaSender;
  settled: boolean;
  remote_settled: boolean;
  /** Ours: what this delivery is about, and that the peer has told us what to do with it. */
  subject?: unknown;
  decided?: boolean;
}

export interface RheaFrame<Performative> {
  readonly performative: Performative;
}

export interface RheaTransfer {
  message_format: number | null | undefined;
  readonly aborted?: boolean | null;
}

interface RheaDisposition {
  /** True when the peer speaks as receiver, about what we sent. */
  readonly role: boolean;
  readonly first: number;
  readonly last?: number | null;
  readonly settled?: boolean | null;
  readonly state?: RheaDescribed | null;
}

/** A described list as rhea leaves it: the outcome's code and its fields. */
export interface RheaDescribed {
  readonly descriptor: { readonly value: unknown };
  readonly value: readonly unknown[];
}

interface RheaFlow {
  readonly handle?: number | null;
  readonly drain?: boolean | null;
}

export interface RheaSession {
  readonly connection: RheaConnection;
  readonly links: Readonly<Record<string, RheaLink>>;
  readonly incoming: {
    on_transfer(frame: RheaFrame<RheaTransfer>, receiver: RheaReceiver): void;
    next_transfer_id: number;
    readonly window: number;
    max_transfer_id: number;
  };
  readonly outgoing: {
    readonly deliveries: {
      readonly size: number;
      get_head(): RheaOutgoingDelivery | undefined;
      by_id(id: number): RheaOutgoingDelivery | undefined;
    };
    readonly next_delivery_id: number;
    readonly next_pending_delivery: number;
    readonly next_transfer_id: number;
    readonly window: number;
    available(): number;
    transfer_window(): number;
    process(): void;
  };
  on_disposition(frame: RheaFrame<RheaDisposition>): void;
  on_flow(frame: RheaFrame<RheaFlow>): void;
  output(performative: unknown): void;
}

export interface RheaConnection {
  readonly socket: Socket;
  readonly amqp_transport: { peek_size(buffer: Buffer): number | undefined };
  readonly local_channel_map: Readonly<Record<string, RheaSession>>;
  accept(socket: Socket): void;
  is_open(): boolean;
  close(error?: RheaError): void;
  _register(): void;
  _disconnected(): void;
  on(event: string, handler: (context: RheaContext) => void): void;
}

interface RheaContext {
  readonly session: RheaSession;
  readonly receiver: RheaReceiver;
  readonly sender: RheaSender;
  readonly message: Buffer;
  readonly delivery: RheaDelivery;
  readonly format?: number;
  readonly error?: unknown;
}

export interface RheaContainer {
  create_connection(options: object): RheaConnection;
  on(event: string, handler: (context: RheaContext) => void): void;
}

export interface RheaFrames {
  flow(fields: object): unknown;
  disposition(fields: object): unknown;
}

export interface RheaMessage {
  accepted(): { described(): unknown };
  rejected(fields: { error: RheaError }): { described(): unknown };
}

export interface RheaTypes {
  wrap_long(value: Buffer): unknown;
  Writer: new () => { write(value: unknown): void; toBuffer(): Buffer };
}
