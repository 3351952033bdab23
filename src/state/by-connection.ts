/** Indexes of keys with the same connection, which one client can answer. */
export function byConnection<Connection>(
  keys: readonly { readonly connection: Connection }[],
): readonly (readonly [Connection, readonly number[]])[] {
  const groups = new Map<string, [Connection, number[]]>();
  keys.forEach(({ connection }, index) => {
    const id = JSON.stringify(connection);
    const group = groups.get(id);
    if (group) group[1].push(index);
    else groups.set(id, [connection, [index]]);
  });
  return [...groups.values()];
}
