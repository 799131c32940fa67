/**
 * @file Version and licence of this program, from its package.
 */
import { license, version } from "../package.json";

export const VERSION: string = version;
export const LICENSE: string = license;
