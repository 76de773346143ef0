/**
 * `node scripts/bootstrap.mjs <script> [arguments]`: installs what is missing, then runs the script under the pinned
 * Node. Every npm script goes through here, so this file must parse on a Node that is far too old: nothing newer than
 * ES2018 in it, no `node:` imports, and all the rest behind the dynamic import.
 */
const OLDEST_NODE_TO_BOOTSTRAP = 20;

if (Number.parseInt(process.version.slice(1), 10) < OLDEST_NODE_TO_BOOTSTRAP) {
  process.stderr.write(
    "Expedite needs Node " +
      OLDEST_NODE_TO_BOOTSTRAP +
      " or newer to bootstrap (this is " +
      process.version +
      "). Get it from https://nodejs.org\n",
  );
  process.exitCode = 1;
} else {
  void import("./bootstrap/main.mjs").then(({ bootstrap }) => bootstrap(process.argv.slice(2)));
}
