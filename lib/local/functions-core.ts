// Stands in for `@azure/functions-core`, the module that exists only inside Azure's Node.js worker, so that the real
// `@azure/functions` library registers functions here and runs them through its own programming model.
import { randomUUID } from "node:crypto";
import { registerHooks } from "node:module";
import type { Server } from "node:net";
import { bindToLoopback } from "./loopback.js";

/** What the worker's protocol calls typed data: exactly one of the fields is set. */
export interface TypedData {
  string?: string;
  json?: string;
  bytes?: Uint8Array;
  http?: HttpData;
}

/** An HTTP request or response as the protocol carries it when bodies are not streamed. */
export interface HttpData {
  url?: string;
  method?: string;
  statusCode?: string;
  headers?: Record<string, string>;
  params?: Record<string, string>;
  query?: Record<string, string>;
  cookies?: { name: string; value: string }[];
  body?: TypedData | null;
}

export interface Binding {
  type: string;
  direction: "in" | "out";
  [setting: string]: unknown;
}

export interface RegisteredFunction {
  name: string;
  bindings: Record<string, Binding>;
}

export interface Invocation {
  invocationId?: string;
  /** The trigger's input. */
  input: TypedData;
  triggerMetadata?: Record<string, TypedData>;
}

export interface LogEntry {
  level: string;
  /** `user` for what the function says, `system` for what the library says. */
  category: string;
  message: string;
  functionName?: string;
}

type Callback = (...args: unknown[]) => unknown;

interface InvocationModel {
  getArguments(): Promise<{ context: unknown; inputs: unknown[] }>;
  invokeFunction(context: unknown, inputs: unknown[], callback: Callback): Promise<unknown>;
  getResponse(context: unknown, result: unknown): Promise<{ returnValue?: TypedData | null }>;
}

interface ProgrammingModel {
  getInvocationModel(context: object): InvocationModel;
  getCapabilities(known: Record<string, string>): Promise<Record<string, string>>;
}

export interface FunctionsCore {
  /** Everything registered so far. */
  functions(): RegisteredFunction[];
  /** Ends registration and runs the app's start hooks; the answer has `HttpUri` when the app streams HTTP. */
  start(directory: string): Promise<Record<string, string>>;
  /** Runs one invocation; rejects with what the function threw. */
  invoke(name: string, invocation: Invocation): Promise<{ result: unknown; returned: TypedData | undefined }>;
  /** Runs the app's hooks for its end: from here on it should bring work in hand to a safe place. */
  terminate(): Promise<void>;
  /** Closes what the library left open. */
  close(): void;
}

const slot = Symbol.for("mailkeep.functions-core");
const moduleUrl = "mailkeep:functions-core";

/**
 * Makes `@azure/functions-core` resolve to a stand-in for the rest of this process. Must run before `@azure/functions` is
 * loaded. There is one per process, as in the worker.
 */
export function installFunctionsCore(log: (entry: LogEntry) => void): FunctionsCore {
  const state = new WorkerState(log);
  Object.assign(globalThis, { [slot]: state.api() });
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === "@azure/functions-core"
        ? { url: moduleUrl, format: "commonjs", shortCircuit: true }
        : next(specifier, context),
    load: (url, context, next) =>
      url === moduleUrl
        ? {
            format: "commonjs",
            source: `module.exports = globalThis[Symbol.for(${JSON.stringify(slot.description)})];`,
            shortCircuit: true,
          }
        : next(url, context),
  });
  return state;
}

class WorkerState implements FunctionsCore {
  readonly #registered = new Map<string, RegisteredFunction & { callback: Callback }>();
  readonly #hooks: { name: string; callback: Callback }[] = [];
  readonly #appHookData = {};
  readonly #log: (entry: LogEntry) => void;
  #model: ProgrammingModel | undefined;
  #servers: Server[] = [];

  constructor(log: (entry: LogEntry) => void) {
    this.#log = log;
  }

