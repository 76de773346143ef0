import { leaveWithParent } from "../leave-with-parent.ts";

leaveWithParent();

// What the script starts with `fork` would inherit this preload; it has its own parent to leave with.
const preload = process.execArgv.indexOf(import.meta.url);
if (preload > 0) process.execArgv.splice(preload - 1, 2);
