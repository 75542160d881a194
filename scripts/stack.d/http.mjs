/** True when the address answers 2xx within two seconds. */
export async function answers(url) {
  const response = await fetch(url, { signal: AbortSignal.timeout(2000) })
  await response.arrayBuffer()
  return response.ok
}
