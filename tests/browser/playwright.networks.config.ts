import { defineConfig } from "@playwright/test";

import usual from "./playwright.config.ts";

// Measurements in networks of namespaces: they need root and a machine that does nothing else, so no test runs them.
export default defineConfig(usual, { testDir: "networks" });
