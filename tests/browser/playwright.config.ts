import { defineConfig } from "@playwright/test";

// One worker: every test starts a server, browsers that encode video, and measures times on the same two cores.
export default defineConfig({
  testDir: "specs",
  workers: 1,
  fullyParallel: false,
  retries: 0,
  timeout: 300_000,
  reporter: [["list"], ["json", { outputFile: "test-results/report.json" }]],
  outputDir: "test-results",
});
