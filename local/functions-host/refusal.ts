/**
 * Everything the host refuses at start, each with a message that names the function or setting at fault.
 * Anything the host does not support ends here rather than being ignored.
 */
export type RefusalCode =
  | "app-not-loadable" // package.json, its main files or the app's own code
  | "host-json-invalid" // host.json cannot be read or holds something unknown
  | "not-supported" // Azure has it, this host does not (yet)
  | "setting-missing" // %NAME% or a connection names an app setting that does not exist
  | "keys-unreadable" // a file of access keys that is not one
  | "scale-invalid" // a number of instances that makes no sense
  | "function-invalid"; // a binding that Azure's host would refuse too

export class HostRefusal extends Error {
  override readonly name = "HostRefusal";
  readonly code: RefusalCode;

  constructor(code: RefusalCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
