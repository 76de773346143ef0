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
  is_open(): boolean;
  /** Whether the peer is the one who sends. */
  is_receiver(): boolean;
  open(): void;
  close(error?: RheaError): void;
  on(event: string, handler: (context: RheaContext) => void): void;
}

export type RheaSender = RheaLink;

export interface RheaReceiver extends RheaLink {
  add_credit(credit: number): void;
}

export interface RheaSession {
  readonly connection: RheaConnection;
  readonly links: Readonly<Record<string, RheaLink>>;
  readonly local: { readonly channel: number };
  readonly remote: { readonly handles: Readonly<Record<number, RheaLink>> };
  readonly incoming: {
    next_transfer_id: number;
    readonly window: number;
    max_transfer_id: number;
  };
  readonly outgoing: {
    next_transfer_id: number;
    readonly window: number;
    remote_next_transfer_id: number | undefined;
    remote_window: number | undefined;
  };
  output(performative: unknown): void;
  _write_flow(link?: RheaLink): void;
}

/** Between the connection and its socket. */
interface RheaTransport {
  /** Undefined until the peer's protocol header has come. */
  readonly header_received: unknown;
  /** Frames to be written: rhea's own, and bytes of ours. */
  pending: unknown[];
  /** The number of bytes that were taken. */
  read(bytes: Buffer): number;
  write(socket: Socket): void;
  peek_size(buffer: Buffer): number | undefined;
}

export interface RheaConnection {
  readonly socket: Socket;
  readonly amqp_transport: RheaTransport;
  readonly remote_channel_map: Readonly<Record<number, RheaSession>>;
  /** What the peer announced; null or undefined = any size. */
  readonly max_frame_size: number | null | undefined;
  accept(socket: Socket): void;
  is_open(): boolean;
  close(error?: RheaError): void;
  /** Writes what is pending. */
  output(): void;
  _register(): void;
  _disconnected(): void;
  on(event: string, handler: (context: RheaContext) => void): void;
}

interface RheaContext {
  readonly session: RheaSession;
  readonly receiver: RheaReceiver;
  readonly sender: RheaSender;
  readonly error?: unknown;
}

export interface RheaContainer {
  create_connection(options: object): RheaConnection;
  on(event: string, handler: (context: RheaContext) => void): void;
}

export interface RheaFrames {
  flow(fields: object): unknown;
  write_frame(frame: unknown): Buffer;
}

export interface RheaTypes {
  wrap_long(value: Buffer): unknown;
}
