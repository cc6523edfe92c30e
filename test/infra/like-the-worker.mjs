// Loads an app as the Node.js worker of Azure Functions does: `@azure/functions-core` comes out of a patched `require`.
// Prints what was registered. Usage: node like-the-worker.mjs path/to/main.js
import Module from "node:module";
import { pathToFileURL } from "node:url";

const functions = [];
const disposable = { dispose() {} };
const core = {
  version: "3.13.0",
  hostVersion: "4.1052.0",
  Disposable: class {
    static from = () => disposable;
    dispose() {}
  },
  setProgrammingModel() {},
  getProgrammingModel() {},
  registerHook: () => disposable,
  log() {},
  registerFunction({ name, bindings }) {
    functions.push({ name, type: Object.values(bindings).find(({ type }) => /trigger$/i.test(type))?.type });
    return disposable;
  },
};

const real = Module.prototype.require;
Module.prototype.require = function (...names) {
  return names[0] === "@azure/functions-core" ? core : real.apply(this, names);
};

await import(pathToFileURL(process.argv[2]).href);
process.stdout.write(JSON.stringify({ functions }), () => process.exit(0));
