/** What tests of task modules import as `tsrun/testing`: modules run without a host. */
export { type Fixture, type Planned, planModule, scriptsOf } from "./plan-module.ts";
export { type ActionFixture, type RanAction, runAction } from "./run-action.ts";
