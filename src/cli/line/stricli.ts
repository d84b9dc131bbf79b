/**
 * @module
 * The one place that imports the command line library: routing, scanning of flags, suggestions. Help, errors
 * and everything that is printed are our own.
 */
export {
  AliasNotFoundError,
  ArgumentParseError,
  buildApplication,
  buildCommand,
  buildRouteMap,
  FlagNotFoundError,
  run,
  text_en,
  UnexpectedFlagError,
  UnexpectedPositionalError,
  UnsatisfiedFlagError,
  UnsatisfiedPositionalError,
} from "npm:@stricli/core@1.3.0";
export type { Command, RouteMap, StricliIntegration } from "npm:@stricli/core@1.3.0";
