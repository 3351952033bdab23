import { pgIdentifier } from "../lib/postgresql-text.ts";
import { type Grant, type GrantableType, routineName } from "../state/postgresql-privileges.ts";
import { TaskFailure } from "../task/failure.ts";

/** What a task wants of privileges. */
export interface GrantWish {
  readonly type: GrantableType | "group" | "default_privs";
  readonly state: "present" | "absent";
  /** In capitals; empty for memberships. */
  readonly privileges: readonly string[];
  /** What they are about; undefined: all of the schema. For default privileges what will be made, such as `TABLES`. */
  readonly objects: readonly string[] | undefined;
  readonly schema: string | null;
  /** Who gets or loses them; null: everybody. */
  readonly roles: readonly (string | null)[];
  /** Whether they may be passed on; undefined: as it is. */
  readonly grantOption: boolean | undefined;
  /** For default privileges: the roles that will make the things. */
  readonly makers: readonly string[];
  readonly usageOnTypes: boolean;
}

/** The grants after the wish came true; the same array when nothing alters. `all`: what `ALL` means. */
export function grantsAfter(grants: readonly Grant[], wish: GrantWish, all: readonly string[]): readonly Grant[] {
  let after = grants;
  for (const role of wish.roles)
    for (const privilege of expanded(wish.privileges, all)) {
      const isIt = (grant: Grant): boolean => grant.role === role && grant.privilege === privilege;
      const found = after.filter(isIt);
      const isGrantable = found.some((grant) => grant.isGrantable);
      const wanted = wish.grantOption ?? isGrantable;
      if (wish.state === "absent" ? found.length === 0 : found.length > 0 && isGrantable === wanted) continue;
      const others = after.filter((grant) => !isIt(grant));
      after = wish.state === "absent" ? others : [...others, { role, privilege, isGrantable: wanted }];
    }
  return after;
}

function expanded(privileges: readonly string[], all: readonly string[]): readonly string[] {
  const words = privileges.flatMap((word) => (word === "ALL" ? all : [word === "TEMP" ? "TEMPORARY" : word]));
  return [...new Set(words)];
}

/** Default privileges after the wish came true. Ansible takes away all of them first, for what is named; `absent` leaves functions alone. */
export function defaultGrantsAfter(
  made: string,
  grants: readonly Grant[],
  wish: GrantWish,
  all: readonly string[],
): readonly Grant[] {
  const isNamed = wish.objects?.includes(made) === true;
  const isUsage = made === "TYPES" && wish.usageOnTypes;
  const without = grants.filter(({ role }) => !wish.roles.includes(role));
  let after: readonly Grant[] = grants;
  if (wish.state === "absent") after = removedByAbsent.includes(made) ? without : grants;
  else {
    const given = { ...wish, grantOption: wish.grantOption === true };
    if (isNamed) after = grantsAfter(without, given, all);
    if (isUsage) {
      const option = wish.grantOption === true ? true : undefined;
      after = grantsAfter(after, { ...wish, privileges: ["USAGE"], grantOption: option }, all);
    }
  }
  return isSame(after, grants) ? grants : after;
}

const removedByAbsent: readonly string[] = ["TABLES", "SEQUENCES", "TYPES"];

function isSame(a: readonly Grant[], b: readonly Grant[]): boolean {
  const texts = (grants: readonly Grant[]): string =>
    [...new Set(grants.map(({ role, privilege, isGrantable }) => JSON.stringify([role, privilege, isGrantable])))]
      .sort()
      .join();
  return texts(a) === texts(b);
}

/** The statements that make the wish true, as Ansible writes them. */
export function grantStatements(wish: GrantWish): readonly string[] {
  const whom = wish.roles.map((role) => (role === null ? "PUBLIC" : pgIdentifier(role))).join(",");
  if (wish.type === "default_privs") return defaultStatements(wish, whom);
  const what = wish.type === "group" ? names(wish).join(",") : `${wish.privileges.join(",")} ON ${target(wish)}`;
  if (wish.state === "absent") return [`REVOKE ${what} FROM ${whom}`];
  const option = wish.type === "group" ? "ADMIN" : "GRANT";
  return [
    `GRANT ${what} TO ${whom}${wish.grantOption === true ? ` WITH ${option} OPTION` : ""}`,
    ...(wish.grantOption === false ? [`REVOKE ${option} OPTION FOR ${what} FROM ${whom}`] : []),
  ];
}

function target(wish: GrantWish): string {
  if (wish.objects === undefined) return `ALL ${wish.type.toUpperCase()}S IN SCHEMA ${pgIdentifier(wish.schema ?? "")}`;
  return `${wish.type.replaceAll("_", " ")} ${names(wish).join(",")}`;
}

function names({ type, objects = [], schema }: GrantWish): readonly string[] {
  if (type === "function" || type === "procedure") return objects.map((name) => routineName(schema ?? "", name));
  const isInSchema = type === "table" || type === "sequence" || type === "type";
  return objects.map((name) => `${isInSchema ? `${pgIdentifier(schema ?? "")}.` : ""}${pgIdentifier(name)}`);
}

function defaultStatements(wish: GrantWish, whom: string): readonly string[] {
  const makers = wish.makers.map(pgIdentifier).join(",");
  const alter = `ALTER DEFAULT PRIVILEGES${makers === "" ? "" : ` FOR ROLE ${makers}`}${wish.schema === null ? "" : ` IN SCHEMA ${pgIdentifier(wish.schema)}`}`;
  const revoke = (made: string): string => `${alter} REVOKE ALL ON ${made} FROM ${whom}`;
  if (wish.state === "absent") return removedByAbsent.map(revoke);
  const option = wish.grantOption === true ? " WITH GRANT OPTION" : "";
  const objects = wish.objects ?? [];
  return [
    ...objects.map(revoke),
    ...objects.map((made) => `${alter} GRANT ${wish.privileges.join(",")} ON ${made} TO ${whom}${option}`),
    ...(wish.usageOnTypes ? [`${alter} GRANT USAGE ON TYPES TO ${whom}${option}`] : []),
  ];
}

/** A signature whose types can stand in SQL as they are. */
export function checkSignature(signature: string): string {
  if (/^[^(]+\([\p{L}\p{N}\s_.,[\]"]*\)$/u.test(signature)) return signature;
  throw new TaskFailure(`Illegal function / procedure signature: "${signature}".`);
}
