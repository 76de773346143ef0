/**
 * Collects what is said in one turn of the event loop and sends it as one array: a process message costs
 * about as much for fifty entries as for one.
 */
export function batchedChannel<T>(send: (batch: readonly T[]) => void): (message: T) => void {
  let batch: T[] = [];
  const flush = (): void => {
    const full = batch;
    batch = [];
    send(full);
  };
  return (message) => {
    if (batch.push(message) === 1) setImmediate(flush);
  };
}
