/** What to tell the user, by npm's error code. */
const CAUSES = [
  {
    codes:
      /^(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ENOTCACHED|ERR_SOCKET_TIMEOUT|EPIPE)$/,
    cause: "the npm registry cannot be reached; the first start needs the network, later ones do not",
  },
  { codes: /^E(4|5)\d\d$/, cause: "the npm registry refused" },
  {
    codes: /^EINTEGRITY$/,
    cause: "the npm registry delivered something else than package-lock.json expects",
  },
  { codes: /^(ENOSPC|EDQUOT)$/, cause: "the disk is full; about 1 GB is needed" },
  { codes: /^(EACCES|EPERM|EROFS)$/, cause: "npm may not write here" },
  { codes: /^EUSAGE$/, cause: "npm does not accept package-lock.json (see scripts/complete-lock.ts)" },
];

/**
 * One line that says why npm failed.
 * @param {string} output what npm wrote to stderr
 * @param {string} ending e.g. "exit code 1"
 */
export function whyNpmFailed(output, ending) {
  const lines = output.split("\n").flatMap((line) => /^npm (?:error|ERR!)\s+(.*\S)/.exec(line)?.[1] ?? []);
  const code = lines.flatMap((line) => /^code (\w+)$/.exec(line)?.[1] ?? [])[0];
  const known = CAUSES.find(({ codes }) => code !== undefined && codes.test(code));
  const said = lines.find(
    (line) => !/^(code|syscall|errno|path|type|network request) /.test(line) && line !== code,
  );
  const because = known?.cause ?? "npm failed";
  return `${because} (${[code ?? ending, said].filter((part) => part !== undefined).join(": ")})`;
}
