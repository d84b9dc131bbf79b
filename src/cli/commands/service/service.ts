/**
 * @module
 * What a unit file is about, whoever reads it.
 */

/** Workers that something else starts at boot and looks after. */
export interface Service {
  /** What it is called; its file is named after it. */
  name: string;
  /** What it does, in a few words without special characters. */
  description: string;
  /** The command line: the program's absolute path and its arguments. */
  words: readonly string[];
  home: string;
  /** Whom it runs as, where the whole machine looks after it; null is the user who does. */
  user: string | null;
}

export interface Kind {
  unit(service: Service): string;
  /** Where the file belongs; `configured` is the user's own directory for such things. */
  path(service: Service, userHome: string): string;
  /** The commands that install it once the file is there, with what each is for. */
  install(service: Service, userHome: string): readonly string[];
}
