import type { Order } from "#shared/contracts/order.ts";
import type { OrderRecords, PaymentRecord } from "./records.ts";
import { givingBack, stands } from "./rounds.ts";
import { about, type Suspicion } from "./suspicion.ts";

const hasMoney = ({ state }: PaymentRecord): boolean => state === "captured" || state === "authorised";

/** An order that stands is paid once and in full; of any other the provider has nothing. */
export function examineMoney({ order, payments }: OrderRecords): Suspicion[] {
  if (payments === undefined || order.status === "accepted") return [];
  const taken = payments.filter(hasMoney);
  if (!stands(order))
    return [...taken.map((payment) => unreturned(order, payment)), ...refund(order, payments)];
  const { key } = order.payment;
  const own = payments.find((payment) => payment.key === key);
  const twice = taken.filter((payment) => payment.key !== key).map((payment) => again(order, payment));
  if (own?.state !== "captured") {
    const detail = `${order.status}, but the provider says ${own?.state ?? "that it knows no such payment"}`;
    return [{ ...about(order), subject: key, kind: "charge-missing", detail }, ...twice];
  }
  if (own.amountMinor !== order.totalMinor || own.currency !== order.currency) {
    const detail = `${own.amountMinor} ${own.currency} taken for ${order.totalMinor} ${order.currency}`;
    return [{ ...about(order), subject: key, kind: "charge-altered", detail }, ...twice];
  }
  return twice;
}

function again(order: Order, { key, state }: PaymentRecord): Suspicion {
  const detail = `${state} besides ${order.payment.key}, which pays for the order`;
  const repair = givingBack(order, key);
  return { ...about(order), subject: key, kind: "charge-altered", detail, ...(repair && { repair }) };
}

function unreturned(order: Order, { key, state }: PaymentRecord): Suspicion {
  const detail = `${state}, but the order is ${order.status}`;
  const repair = givingBack(order, key);
  return { ...about(order), subject: key, kind: "charge-unreturned", detail, ...(repair && { repair }) };
}

/** Money that was promised back was given back, of whichever round it was. */
function refund(order: Order, payments: readonly PaymentRecord[]): Suspicion[] {
  const { key, state } = order.payment;
  const isUnderWay = payments.some((payment) => payment.state === "refunded" || hasMoney(payment));
  if (state !== "refunded" || isUnderWay) return [];
  const own = payments.find((payment) => payment.key === key);
  const detail = `the order says refunded, the provider ${own?.state ?? "knows no such payment"}`;
  return [{ ...about(order), subject: key, kind: "charge-missing", detail }];
}
