/**
 * @file Private attributes that are known to be safe: from PS3.15 Table E.3.10-1, those of CT, MR and PET scanners.
 *
 * Each is a creator, a group and the low byte of the element number. What is not here is removed.
 */
const SAFE = `
ELSCINT1|00E1|21
ELSCINT1|01E1|26
ELSCINT1|01E1|50
ELSCINT1|01F1|01
ELSCINT1|01F1|07
ELSCINT1|01F1|26
ELSCINT1|01F1|27
GEMS_ACQU_01|0019|23
GEMS_ACQU_01|0019|24
GEMS_ACQU_01|0019|27
GEMS_ACQU_01|0019|9E
GEMS_HELIOS_01|0045|01
GEMS_HELIOS_01|0045|02
GEMS_PARM_01|0043|27
GEMS_PARM_01|0043|39
GEMS_PARM_01|0043|6F
GEMS_SERS_01|0025|07
Philips Imaging DD 001|2001|03
Philips Imaging DD 001|2001|04
Philips MR Imaging DD 001|2005|0D
Philips MR Imaging DD 001|2005|0E
Philips MR Imaging DD 001|2005|B0
Philips MR Imaging DD 001|2005|B1
Philips MR Imaging DD 001|2005|B2
Philips PET Private Group|7053|00
Philips PET Private Group|7053|09
SIEMENS MR HEADER|0019|0C
SIEMENS MR HEADER|0019|0D
SIEMENS MR HEADER|0019|0E
SIEMENS MR HEADER|0019|27
`;

const ENTRIES: ReadonlySet<string> = new Set(SAFE.trim().split("\n"));

/** Whether an element of this creator's block may stay; `tag` as it stands in the file. */
export function isSafePrivate(creator: string, tag: number): boolean {
  const hex = tag.toString(16).toUpperCase().padStart(8, "0");
  return ENTRIES.has(`${creator}|${hex.slice(0, 4)}|${hex.slice(6)}`);
}
