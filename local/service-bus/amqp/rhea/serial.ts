/** Numbers of deliveries and transfers start anew behind 2^32 (AMQP 1.0 part 2, §2.8.10). */
export const serial = (value: number): number => value >>> 0;
