/** Something the user can do something about: shown as one line, without a stack. */
export class Refusal extends Error {}
