/** The package has no types of its own; this is the part that `postgres.ts` uses. */
declare module "pg" {
  interface Config {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly database: string;
    readonly max: number;
  }
  export interface PoolClient {
    query(text: string, values?: readonly unknown[]): Promise<{ readonly rowCount: number | null }>;
    release(): void;
  }
  class Pool {
    constructor(config: Config);
    query(text: string, values?: readonly unknown[]): Promise<{ readonly rowCount: number | null }>;
    on(event: "error", listener: (error: Error) => void): this;
    connect(): Promise<PoolClient>;
    end(): Promise<void>;
  }
  const exported: { readonly Pool: typeof Pool };
  export default exported;
}
