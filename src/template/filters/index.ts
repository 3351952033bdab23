import type { Plugin } from "../callable.ts";
import { combinationFilters } from "./combinations.ts";
import { dictFilters } from "./dict.ts";
import { encodeFilters } from "./encode.ts";
import { htmlFilters } from "./html.ts";
import { ipFilters } from "./ipaddr.ts";
import { jsonQueryFilters } from "./json-query.ts";
import { logicFilters } from "./logic.ts";
import { numberFilters } from "./number.ts";
import { passwordFilters } from "./password-hash.ts";
import { pathFilters } from "./path.ts";
import { randomFilters } from "./random.ts";
import { regexFilters } from "./regex.ts";
import { selectFilters } from "./select.ts";
import { sequenceFilters } from "./sequence.ts";
import { setFilters } from "./sets.ts";
import { textFilters } from "./text.ts";
import { timeFilters } from "./time.ts";
import { urlFilters } from "./url.ts";

/** Every filter of the engine by its short name. */
export function builtinFilters(): Map<string, Plugin> {
  const tables = [
    combinationFilters,
    dictFilters,
    encodeFilters,
    htmlFilters,
    ipFilters,
    jsonQueryFilters,
    logicFilters,
    numberFilters,
    passwordFilters,
    pathFilters,
    randomFilters,
    regexFilters,
    selectFilters,
    sequenceFilters,
    setFilters,
    textFilters,
    timeFilters,
    urlFilters,
  ];
  return new Map(tables.flatMap((table) => Object.entries(table)));
}
