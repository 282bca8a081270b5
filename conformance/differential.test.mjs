// Every scenario on the real server and on ours: the same answers and the same rows.
import { after } from "node:test";
import { only, scenarios } from "./lib/catalogue.mjs";
import { compareCoverage, compareList, compareScenario, stopAll } from "./lib/scenario.mjs";
import { subjectKind } from "./lib/servers.mjs";

after(stopAll);
for (const scenario of scenarios) compareScenario(scenario);
if (!only) compareCoverage();
if (!only && subjectKind !== "reference") compareList();
