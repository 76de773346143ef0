import type { Moment } from "./simulate.ts";

export interface Curve {
  readonly name: string;
  readonly colour: string;
  readonly moments: readonly Moment[];
}

const WIDTH = 860;
const HEIGHT = 420;
const LEFT = 70;
const RIGHT = 20;
const TOP = 64;
const BOTTOM = 56;
const EVERY_MINUTES = 10;
const EVERY_MESSAGES = 10_000;

/** What waits over time, one line for each curve, as an SVG that reads on white and on dark. */
export function drawCurves(title: string, note: string, curves: readonly Curve[]): string {
  const all = curves.flatMap(({ moments }) => moments);
  const lastMinute = ceilTo(EVERY_MINUTES, Math.max(...all.map(({ minute }) => minute)));
  const mostWaiting = ceilTo(EVERY_MESSAGES, Math.max(...all.map(({ waiting }) => waiting)));
  const x = (minute: number): number => round(LEFT + (minute / lastMinute) * (WIDTH - LEFT - RIGHT));
  const y = (waiting: number): number =>
    round(HEIGHT - BOTTOM - (waiting / mostWaiting) * (HEIGHT - TOP - BOTTOM));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="13">`,
    `<title>${title}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    text(LEFT, 22, title, 'font-size="16" font-weight="bold"'),
    text(LEFT, 42, note, 'fill="#555555"'),
    ...upTo(mostWaiting, EVERY_MESSAGES).flatMap((waiting) => [
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(waiting)}" y2="${y(waiting)}" stroke="#dddddd"/>`,
      text(LEFT - 8, y(waiting) + 4, waiting.toLocaleString("en-US"), 'text-anchor="end"'),
    ]),
    ...upTo(lastMinute, EVERY_MINUTES).map((minute) =>
      text(x(minute), HEIGHT - BOTTOM + 20, String(minute), 'text-anchor="middle"'),
    ),
    text(
      (LEFT + WIDTH - RIGHT) / 2,
      HEIGHT - 12,
      "minutes since the partner is back",
      'text-anchor="middle"',
    ),
    ...curves.flatMap(({ name, colour, moments }, index) => [
      `<polyline fill="none" stroke="${colour}" stroke-width="2.5" points="${moments.map(({ minute, waiting }) => `${x(minute)},${y(waiting)}`).join(" ")}"/>`,
      `<line x1="${WIDTH - 330}" x2="${WIDTH - 300}" y1="${TOP + 14 + index * 22}" y2="${TOP + 14 + index * 22}" stroke="${colour}" stroke-width="2.5"/>`,
      text(WIDTH - 292, TOP + 18 + index * 22, name, ""),
    ]),
    "</svg>",
    "",
  ].join("\n");
}

const ceilTo = (step: number, value: number): number => Math.ceil(value / step) * step;
const upTo = (last: number, step: number): number[] =>
  Array.from({ length: last / step + 1 }, (_, index) => index * step);
const round = (value: number): number => Math.round(value * 10) / 10;
const text = (x: number, y: number, words: string, attributes: string): string =>
  `<text x="${x}" y="${y}" ${attributes}>${words}</text>`;
