import type { Random } from './random.ts'

/** A standard normal number: Box and Muller (1958). */
export const normal = ({ uniform }: Random): number => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform())