  /** What the library calls; names and versions are the worker's. A host from 4.28 on is needed for HTTP streams. */
  api() {
    return {
      version: "3.13.0",
      hostVersion: "4.1052.0",
      Disposable,
      setProgrammingModel: (model: ProgrammingModel) => {
        this.#model = model;
      },
      getProgrammingModel: () => this.#model,
      registerFunction: (metadata: RegisteredFunction, callback: Callback) => this.#register(metadata, callback),
      registerHook: (name: string, callback: Callback) => {
        const hook = { name, callback };
        this.#hooks.push(hook);
        return new Disposable(() => this.#hooks.splice(this.#hooks.indexOf(hook), 1));
      },
      log: (level: string, category: string, message: string) => this.#log({ level, category, message }),
    };
  }

  #register(metadata: RegisteredFunction, callback: Callback) {
    if (this.#registered.has(metadata.name))
      throw new Error(`A function named "${metadata.name}" has already been registered.`);
    this.#registered.set(metadata.name, { ...metadata, callback });
    return new Disposable(() => this.#registered.delete(metadata.name));
  }

  functions(): RegisteredFunction[] {
    return [...this.#registered.values()].map(({ name, bindings }) => ({ name, bindings }));
  }

  async start(directory: string): Promise<Record<string, string>> {
    const { result, servers } = await bindToLoopback(async () => (await this.#model?.getCapabilities({})) ?? {});
    this.#servers = servers;
    await this.#runHooks("appStart", {
      hookData: {},
      appHookData: this.#appHookData,
      functionAppDirectory: directory,
    });
    return result;
  }

  async invoke(name: string, invocation: Invocation) {
    const target = this.#registered.get(name);
    if (target === undefined || this.#model === undefined) throw new Error(`there is no function named ${name}`);
    const core = this.#coreContext(target, invocation);
    const model = this.#model.getInvocationModel(core);
    const { context, inputs } = await model.getArguments();
    const shared = { hookData: {}, appHookData: this.#appHookData, invocationContext: context };
    const before = { ...shared, functionCallback: target.callback, inputs };
    core.state = "preInvocationHooks";
    await this.#runHooks("preInvocation", before);
    core.state = "invocation";
    const after = { ...shared, inputs: before.inputs, result: null as unknown, error: null as unknown };
    try {
      after.result = await model.invokeFunction(context, before.inputs, before.functionCallback);
    } catch (error) {
      after.error = error;
    }
    core.state = "postInvocationHooks";
    await this.#runHooks("postInvocation", after);
    core.state = undefined;
    if (after.error !== null) throw after.error;
    const response = await model.getResponse(context, after.result);
    return { result: after.result, returned: response.returnValue ?? undefined };
  }

  #coreContext(target: RegisteredFunction, invocation: Invocation) {
    const invocationId = invocation.invocationId ?? randomUUID();
    const trigger = triggerOf(target);
    return {
      invocationId,
      metadata: { name: target.name, bindings: target.bindings },
      state: undefined as string | undefined,
      request: {
        invocationId,
        inputData: [{ name: trigger.name, data: invocation.input }],
        triggerMetadata: invocation.triggerMetadata ?? {},
      },
      log: (level: string, category: string, message: string) =>
        this.#log({ level, category, message, functionName: target.name }),
    };
  }

  async #runHooks(name: string, context: object): Promise<void> {
    for (const hook of this.#hooks.filter((candidate) => candidate.name === name)) await hook.callback(context);
  }

  async terminate(): Promise<void> {
    await this.#runHooks("appTerminate", { hookData: {}, appHookData: this.#appHookData });
  }

  close(): void {
    for (const server of this.#servers) server.close();
  }
}

/** The worker's own kind of handle: it can be released once. */
class Disposable {
  #release: (() => unknown) | undefined;
  constructor(release: () => unknown) {
    this.#release = release;
  }
  static from(...parts: { dispose(): unknown }[]): Disposable {
    return new Disposable(() => {
      for (const part of parts) part.dispose();
    });
  }
  dispose(): void {
    this.#release?.();
    this.#release = undefined;
  }
}

/** The trigger binding of a function and the name of its input. */
export function triggerOf(target: RegisteredFunction): Binding & { name: string } {
  const found = Object.entries(target.bindings).find(([, binding]) => /trigger$/i.test(binding.type));
  if (found === undefined) throw new Error(`function ${target.name} has no trigger`);
  return { ...found[1], name: found[0] };
}
