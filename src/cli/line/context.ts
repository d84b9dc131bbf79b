/**
 * @module
 * What a command works with: the home, the store, the clock, and where it prints.
 */
import { addressToType } from "../../domain/secrets.ts";
import { type Settings, settingsFrom } from "../../domain/settings.ts";
import type { Store } from "../../store/contract.ts";
import { type Meant, meantStore } from "../../store/meant.ts";
import { openStore } from "../../store/open.ts";
import { type Clock, systemClock } from "../../system/clock.ts";
import { envVariable } from "../../system/environment.ts";
import { findHome, type Home } from "../../system/home.ts";
import { quoteWords } from "../../system/shell_words.ts";
import { Print } from "../show/print.ts";
import type { Argv } from "./argv.ts";

/** The surroundings of one run of a command. Dispose of it when the command is done. */
export class Context implements AsyncDisposable {
  /** `--json` was given. Most commands need not ask: `print.result` knows. */
  readonly json: boolean;
  /** What followed `--`; undefined without one. These words are among the command's words, too. */
  readonly literal: readonly string[] | undefined;
  readonly print: Print;
  readonly clock: Clock = systemClock;
  exitCode = 0;
  /** Where the library would print; its errors reach us as values (see `app.ts`). */
  readonly process = { stdout: { write() {} }, stderr: { write() {} } };

  readonly #givenHome: string | undefined;
  readonly #givenStore: string | undefined;
  #meant: Meant | undefined;
  #home: Home | undefined;
  #store: Promise<Store> | undefined;

  /** For a command line that was read. */
  constructor(argv: Argv) {
    this.json = argv.json;
    this.literal = argv.literal;
    this.#givenHome = argv.home;
    this.#givenStore = argv.store;
    this.print = new Print(argv);
  }

  /** A command line for people to copy: it means the same home and store, but holds no password. */
  lineOf(words: readonly string[]): string {
    const home = this.#givenHome === undefined ? [] : ["--home", this.#givenHome];
    const store = this.#givenStore === undefined ? [] : ["--store", addressToType(this.#givenStore)];
    return quoteWords(["queuectl", ...words, ...home, ...store]);
  }

  /** The home in use. @throws {StoreUnusable} when nothing says where it is */
  get home(): Home {
    return this.#home ??= findHome(this.#givenHome);
  }

  /** Whether `--home` or a variable says where the home is; otherwise it is the default. */
  get homeIsNamed(): boolean {
    return (this.#givenHome ?? envVariable("QUEUECTL_HOME")) !== undefined;
  }

  /** Which store is in use. @throws {BadInput} for what names none; {StoreUnusable} for a file that cannot be read */
  get meant(): Meant {
    return this.#meant ??= meantStore(this.home, this.#givenStore);
  }

  /**
   * The store, opened at the first call and closed after the command. On a full disk that takes from the reserve,
   * unless the first call says otherwise.
   */
  store(options?: { reserve: boolean }): Promise<Store> {
    return this.#store ??= openStore(this.home, { ...options, meant: this.meant });
  }

  /** The settings that hold now. */
  async settings(): Promise<Settings> {
    const store = await this.store();
    return settingsFrom(await store.settings(), store.defaults);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const store = await this.#store?.catch(() => undefined);
    store?.close();
  }
}
