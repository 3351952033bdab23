import { mysqlLiteral } from "../lib/mysql-text.ts";
import { defineMysqlQuery, type MysqlKey } from "./mysql.ts";

export interface MysqlDatabase {
  readonly encoding: string;
  readonly collation: string;
}

/** A database of a server of MariaDB or MySQL. */
export const mysqlDatabase = defineMysqlQuery<MysqlKey & { readonly name: string }, MysqlDatabase>({
  name: "mysql-database",
  statements: ({ name }) => [
    `SELECT JSON_OBJECT('encoding', DEFAULT_CHARACTER_SET_NAME, 'collation', DEFAULT_COLLATION_NAME) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ${mysqlLiteral(name)}`,
  ],
  parse: ([row]) => (row === undefined ? undefined : (JSON.parse(row) as MysqlDatabase)),
});
