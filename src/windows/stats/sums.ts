/** Sum with Neumaier's compensation (1974): the error does not grow with the number of terms. */
export const compensatedSum = (values: Float64Array, term: (value: number) => number = value => value): number => {
  let sum = 0
  let lost = 0
  for (const value of values) {
    const next = term(value)
    const total = sum + next
    lost += Math.abs(sum) >= Math.abs(next) ? sum - total + next : next - total + sum
    sum = total
  }
  return sum + lost
}
