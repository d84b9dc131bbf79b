#!/usr/bin/env node
/*
 * The command `queuectl` of the npm package: runs the program with the Deno that the npm package `deno` brings. What it
 * is told by signals it passes on, and it ends as the program ends. Nothing else depends on it: workers in the
 * background go on without it.
 */
"use strict";
const { spawn } = require("node:child_process");
const { join } = require("node:path");
const permissions = require("./permissions.json");

const WINDOWS = process.platform === "win32";

/** Deno's own executable. Its package knows where that is, also when no install script has run. */
function findDeno() {
  try {
    return require("deno/install_api.cjs").runInstall();
  } catch (error) {
    return fail(
      `Cannot find the Deno that comes with the npm package "deno": ${error.message.split("\n")[0]}`,
    );
  }
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

/** Deno starts no program in a directory that is gone, and prints its stack instead. */
function checkDirectory() {
  try {
    process.cwd();
  } catch {
    fail("Cannot run here: the current directory is gone");
  }
}

/**
 * Signals that are meant for the program. What a terminal sends reaches it anyway, as it reaches us, and a second of a
 * kind would tell a worker to hurry: Ctrl-C always, and the end of the terminal.
 */
function isPassedOn(signal) {
  if (signal === "SIGINT" || WINDOWS) return false;
  return signal === "SIGTERM" || ![0, 1, 2].some(require("node:tty").isatty);
}

const SIGNALS = WINDOWS ? ["SIGINT", "SIGBREAK"] : ["SIGINT", "SIGTERM", "SIGHUP"];

checkDirectory();
const child = spawn(findDeno(), [
  "run",
  // nothing that lies around where it is installed or called
  "--no-config",
  "--no-lock",
  ...(WINDOWS ? permissions.windows : permissions.others),
  join(__dirname, "queuectl.js"),
  ...process.argv.slice(2),
], { stdio: "inherit" });

for (const signal of SIGNALS) {
  process.on(signal, () => {
    if (isPassedOn(signal)) child.kill(signal);
  });
}

child.on("error", (error) => fail(`Cannot run Deno: ${error.message}`));
child.on("exit", (code, signal) => {
  if (signal === null) process.exit(code);
  for (const one of SIGNALS) process.removeAllListeners(one);
  process.kill(process.pid, signal);
  setInterval(() => {}, 1000); // until it arrives
});
