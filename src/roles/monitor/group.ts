/** The consumer group whose members are the monitors of a namespace. */
export const monitorGroup = (namespace: string): string => `${namespace}-monitor`
