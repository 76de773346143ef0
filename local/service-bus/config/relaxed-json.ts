/**
 * JSON with comments and trailing commas, as people write it in configuration files.
 * @throws SyntaxError with line and column
 */
export function parseRelaxedJson(source: string): unknown {
  // Blanks take the place of what is left out, so that line and column stay true.
  const withoutComments = source
    .replace(/^\uFEFF/, " ")
    .replaceAll(/"(?:[^"\\]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (part) =>
      part.startsWith('"') ? part : blank(part),
    );
  return JSON.parse(
    withoutComments.replaceAll(/"(?:[^"\\]|\\.)*"|(?<=["\w\]}]\s*),(?=\s*[\]}])/g, (part) =>
      part === "," ? " " : part,
    ),
  );
}

const blank = (text: string): string => text.replaceAll(/[^\n]/g, " ");
