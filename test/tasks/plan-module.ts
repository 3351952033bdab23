export { type Fixture, type Planned, planModule } from "../../src/sdk/testing.ts";
