/**
 * The largest magnitude that is folded as a number: squares up to here sum in a double without overflow. What lies beyond
 * counts as an infinity.
 */
export const LARGEST = 1e150
